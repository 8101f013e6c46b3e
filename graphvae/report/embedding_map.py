"""The map of an embedding as an SVG in the page, with node names on hover."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from graphvae.report.html import Html, section, tag
from graphvae.runs.projection import Projection, plane
from graphvae.runs.result import GraphFitResult
from graphvae_data.core.colours import UNKNOWN, palette

NAMED_NODES = 1_000
"""Maximum number of nodes of a map with names; the picture of the run shows larger graphs."""
WIDTH, HEIGHT, MARGIN = 640, 440, 14


def named_map(result: GraphFitResult, projection: Projection) -> Html:
    """Return the section with the map of a graph of at most `NAMED_NODES` nodes."""
    drawn = plane(result.embeddings(), projection)
    places = _on_canvas(drawn.points)
    labels = result.graph.labels
    classes = [-1] * len(places) if labels is None else labels.tolist()
    known = sorted({label for label in classes if label >= 0})
    colours = dict(zip(known, palette(len(known)), strict=True))
    dots = [
        _dot(x, y, colours.get(label, UNKNOWN), name if label < 0 else f"{name} (class {label})")
        for (x, y), label, name in zip(places.tolist(), classes, result.node_names, strict=True)
    ]
    canvas = tag("svg", *dots, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", class_="map")
    text = f"Embedding projected to {drawn.about}. Point at a node to see its name"
    text += "." if labels is None else "; colours are classes."
    return section("Embedding map", tag("figure", canvas, tag("figcaption", text)))


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
