"""Matplotlib figures without a window or global state, written atomically."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from graphvae_data.core.colours import UNKNOWN, palette
from graphvae_data.files.files import write_atomic
from graphvae_data.files.fonts import choose_fonts

BLUE, ORANGE, GREY = "#2f6db5", "#d9742b", "#8a8a8a"
DPI = 150
LAYOUT: Literal["constrained"] | None = "constrained"
LEGEND_CLASSES = 12
"""Maximum number of classes for a legend; more have their names in the map."""
NAMED_CLASSES = 60
"""Maximum number of classes whose names are written into a map."""


@contextmanager
def panels(path: Path, *, columns: int, fixed: bool = False) -> Iterator[Sequence[Axes]]:
    """Create axes side by side; write the figure when the block ends.

    `fixed` margins take a quarter less time than a computed layout. They fit tick labels of up to
    seven characters, and a legend to the right of the last axes.
    """
    size = (7.6, 5.2) if columns == 1 else (4.8 * columns, 4.0)
    with figure(path, *size, constrained=not fixed) as drawing:
        row = list(drawing.subplots(1, columns, squeeze=False)[0])
        if fixed:
            drawing.subplots_adjust(**_margins(*size, columns))
        for axes in row:
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(alpha=0.25, lw=0.6)
            axes.title.set_fontsize(11)
        yield row


def _margins(width: float, height: float, columns: int) -> dict[str, float]:
    """Return margins as fractions of the figure, and the gap as a fraction of a panel."""
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
    constrained: bool = True,
) -> Iterator[Figure]:
    """Create a figure of a size in inches; write it as PNG when the block ends.

    Without the `constrained` layout, the caller sets the margins; a legend to the right of the last
    axes moves their right edge.
    """
    drawing = Figure(figsize=(width, height), layout=LAYOUT if constrained else None, dpi=DPI)
    canvas = FigureCanvasAgg(drawing)
    yield drawing
    texts = drawing.findobj(Text)
    for text in texts:  # names are plain text: `$` starts no formula
        text.set_parse_math(False)
        text.set_text(text.get_text().encode("utf-8", "replace").decode())
    choose_fonts(texts)
    with warnings.catch_warnings():  # one for each character; `choose_fonts` has warned once
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        if not constrained:
            _make_room(drawing)
        write_atomic(path, lambda target: render(canvas, target))


def render(canvas: Any, target: Path) -> None:
    """Draw a canvas into a PNG file.

    `savefig` would draw it twice, and a higher compression level is slow for little gain.
    """
    canvas.print_png(target, pil_kwargs={"compress_level": 3})


def _make_room(drawing: Figure) -> None:
    """Move the right edge of the last axes to the left of a legend that stands beside them."""
    axes = drawing.axes[-1]
    legend = axes.get_legend()
    if legend is None:
        return
    box = legend.get_window_extent()
    if box.x0 >= axes.bbox.x1:
        drawing.subplots_adjust(right=0.98 - box.width / drawing.bbox.width)


def point_size(count: int) -> float:
    """Return the marker size of a scatter plot: larger if it has few points."""
    return 6.0 if count > 1_000 else 16.0


def scatter_classes(
    axes: Axes,
    points: Float[np.ndarray, "point 2"],
    labels: Int[np.ndarray, " point"],
    name_of: Callable[[int], str],
) -> None:
    """Plot points with one colour per class; a label below 0 is unknown, shown in grey.

    A few classes have a legend. The names of more stand at the medians of their points, and those
    of more than `NAMED_CLASSES` are left out.
    """
    size = point_size(len(points))
    classes = [int(label) for label in np.unique(labels)]
    known = [label for label in classes if label >= 0]
    colours = dict(zip(known, palette(len(known)), strict=True))
    for label in classes:
        x, y = points[labels == label].T
        colour = colours.get(label, UNKNOWN)
        axes.scatter(x, y, s=size, color=colour, alpha=0.7, lw=0, label=name_of(label))
    if len(classes) <= LEGEND_CLASSES:
        axes.legend(frameon=False, markerscale=3, loc="center left", bbox_to_anchor=(1.0, 0.5))
    elif len(known) <= NAMED_CLASSES:
        for label, colour in colours.items():
            x, y = np.median(points[labels == label], axis=0)
            _write_name(axes, x, y, name_of(label), colour)


def _write_name(axes: Axes, x: float, y: float, name: str, colour: str) -> None:
    outline = [withStroke(linewidth=2.0, foreground="white")]
    style: dict[str, Any] = {"ha": "center", "va": "center", "path_effects": outline}
    axes.text(x, y, name, fontsize=7, color=colour, **style)
