"""The map of an embedding as an SVG in the page, with node names on hover."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from graphvae.report.html import Html, section, tag
from graphvae.runs.projection import Projection, plane
from graphvae.runs.result import GraphFitResult

NAMED_NODES = 1_000
"""Maximum number of nodes of a map with names; the picture of the run shows larger graphs."""
WIDTH, HEIGHT, MARGIN = 640, 440, 14
COLOURS = (
    "#2f6db5", "#d9742b", "#3a8f4d", "#b3403a", "#7d5ab5", "#8a6a53", "#c95f9e", "#7a7a7a",
    "#a09a1c", "#2a9fb0",
)  # fmt: skip
"""Colours of the classes, repeated if there are more."""
UNLABELLED = "#8a8a8a"


def named_map(result: GraphFitResult, projection: Projection) -> Html:
    """Return the section with the map of a graph of at most `NAMED_NODES` nodes."""
    drawn = plane(result.embeddings(), projection)
    places = _on_canvas(drawn.points)
    labels = result.graph.labels
    classes = [-1] * len(places) if labels is None else labels.tolist()
    dots = [
        _dot(x, y, colour_of(label), name if label < 0 else f"{name} (class {label})")
        for (x, y), label, name in zip(places.tolist(), classes, result.node_names, strict=True)
    ]
    canvas = tag("svg", *dots, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", class_="map")
    text = f"Embedding projected to {drawn.about}. Point at a node to see its name"
    text += "." if labels is None else "; colours are classes."
    return section("Embedding map", tag("figure", canvas, tag("figcaption", text)))


def colour_of(label: int) -> str:
    """Return the colour of a class."""
    return UNLABELLED if label < 0 else COLOURS[label % len(COLOURS)]


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
