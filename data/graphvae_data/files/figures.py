"""Figures without a window and without global state, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from graphvae_data.files.files import write_atomic

BLUE, ORANGE, GREY = "#2f6db5", "#d9742b", "#8a8a8a"
DPI = 150
LAYOUT: Literal["constrained"] | None = "constrained"
LEGEND_CLASSES = 12
"""More classes than this are coloured without a legend."""


@contextmanager
def panels(path: Path, *, columns: int, fixed: bool = False) -> Iterator[Sequence[Axes]]:
    """Make panels side by side; write them when the block ends.

    With `fixed` margins, which suit tick labels of up to seven characters and nothing outside the
    axes, drawing takes three quarters of the time.
    """
    size = (7.6, 5.2) if columns == 1 else (4.8 * columns, 4.0)
    with figure(path, *size, arranged=not fixed) as whole:
        made = list(whole.subplots(1, columns, squeeze=False)[0])
        if fixed:
            whole.subplots_adjust(**_margins(*size, columns))
        for axes in made:
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(alpha=0.25, lw=0.6)
            axes.title.set_fontsize(11)
        yield made


def _margins(width: float, height: float, columns: int) -> dict[str, float]:
    """Return margins in shares of the figure, and the gap in shares of a panel."""
    left, right, gap, bottom, top = 0.9, 0.12, 0.95, 0.58, 0.38  # inches
    panel = (width - left - right - gap * (columns - 1)) / columns
    return {
        "left": left / width,
        "right": 1 - right / width,
        "wspace": gap / panel,
        "bottom": bottom / height,
        "top": 1 - top / height,
    }


@contextmanager
def figure(
    path: Path,
    width: float,
    height: float,
    *,
    arranged: bool = True,
) -> Iterator[Figure]:
    """Make a figure of a size in inches; write it as PNG when the block ends.

    Unless `arranged`, the caller places the axes.
    """
    whole = Figure(figsize=(width, height), layout=LAYOUT if arranged else None, dpi=DPI)
    canvas = FigureCanvasAgg(whole)
    yield whole
    for text in whole.findobj(Text):  # names are plain text: `$` begins no formula
        text.set_parse_math(False)
        text.set_text(text.get_text().encode("utf-8", "replace").decode())
    # `savefig` would draw it twice, and the default compression takes longer than it is worth.
    write: Any = canvas.print_png
    write_atomic(path, lambda target: write(target, pil_kwargs={"compress_level": 3}))


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
