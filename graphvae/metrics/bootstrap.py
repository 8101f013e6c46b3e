"""Bootstrap of metrics over samples of edges and non-edges.

Positives and negatives are drawn with replacement, as many as there are; the metric of each
resample is computed from counts. Against all non-edges, which are not a sample, only the positives
are resampled. Source: Efron & Tibshirani 1993, "An Introduction to the Bootstrap", §13.3.

A resample of P positives and n negatives takes O(P + n) for any number of metrics: the scores are
sorted once, into at most 2 P + 1 bins, and a resample only counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from graphvae.metrics.ranking_curve import Negatives, Positives, RankingCurve, check_scores

CHUNK = 1 << 21
"""Maximum number of sampled items or counts in memory."""
BLOCK = 1 << 16
"""Maximum number of counts per block, which stays in the processor's cache."""


@dataclass(frozen=True)
class ScoreBins:
    """Positives and negatives by bin, in descending order of scores.

    Bin 2 g + 1 contains the g-th highest distinct score of a positive, and bin 2 g the negatives
    between the two adjacent positive scores; the last bin contains those below all positives.
    """

    positives: Int[np.ndarray, " positive"]
    """Bin of each positive; always odd."""
    negatives: Int[np.ndarray, " negative"] | None
    """Bin of each negative; None if `counts` are of all non-edges."""
    counts: Float[np.ndarray, " bin"]
    """Number of negatives in each bin."""

    @classmethod
    def of(cls, positives: Positives, negatives: Negatives) -> ScoreBins:
        """Sort scores into bins; `InputError` if there are none or some are not finite."""
        check_scores(positives, negatives)
        descending, group = np.unique(-positives, return_inverse=True)
        bins = sum(np.searchsorted(descending, -negatives, side) for side in ("left", "right"))
        counts = np.bincount(bins, minlength=2 * len(descending) + 1)
        return cls(2 * group + 1, np.asarray(bins), counts.astype(np.float64))

    @classmethod
    def of_all_non_edges(
        cls,
        positives: Positives,
        above: Int[np.ndarray, " positive"],
        equal: Int[np.ndarray, " positive"],
        total: int,
    ) -> ScoreBins:
        """Build the bins from counts of all `total` non-edges, without their scores.

        Args:
            positives: scores of the edges.
            above: for each of them, the non-edges scored strictly higher.
            equal: for each of them, the non-edges with the same score.
            total: number of non-edges.
        """
        descending, first, group = np.unique(-positives, return_index=True, return_inverse=True)
        at_or_above = np.full(2 * len(descending) + 1, total, np.float64)
        at_or_above[0:-1:2], at_or_above[1::2] = above[first], (above + equal)[first]
        return cls(2 * group + 1, None, np.diff(at_or_above, prepend=0))

    def curve(self) -> RankingCurve:
        """Return the ranking without resampling."""
        counts = np.bincount(self.positives, minlength=len(self.counts)).astype(np.float64)
        return RankingCurve(np.cumsum(counts), np.cumsum(self.counts))

    def resamples(self, count: int, generator: np.random.Generator) -> Iterator[RankingCurve]:
        """Draw positives, and negatives unless they are all non-edges, with replacement."""
        drawn = 0 if self.negatives is None else len(self.negatives)
        width = len(self.counts)
        for size in chunks(count, max(width, len(self.positives), drawn)):
            positives = draw(generator, len(self.positives), size)
            negatives = None if self.negatives is None else draw(generator, drawn, size)
            for rows in blocks(size, width):
                of_positives = count_bins(self.positives, positives[rows], width)
                if self.negatives is None or negatives is None:
                    of_negatives = np.broadcast_to(self.counts, of_positives.shape)
                else:
                    of_negatives = count_bins(self.negatives, negatives[rows], width)
                yield RankingCurve(np.cumsum(of_positives, -1), np.cumsum(of_negatives, -1))


def chunks(count: int, items: int) -> Iterator[int]:
    """Divide `count` resamples of `items` each into chunks that fit in memory."""
    step = max(1, CHUNK // max(items, 1))
    for start in range(0, count, step):
        yield min(step, count - start)


def blocks(size: int, width: int) -> Iterator[slice]:
    """Divide the rows of a chunk so that their counts stay in the processor's cache."""
    step = max(1, BLOCK // max(width, 1))
    for start in range(0, size, step):
        yield slice(start, start + step)


def draw(generator: np.random.Generator, items: int, size: int) -> Int[np.ndarray, "size item"]:
    """Draw the indices of `size` resamples of all items, with replacement."""
    return generator.integers(items, size=(size, items), dtype=np.int32)


def count_bins(
    bins: Int[np.ndarray, " item"], drawn: Int[np.ndarray, "size item"], width: int
) -> Float[np.ndarray, "size width"]:
    """Return the counts per bin of each resample."""
    placed = bins[drawn] + width * np.arange(len(drawn))[:, None]
    counts = np.bincount(placed.ravel(), minlength=width * len(drawn))
    return counts.reshape(len(drawn), width).astype(np.float64)
