"""Plot of an abstraction hierarchy: a lattice of concepts, with images at each node."""

from __future__ import annotations

from itertools import pairwise, product
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import ConnectionPatch

from graphvae_data.files.figures import figure
from image_vae.imagination.lattice import Node, above
from image_vae.plots.pictures import CELL, ImageCaption, mosaic, square

BETWEEN = 0.35
"""Gap between two nodes, as a share of a node's width."""


def _line(upper: Axes, lower: Axes) -> ConnectionPatch:
    """Return a line from the bottom of a node to the title of one below it."""
    return ConnectionPatch(
        (0.5, 0.0),
        (0.5, 1.12),
        "axes fraction",
        "axes fraction",
        axesA=upper,
        axesB=lower,
        color="0.7",
        lw=0.8,
        zorder=0,
    )


def draw_lattice(path: Path, caption: ImageCaption, levels: list[list[Node]]) -> None:
    """Plot the levels of a lattice from top to bottom, with lines between adjacent concepts.

    Args:
        path: the file to write.
        caption: describes the run.
        levels: the nodes of each level, as `lattice` returns them.
    """
    widest = max(map(len, levels))
    sheets = {id(n): mosaic(square(n.images), gap=1) for level in levels for n in level}
    height, width = next(iter(sheets.values())).shape[:2]
    side = 2 * CELL
    size = (widest * side * (1 + BETWEEN) + 0.3, len(levels) * (side * height / width + 0.5) + 0.6)
    with figure(path, max(size[0], 6.0), size[1]) as whole:
        grid = whole.add_gridspec(len(levels), 2 * widest)
        axes = {}
        for row, level in enumerate(levels):
            first = widest - len(level)
            for column, node in enumerate(level):
                start = first + 2 * column
                axis = whole.add_subplot(grid[row, start : start + 2])
                sheet = sheets[id(node)].squeeze(2).numpy()
                axis.imshow(sheet, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
                axis.set_xticks([])
                axis.set_yticks([])
                axis.set_title(node.title, fontsize=7)
                axes[id(node)] = axis
        for upper, lower in pairwise(levels):
            for one, other in product(upper, lower):
                if above(one, other):
                    whole.add_artist(_line(axes[id(one)], axes[id(other)]))
        what = "all subsets of the given attributes, expected images"
        whole.suptitle(caption.text(what), fontsize=9)
