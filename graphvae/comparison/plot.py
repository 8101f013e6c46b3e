"""The picture of a comparison: paired differences to the reference, with their intervals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from graphvae.comparison.result import Comparison, Row
from graphvae_data.core.errors import InputError
from graphvae_data.files.figures import BLUE, GREY, ORANGE, figure


def draw_differences(path: Path, comparison: Comparison) -> None:
    """Draw one panel a metric: each model's difference to the reference, its 95 % interval, and
    the single differences behind them; an interval that leaves out zero is in colour.

    Raises:
        InputError: an ending other than .png, or a place that cannot be written.
    """
    if path.suffix.lower() != ".png":
        raise InputError(f"plot: expected a path ending in .png, got {str(path)!r}; rename it")
    metrics = comparison.metrics
    models = len(comparison.rows) // len(metrics) - 1
    size = (max(6.4, 1.6 + 3.6 * len(metrics)), 1.5 + 0.45 * models)
    what = {"splits": "shared splits", "seeds": "seeds on one split", "edges": "split"}
    over = f"{len(comparison.splits)} {what[comparison.basis]}"
    with figure(path, *size) as whole:
        panels = whole.subplots(1, len(metrics), squeeze=False, sharey=True)[0]
        for axes, metric in zip(panels, metrics, strict=True):
            rows = [r for r in comparison.rows if r.metric == metric and r.difference is not None]
            _panel(axes, metric, rows)
        whole.suptitle(
            f"Test score less that of {comparison.reference}, {over}; 95 % intervals", fontsize=11
        )


def _panel(axes: Axes, metric: str, rows: list[Row]) -> None:
    for place, row in enumerate(rows):
        d = row.difference
        assert d is not None
        clear = d.interval.low > 0 or d.interval.high < 0
        if len(d.values) > 1:
            spread = place + np.linspace(-0.12, 0.12, len(d.values))
            axes.scatter(d.values, spread, s=9, color=GREY, alpha=0.6, lw=0, zorder=1)
        reach = [[d.mean - d.interval.low], [d.interval.high - d.mean]]
        colour = (BLUE if d.mean > 0 else ORANGE) if clear else "black"
        axes.errorbar(
            d.mean, place, xerr=np.maximum(reach, 0), fmt="o", ms=5, capsize=4, color=colour
        )
    axes.axvline(0, color=GREY, lw=1, ls="--", zorder=0)
    axes.set_yticks(range(len(rows)), [row.model for row in rows])
    axes.set(xlabel=f"difference in test {metric.upper()}", ylim=(len(rows) - 0.5, -0.5))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", alpha=0.25, lw=0.6)
    axes.locator_params(axis="x", nbins=5)
