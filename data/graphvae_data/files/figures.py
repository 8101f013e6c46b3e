"""Figures without a window and without global state, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from graphvae_data.files.files import write_atomic

BLUE, ORANGE, GREY = "#2f6db5", "#d9742b", "#8a8a8a"
DPI = 150
LAYOUT: Literal["constrained"] | None = "constrained"
LEGEND_CLASSES = 12
"""More classes than this are coloured without a legend."""


@contextmanager
def panels(path: Path, *, columns: int) -> Iterator[Sequence[Axes]]:
    """Make panels side by side; write them when the block ends."""
    size = (7.6, 5.2) if columns == 1 else (4.8 * columns, 4.0)
    with figure(path, *size) as whole:
        made = list(whole.subplots(1, columns, squeeze=False)[0])
        for axes in made:
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(alpha=0.25, lw=0.6)
            axes.title.set_fontsize(11)
        yield made


@contextmanager
def figure(path: Path, width: float, height: float) -> Iterator[Figure]:
    """Make a figure of a size in inches; write it as PNG when the block ends."""
    whole = Figure(figsize=(width, height), layout=LAYOUT, dpi=DPI)
    canvas = FigureCanvasAgg(whole)
    yield whole
    write_atomic(path, canvas.print_png)  # `savefig` would draw it twice


def point_size(count: int) -> float:
    """Return the area of a point of a cloud: larger where there are few."""
    return 6.0 if count > 1_000 else 16.0


def scatter_classes(
    axes: Axes,
    points: Float[np.ndarray, "point 2"],
    labels: Int[np.ndarray, " point"],
    name_of: Callable[[int], str],
) -> None:
    """Scatter points in a colour for each class; a label below 0 is unknown, and grey."""
    size = point_size(len(points))
    classes = [int(label) for label in np.unique(labels)]
    for number, label in enumerate(classes):
        x, y = points[labels == label].T
        colour = GREY if label < 0 else f"C{number % 10}"
        axes.scatter(x, y, s=size, color=colour, alpha=0.7, lw=0, label=name_of(label))
    if len(classes) <= LEGEND_CLASSES:
        axes.legend(frameon=False, markerscale=3, loc="center left", bbox_to_anchor=(1.0, 0.5))
