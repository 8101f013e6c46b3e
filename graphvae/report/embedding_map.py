"""The map of an embedding as an SVG in the page, with node names on hover."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

from graphvae.report.html import Html, section, tag
from graphvae.runs.projection import principal_plane
from graphvae.runs.result import GraphFitResult
from graphvae_data.core.errors import InputError

Projection = Literal["pca", "tsne"]
NAMED_NODES = 1_000
"""Maximum number of nodes of a map with names; the picture of the run shows larger graphs."""
WIDTH, HEIGHT, MARGIN = 640, 440, 14
COLOURS = (
    "#2f6db5", "#d9742b", "#3a8f4d", "#b3403a", "#7d5ab5", "#8a6a53", "#c95f9e", "#7a7a7a",
    "#a09a1c", "#2a9fb0",
)  # fmt: skip
"""Colours of the classes, repeated if there are more."""
UNLABELLED = "#8a8a8a"


def check_projection(projection: str, num_nodes: int) -> None:
    """Raise `InputError` for an unknown projection, or t-SNE of a graph that is too large."""
    if projection not in get_args(Projection):
        known = ", ".join(get_args(Projection))
        raise InputError(f"projection: expected one of {known}, got {projection!r}")
    if projection == "tsne" and num_nodes > NAMED_NODES:
        raise InputError(
            f"projection: tsne is for at most {NAMED_NODES:,} nodes, got {num_nodes:,}; use pca"
        )


def named_map(result: GraphFitResult, projection: Projection) -> Html:
    """Return the section with the map of a graph of at most `NAMED_NODES` nodes."""
    points, about = _projected(result.embeddings().astype(np.float64), projection)
    places = _on_canvas(points)
    labels = result.graph.labels
    classes = [-1] * len(places) if labels is None else labels.tolist()
    dots = [
        _dot(x, y, colour_of(label), name if label < 0 else f"{name} (class {label})")
        for (x, y), label, name in zip(places.tolist(), classes, result.node_names, strict=True)
    ]
    canvas = tag("svg", *dots, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", class_="map")
    text = f"Embedding projected to {about}. Point at a node to see its name"
    text += "." if labels is None else "; colours are classes."
    return section("Embedding map", tag("figure", canvas, tag("figcaption", text)))


def colour_of(label: int) -> str:
    """Return the colour of a class."""
    return UNLABELLED if label < 0 else COLOURS[label % len(COLOURS)]


def _projected(
    z: Float[np.ndarray, "node latent"], projection: Projection
) -> tuple[Float[np.ndarray, "node 2"], str]:
    if projection == "pca":
        points, shares = principal_plane(z)
        return (
            points,
            f"its first two principal axes ({shares[0]:.0%} and {shares[1]:.0%} of variance)",
        )
    from sklearn.manifold import TSNE  # slow import

    length = np.linalg.norm(z, axis=1, keepdims=True)
    unit = np.divide(z, length, out=np.zeros_like(z), where=length > 0)
    perplexity = min(30.0, max(1.0, (len(z) - 1) / 3))
    model = TSNE(perplexity=perplexity, init="random", random_state=0)
    points = np.asarray(model.fit_transform(unit), dtype=np.float64)
    about = f"two dimensions by t-SNE (perplexity {perplexity:.0f})"
    return points, f"{about}, where distances between groups mean little"


def _on_canvas(points: Float[np.ndarray, "node 2"]) -> Float[np.ndarray, "node 2"]:
    """Scale both axes alike, and centre them on the canvas."""
    low, high = points.min(0), points.max(0)
    room = np.array([WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN])
    scale = (room / np.maximum(high - low, 1e-12)).min()
    centred = (points - (low + high) / 2) * scale
    return np.asarray(centred * [1, -1] + [WIDTH / 2, HEIGHT / 2])


def _dot(x: float, y: float, colour: str, name: str) -> Html:
    place = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": 5, "fill": colour}
    return tag("circle", tag("title", name), **place)
