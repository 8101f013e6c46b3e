"""Is one model better than another? Paired tests: the same splits, or the same test edges.

Notation: d_i is the difference of two models' scores on split i, i = 1 … n. Pairing takes out what
makes one split harder than another, which is most of the spread of a score. Splits of one graph
share most of their training edges, so the d_i are not quite independent and the t-interval is
somewhat too narrow (Nadeau & Bengio 2003, "Inference for the Generalization Error").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scipy.stats
from jaxtyping import Float

from graphvae.metrics.metrics import Interval, rank

RESAMPLES = 2000
WILCOXON_LEAST = 6
"""With fewer pairs the signed-rank test cannot reach p < 0.05, whatever the differences."""


@dataclass(frozen=True)
class Scored:
    """One model's scores of the test pairs."""

    positives: Float[np.ndarray, " positive"]
    """Of the edges."""
    negatives: Float[np.ndarray, " negative"]
    """Of the non-edges, in the same order for every model."""


@dataclass(frozen=True)
class Difference:
    """How much higher one model scores than another."""

    mean: float
    """The mean of the differences."""
    interval: Interval
    """95 % interval: Student's t over splits, percentiles of the bootstrap over edges."""
    p: float
    """Two-sided p-value of the same test; 1 where there is no difference at all."""
    p_wilcoxon: float | None
    """That of Wilcoxon's signed-rank test; None for fewer than six pairs."""
    values: tuple[float, ...]
    """The differences, split by split; a single one for one split."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        ends = [self.interval.low, self.interval.high]
        return {**asdict(self), "interval": ends, "values": list(self.values)}


def paired_t(one: Sequence[float], other: Sequence[float]) -> Difference:
    """Compare scores on the same n ≥ 2 splits: t = d̄ / (s_d / √n), n − 1 degrees of freedom.

    Source: Student 1908, "The Probable Error of a Mean"; Wilcoxon 1945, "Individual Comparisons by
    Ranking Methods", beside it from six splits on.

    >>> paired_t([0.9, 0.8, 0.7], [0.8, 0.7, 0.5]).interval.low > 0
    False
    """
    d = np.asarray(one, dtype=float) - np.asarray(other, dtype=float)
    n, mean = len(d), float(d.mean())
    error = float(d.std(ddof=1)) / n**0.5
    half = float(scipy.stats.t.ppf(0.975, n - 1)) * error
    # Without spread, t is infinite, or there is no difference at all.
    p = 2 * float(scipy.stats.t.sf(abs(mean) / error, n - 1)) if error else float(mean == 0)
    wilcoxon = _wilcoxon(d) if n >= WILCOXON_LEAST else None
    return Difference(mean, Interval(mean - half, mean + half), p, wilcoxon, tuple(d.tolist()))


def _wilcoxon(d: Float[np.ndarray, " split"]) -> float:
    """p-value of the signed-rank test; splits without a difference are dropped."""
    kept = d[d != 0]
    return float(scipy.stats.wilcoxon(kept).pvalue) if len(kept) else 1.0


def paired_bootstrap(
    metric: str, one: Scored, other: Scored, *, resamples: int = RESAMPLES, seed: int = 0
) -> Difference:
    """Compare two models on one split: resample its test edges, the same for both.

    The interval speaks of which edges happened to be test edges, for the models as trained, not of
    other splits or seeds. Source: Efron & Tibshirani 1993, "An Introduction to the Bootstrap",
    §13.3 (interval) and §15.4 (achieved significance level).
    """
    drawn = np.concatenate(
        [
            resampled(metric, one, *weights) - resampled(metric, other, *weights)
            for weights in _draws(one, resamples, seed)
        ]
    )
    mean = float((_plain(metric, one) - _plain(metric, other))[0])
    low, high = np.percentile(drawn, [2.5, 97.5])
    below, above = int((drawn <= 0).sum()), int((drawn >= 0).sum())
    p = min(1.0, 2 * (min(below, above) + 1) / (resamples + 1))
    return Difference(mean, Interval(float(low), float(high)), p, None, (mean,))


def bootstrap_deviation(metric: str, scored: Scored, *, seed: int = 0) -> float:
    """Standard deviation of a metric over resampled test edges."""
    draws = _draws(scored, RESAMPLES, seed)
    return float(np.concatenate([resampled(metric, scored, *w) for w in draws]).std(ddof=1))


def _draws(
    scored: Scored, resamples: int, seed: int
) -> Iterator[tuple[Float[np.ndarray, "r positive"], Float[np.ndarray, "r negative"]]]:
    """Draw how often each edge and non-edge counts, in blocks that fit into memory."""
    generator = np.random.default_rng(seed)
    sizes = len(scored.positives), len(scored.negatives)
    block = max(1, 4_000_000 // sum(sizes))
    for start in range(0, resamples, block):
        count = min(block, resamples - start)
        p, n = (generator.multinomial(k, np.full(k, 1 / k), size=count) for k in sizes)
        yield p.astype(float), n.astype(float)


def _plain(metric: str, scored: Scored) -> Float[np.ndarray, " 1"]:
    ones = (np.ones((1, len(part))) for part in (scored.positives, scored.negatives))
    return resampled(metric, scored, *ones)


def resampled(
    metric: str,
    scored: Scored,
    positive_counts: Float[np.ndarray, "r positive"],
    negative_counts: Float[np.ndarray, "r negative"],
) -> Float[np.ndarray, " r"]:
    """Return a metric (`auc`, `ap`, `mrr` or `hits@K`) where pairs count so many times each."""
    if metric in ("auc", "ap"):
        counts = np.concatenate([positive_counts, negative_counts], 1)
        ranking = rank(scored.positives, scored.negatives, counts)
        return ranking.auc() if metric == "auc" else ranking.average_precision()
    order = np.argsort(scored.negatives)
    ascending = scored.negatives[order]
    below = np.concatenate(
        [np.zeros((len(negative_counts), 1)), np.cumsum(negative_counts[:, order], 1)], 1
    )
    right = below[:, np.searchsorted(ascending, scored.positives, side="right")]
    left = below[:, np.searchsorted(ascending, scored.positives, side="left")]
    above, equal = below[:, -1:] - right, right - left
    if metric == "mrr":
        values = 1 / (1 + above + equal / 2)
    else:
        values = (above + equal < int(metric.removeprefix("hits@"))).astype(float)
    return np.asarray((values * positive_counts).sum(1) / positive_counts.sum(1))
