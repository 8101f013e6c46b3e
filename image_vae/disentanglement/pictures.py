"""Plots of disentanglement: mutual information of coordinates and factors, scores of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from graphvae_data.files.figures import BLUE, GREY, figure, panels
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
    with figure(path, max(6.5, 2.2 + CELL * latent), 1.5 + CELL * factors) as drawing:
        axes = drawing.subplots()
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
        drawing.colorbar(image, ax=axes, pad=0.02).outline.set_visible(False)
        description = f"I(coordinate; factor) / H(factor), 20 bins, {shown.pictures:,} images"
        axes.set_title(f"{description}; MIG of these {shown.mig:.3f}\n{run}", fontsize=10)


def _number(axes: Axes, share: np.ndarray) -> None:
    for (row, column), value in np.ndenumerate(share):
        colour = "white" if value > DARK else "black"
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=8)


@dataclass(frozen=True)
class Bars:
    """A panel of a sweep: a score of its runs, by the value of the setting."""

    label: str
    """Name and unit of the score."""
    runs: Mapping[str, Sequence[float]]
    """The scores of the runs of each value."""


def draw_bars(path: Path, shown: Sequence[Bars], *, param: str, title: str) -> None:
    """Plot a bar for each value of a setting, the mean of its runs, and a point for each run.

    Error bars are the standard deviation over the runs (n − 1), if there are several.

    Args:
        path: the file to write.
        shown: the panels.
        param: the setting.
        title: title of the plot.
    """
    with panels(path, columns=len(shown)) as grid:
        grid[0].figure.suptitle(title, fontsize=10)
        for axes, bars in zip(grid, shown, strict=True):
            _draw_bars(axes, bars)
            axes.set(xlabel=param, title=bars.label)


def _draw_bars(axes: Axes, bars: Bars) -> None:
    positions = range(len(bars.runs))
    means = [float(np.mean(runs)) for runs in bars.runs.values()]
    errors = [float(np.std(runs, ddof=1)) if len(runs) > 1 else 0.0 for runs in bars.runs.values()]
    axes.bar(
        positions, means, yerr=errors if any(errors) else None, color=BLUE, alpha=0.6, capsize=4
    )
    for x, runs in zip(positions, bars.runs.values(), strict=True):
        axes.scatter([x] * len(runs), runs, s=14, color=GREY, zorder=3)
    axes.set_xticks(positions, list(bars.runs))
