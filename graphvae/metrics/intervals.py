"""95 % intervals of metrics: what they would be with other edges and non-edges of the same kind.

They describe the uncertainty from the sampled edges, for the model as trained; they say nothing of
other splits or seeds (use repeats for those). All are percentile intervals of the bootstrap.

Over shared negatives, MRR and Hits@K depend on the few highest negatives, which a resample draws
again or not at all: their intervals are wide and may lean to one side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from graphvae.metrics.bootstrap import ScoreBins, chunks, draw_counts
from graphvae.metrics.metric import Metric


@dataclass(frozen=True)
class Interval:
    """A 95 % interval."""

    low: float
    """Lower end."""
    high: float
    """Upper end."""


@dataclass(frozen=True)
class Resampling:
    """How intervals are computed."""

    count: int
    """Resamples of the bootstrap; 0 for no intervals."""
    seed: int
    """Seeds their draws."""


def ranking_intervals(
    bins: ScoreBins, metrics: Sequence[Metric], resampling: Resampling
) -> dict[str, Interval]:
    """Intervals of metrics of one ranking by their keys, all from the same resamples."""
    drawn = bins.resamples(resampling.count, np.random.default_rng(resampling.seed))
    values = [[metric.of_ranking(curve) for metric in metrics] for curve in drawn]
    columns = [np.concatenate(column) for column in zip(*values, strict=True)]
    return dict(zip([metric.key for metric in metrics], _percentiles(columns), strict=True))


def mean_intervals(
    values: Mapping[str, Float[np.ndarray, " unit"]], resampling: Resampling
) -> dict[str, Interval]:
    """Intervals of means over units: positives with negatives of their own, or source nodes."""
    if not values:
        return {}
    generator = np.random.default_rng(resampling.seed)
    table = np.stack(list(values.values()), 1)
    units = len(table)
    means = []
    for size in chunks(resampling.count, units):
        counts = draw_counts(generator, np.arange(units), units, size)
        means.append(counts @ table / units)
    return dict(zip(values, _percentiles(list(np.concatenate(means).T)), strict=True))


def _percentiles(columns: Sequence[Float[np.ndarray, " resample"]]) -> list[Interval]:
    ends = [np.percentile(column, [2.5, 97.5]) for column in columns]
    return [Interval(float(low), float(high)) for low, high in ends]
