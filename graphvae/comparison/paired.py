"""Paired tests of two models on the same splits, or on the same test edges.

Notation: d_i is the difference of two models' scores on split i, i = 1 … n. Pairing removes the
differences in difficulty between splits, which cause most of the spread of a score. Splits of one
graph share most of their training edges, so the d_i are not quite independent and the t-interval is
somewhat too narrow (Nadeau & Bengio 2003, "Inference for the Generalization Error").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from graphvae.evaluation.protocols import SharedNegatives
from graphvae.metrics import Metric
from graphvae.metrics.intervals import Interval
from graphvae.metrics.ranking_curve import RankingCurve

RESAMPLES = 2000
MIN_WILCOXON = 6
"""With fewer pairs the signed-rank test cannot reach p < 0.05."""


@dataclass(frozen=True)
class Difference:
    """Difference of two models' scores."""

    mean: float
    """The mean of the differences."""
    interval: Interval
    """95 % interval: Student's t over splits, percentiles of the bootstrap over edges."""
    p: float
    """Two-sided p-value of the same test; 1 if there is no difference."""
    p_wilcoxon: float | None
    """p-value of Wilcoxon's signed-rank test; None for fewer than six pairs."""
    values: tuple[float, ...]
    """The differences by split; a single value for one split."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        ends = [self.interval.low, self.interval.high]
        return {**asdict(self), "interval": ends, "values": list(self.values)}


def paired_t(one: Sequence[float], other: Sequence[float]) -> Difference:
    """Compare scores on the same n ≥ 2 splits: t = d̄ / (s_d / √n), n − 1 degrees of freedom.

    Source: Student 1908, "The Probable Error of a Mean"; Wilcoxon 1945, "Individual Comparisons by
    Ranking Methods", for six or more splits.

    >>> paired_t([0.9, 0.8, 0.7], [0.8, 0.7, 0.5]).interval.low > 0
    False
    """
    import scipy.stats  # slow to import, and not needed by the bootstrap

    d = np.asarray(one, dtype=float) - np.asarray(other, dtype=float)
    n, mean = len(d), float(d.mean())
    error = float(d.std(ddof=1)) / n**0.5
    half_width = float(scipy.stats.t.ppf(0.975, n - 1)) * error
    # Without spread, t is infinite or undefined.
    p = 2 * float(scipy.stats.t.sf(abs(mean) / error, n - 1)) if error else float(mean == 0)
    wilcoxon = _wilcoxon(d) if n >= MIN_WILCOXON else None
    return Difference(
        mean,
        Interval(mean - half_width, mean + half_width, "Student's t"),
        p,
        wilcoxon,
        tuple(d.tolist()),
    )


def _wilcoxon(d: Float[np.ndarray, " split"]) -> float:
    """p-value of the signed-rank test; splits without a difference are dropped."""
    import scipy.stats

    nonzero = d[d != 0]
    return float(scipy.stats.wilcoxon(nonzero).pvalue) if len(nonzero) else 1.0


def paired_bootstrap(
    metric: Metric,
    one: SharedNegatives,
    other: SharedNegatives,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference:
    """Compare two models on one split, with the same resamples of its test pairs for both.

    Both must list the pairs in the same order.

    The interval covers the choice of test edges for these trained models, not other splits or
    seeds. Source: Efron & Tibshirani 1993, "An Introduction to the Bootstrap", §13.3 (interval) and
    §15.4 (achieved significance level).
    """
    differences = np.concatenate(
        [
            resampled(metric, one, *weights) - resampled(metric, other, *weights)
            for weights in _draws(one, resamples, seed)
        ]
    )
    mean = float((_unweighted(metric, one) - _unweighted(metric, other))[0])
    low, high = np.percentile(differences, [2.5, 97.5])
    below, above = int((differences <= 0).sum()), int((differences >= 0).sum())
    p = min(1.0, 2 * (min(below, above) + 1) / (resamples + 1))
    return Difference(mean, Interval(float(low), float(high), "paired bootstrap"), p, None, (mean,))


def bootstrap_deviation(metric: Metric, scored: SharedNegatives, *, seed: int = 0) -> float:
    """Standard deviation of a metric over resampled test edges."""
    draws = _draws(scored, RESAMPLES, seed)
    return float(np.concatenate([resampled(metric, scored, *w) for w in draws]).std(ddof=1))


def _draws(
    scored: SharedNegatives, resamples: int, seed: int
) -> Iterator[tuple[Float[np.ndarray, "r positive"], Float[np.ndarray, "r negative"]]]:
    """Draw the multiplicity of each edge and non-edge, in blocks that fit into memory."""
    generator = np.random.default_rng(seed)
    sizes = scored.positives, scored.negatives
    block = max(1, 4_000_000 // sum(sizes))
    for start in range(0, resamples, block):
        count = min(block, resamples - start)
        p, n = (generator.multinomial(k, np.full(k, 1 / k), size=count) for k in sizes)
        yield p.astype(float), n.astype(float)


def _unweighted(metric: Metric, scored: SharedNegatives) -> Float[np.ndarray, " 1"]:
    ones = np.ones((1, scored.positives)), np.ones((1, scored.negatives))
    return resampled(metric, scored, *ones)


def resampled(
    metric: Metric,
    scored: SharedNegatives,
    positive_counts: Float[np.ndarray, "r positive"],
    negative_counts: Float[np.ndarray, "r negative"],
) -> Float[np.ndarray, " r"]:
    """Return a metric with weighted pairs: one value per row of weights."""
    counts = np.concatenate([positive_counts, negative_counts], 1)
    curve = RankingCurve.of(scored.positive_scores, scored.negative_scores, counts)
    return metric.of_ranking(curve)
