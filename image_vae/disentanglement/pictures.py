"""Plots of disentanglement: mutual information of coordinates and factors, scores of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from graphvae_data.files.figures import figure, panels
from image_vae.disentanglement.following import Following

CELL = 0.62
"""Width of a cell of the heat map, in inches."""
DARK = 0.55
"""Share above which the number in a cell is white."""
NUMBERED = 20
"""Maximum number of coordinates for which cells show numbers."""


def draw_factors(path: Path, shown: Following, run: str) -> None:
    """Plot a heat map of information shares, with a row per factor and a column per coordinate.

    Args:
        path: the file to write.
        shown: the shares.
        run: the description of the run.
    """
    share = shown.share.T
    factors, latent = share.shape
    with figure(path, max(6.5, 2.2 + CELL * latent), 1.5 + CELL * factors) as whole:
        axes = whole.subplots()
        image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(range(latent), [f"{shown.layer}[{column}]" for column in range(latent)])
        axes.set_yticks(range(factors), shown.names)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        if latent <= NUMBERED:
            _number(axes, share)
        else:
            axes.set_xticks([])
            axes.set_xlabel(f"the {latent} coordinates of {shown.layer}")
        whole.colorbar(image, ax=axes, pad=0.02).outline.set_visible(False)
        what = f"I(coordinate; factor) / H(factor), 20 bins, {shown.pictures:,} images"
        axes.set_title(f"{what}; MIG of these {shown.mig:.3f}\n{run}", fontsize=10)


def _number(axes: Axes, share: np.ndarray) -> None:
    for (row, column), value in np.ndenumerate(share):
        colour = "white" if value > DARK else "black"
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=8)


def draw_scatter(
    path: Path,
    points: Sequence[tuple[str, float, float]],
    *,
    param: str,
    title: str,
    across: str,
    up: str,
) -> None:
    """Plot a point per run, coloured by the value of the swept setting.

    Args:
        path: the file to write.
        points: the value, x and y of each run.
        param: the setting.
        title: of the plot.
        across: label of the x axis.
        up: label of the y axis.
    """
    values = list(dict.fromkeys(value for value, _, _ in points))
    with panels(path, columns=1) as (axes,):
        for number, value in enumerate(values):
            x, y = zip(*((x, y) for each, x, y in points if each == value), strict=True)
            axes.scatter(x, y, s=40, color=f"C{number % 10}", label=f"{param} {value}")
        axes.set(xlabel=across, ylabel=up, title=title)
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
