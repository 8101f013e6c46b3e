"""95 % confidence intervals of metrics over samples of edges and non-edges.

They cover the uncertainty from the sampled edges for one trained model, not that from splits or
seeds (use repeats for those). The method depends on the size of the sample:

- `bootstrap`, up to `LARGE` scores: percentiles over resamples of the scores. A resample takes
  O(P + n).
- above, `DeLong` for AUC and the `delta method` for AP: value ± 1.96 standard errors, in closed
  form after one sort. Each score's influence on the metric gives the variance (DeLong, DeLong &
  Clarke-Pearson 1988, "Comparing the Areas under Two or More Correlated ROC Curves"; Efron 1982,
  "The Jackknife, the Bootstrap and Other Resampling Plans", chapter 6).
- above, `grouped bootstrap` for metrics without a derivative, such as MRR and Hits@K: percentiles
  over resamples of the counts by group, where neighbours in the ranking are merged so that a group
  contains 1/`RESOLUTION` of the scores above it. The highest `RESOLUTION` scores of either kind
  are not merged.
- means over positives with their own negatives, and over sources: `bootstrap`, and above `LARGE`
  units `normal`, the mean ± 1.96 standard errors.

Over shared negatives, MRR and Hits@K depend on the few highest negatives, which a resample may
omit: their intervals are wide and may be skewed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Float, Int

from graphvae.metrics.bootstrap import ScoreBins, chunks, count_bins, draw
from graphvae.metrics.metric import BOOTSTRAP, Metric
from graphvae.metrics.ranking_curve import RankingCurve
from graphvae_data.core.errors import InputError

LARGE = 20_000
"""Number of scores (or units) above which single scores are not bootstrapped."""
MIN_CLOSED_FORM = 1_000
"""Minimum positives and negatives for closed forms; below, the grouped bootstrap is used."""
RESOLUTION = 128
"""Groups of the grouped bootstrap per factor e in rank."""
NORMAL = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Interval:
    """A 95 % interval."""

    low: float
    """Lower end."""
    high: float
    """Upper end."""
    method: str
    """How it was computed, such as `bootstrap` or `DeLong`."""


@dataclass(frozen=True)
class Resampling:
    """How intervals are computed."""

    count: int
    """Resamples of the bootstrap; 0 for no intervals."""
    seed: int
    """Seed of the resamples."""

    def __post_init__(self) -> None:
        if not isinstance(self.count, int | np.integer) or self.count < 0:
            raise InputError(f"bootstrap: expected a number of resamples, got {self.count!r}")


def bootstrap_intervals(
    bins: ScoreBins, metrics: Sequence[Metric], resampling: Resampling
) -> dict[str, Interval]:
    """Intervals of metrics of one ranking by key, all from the same resamples."""
    resamples = bins.resamples(resampling.count, np.random.default_rng(resampling.seed))
    return _percentiles(_values(metrics, resamples), BOOTSTRAP)


def large_sample_intervals(
    curve: RankingCurve,
    metrics: Sequence[Metric],
    resampling: Resampling,
    *,
    negatives_sampled: bool,
) -> dict[str, Interval]:
    """Intervals of metrics of a long ranking by key, in nearly constant time.

    Args:
        curve: the ranking.
        metrics: the metrics.
        resampling: settings for bootstrapped metrics.
        negatives_sampled: False if the negatives are all non-edges and do not vary.
    """
    deviations = {
        metric.key: standard_error(metric, curve, negatives_sampled=negatives_sampled)
        for metric in metrics
    }
    intervals = {
        metric.key: _normal(metric, float(metric.of_ranking(curve)), deviation)
        for metric in metrics
        if (deviation := deviations[metric.key]) is not None
    }
    bootstrapped = [metric for metric in metrics if deviations[metric.key] is None]
    if bootstrapped:
        intervals |= _grouped_bootstrap(curve, bootstrapped, resampling, negatives_sampled)
    return intervals


def standard_error(
    metric: Metric, curve: RankingCurve, *, negatives_sampled: bool = True
) -> float | None:
    """Return the standard error of a metric in closed form; None if it has none.

    var = Σ_i a_i² / (P (P − 1)) + Σ_j b_j² / (N (N − 1)), with the influences a of the positives
    and b of the negatives; for AUC that is DeLong's variance.
    """
    positives, negatives = float(curve.num_positives), float(curve.num_negatives)
    influences = metric.influences(curve)
    smallest = min(positives, negatives) if negatives_sampled else positives
    if influences is None or smallest < MIN_CLOSED_FORM:
        return None
    of_positives, of_negatives = influences
    variance = (curve.positives * of_positives**2).sum() / (positives * (positives - 1))
    if negatives_sampled:
        variance += (curve.negatives * of_negatives**2).sum() / (negatives * (negatives - 1))
    return float(variance**0.5)


def mean_intervals(
    values: Mapping[str, Float[np.ndarray, " unit"]], resampling: Resampling
) -> dict[str, Interval]:
    """Intervals of means over units: positives with their own negatives, or source nodes."""
    if not values:
        return {}
    table = np.stack(list(values.values()), 1)
    units = len(table)
    if units > LARGE:
        half = NORMAL * table.std(0, ddof=1) / units**0.5
        ends = zip(values, table.mean(0) - half, table.mean(0) + half, strict=True)
        return {key: Interval(float(low), float(high), "normal") for key, low, high in ends}
    generator = np.random.default_rng(resampling.seed)
    means = []
    for size in chunks(resampling.count, units):
        counts = count_bins(np.arange(units), draw(generator, units, size), units)
        means.append(counts @ table / units)
    return _percentiles(dict(zip(values, np.concatenate(means).T, strict=True)), BOOTSTRAP)


def _normal(metric: Metric, value: float, deviation: float) -> Interval:
    lower, upper = metric.bounds
    low, high = value - NORMAL * deviation, value + NORMAL * deviation
    return Interval(max(low, lower), min(high, upper), metric.closed_form)


def _grouped_bootstrap(
    curve: RankingCurve, metrics: Sequence[Metric], resampling: Resampling, negatives_sampled: bool
) -> dict[str, Interval]:
    """Resample the counts of a coarser ranking and correct for the change in the value."""
    coarse = coarsened(curve)
    resamples = _resampled_counts(coarse, resampling, negatives_sampled)
    values = _values(metrics, resamples)
    for metric in metrics:
        values[metric.key] += float(metric.of_ranking(curve)) - float(metric.of_ranking(coarse))
    return _percentiles(values, "grouped bootstrap")


def coarsened(curve: RankingCurve) -> RankingCurve:
    """Merge neighbouring groups of the ranking, more of them further down.

    A group ends where the logarithm of the positives or of the negatives at or above it passes a
    multiple of 1 / `RESOLUTION`: about 2 `RESOLUTION` ln n groups.
    """
    levels = np.stack([_level(curve.true_positives), _level(curve.false_positives)])
    ends = np.append((np.diff(levels) != 0).any(0), True)
    return RankingCurve(curve.true_positives[ends], curve.false_positives[ends])


def _level(counts: Float[np.ndarray, " group"]) -> Int[np.ndarray, " group"]:
    log = RESOLUTION * (1 + np.log(np.maximum(counts, RESOLUTION) / RESOLUTION))
    return np.where(counts < RESOLUTION, counts, log).astype(np.int64)


def _resampled_counts(
    curve: RankingCurve, resampling: Resampling, negatives_sampled: bool
) -> Iterator[RankingCurve]:
    """Resample the scores of each kind with replacement, as counts by group."""
    generator = np.random.default_rng(resampling.seed)
    for size in chunks(resampling.count, len(curve.positives)):
        positives = _multinomial(generator, curve.positives, size)
        negatives = np.broadcast_to(curve.negatives, positives.shape)
        if negatives_sampled:
            negatives = _multinomial(generator, curve.negatives, size)
        yield RankingCurve(np.cumsum(positives, -1), np.cumsum(negatives, -1))


def _multinomial(
    generator: np.random.Generator, counts: Float[np.ndarray, " group"], size: int
) -> Float[np.ndarray, "size group"]:
    total = counts.sum()
    return generator.multinomial(int(total), counts / total, size=size).astype(np.float64)


def _values(
    metrics: Sequence[Metric], resamples: Iterator[RankingCurve]
) -> dict[str, Float[np.ndarray, " resample"]]:
    values = [[metric.of_ranking(curve) for metric in metrics] for curve in resamples]
    columns = (np.concatenate(column) for column in zip(*values, strict=True))
    return dict(zip([metric.key for metric in metrics], columns, strict=True))


def _percentiles(
    values: Mapping[str, Float[np.ndarray, " resample"]], method: str
) -> dict[str, Interval]:
    ends = {key: np.percentile(column, [2.5, 97.5]) for key, column in values.items()}
    return {key: Interval(float(low), float(high), method) for key, (low, high) in ends.items()}
