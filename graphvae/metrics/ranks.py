"""Ranks of positives among the negatives of each positive, or of each source.

The rank of a positive is 1 + (negatives above it) + ½ (negatives equal to it): its mean rank if
ties are broken at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from graphvae.metrics.ranking_curve import check_scores


@dataclass(frozen=True)
class GroupedRanks:
    """Each positive against its own k negatives.

    This is how ogbl-citation2 and HeaRT are scored (Hu et al. 2020; Li et al. 2023).

    >>> groups = GroupedRanks.of(np.array([1.0, 0.0]), np.array([[2.0, 0.0], [0.0, -1.0]]))
    >>> groups.ranks
    array([2. , 1.5])
    """

    above: Int[np.ndarray, " positive"]
    """Own negatives scored strictly higher."""
    equal: Int[np.ndarray, " positive"]
    """Own negatives with the same score."""
    per_positive: int
    """k, the number of negatives per positive."""

    @classmethod
    def of(
        cls,
        positives: Float[np.ndarray, " positive"],
        negatives: Float[np.ndarray, "positive k"],
    ) -> GroupedRanks:
        """Count from scores.

        Raises:
            InputError: no positives, no negatives, or a score that is not finite.
        """
        check_scores(positives, negatives)
        scores = positives[:, None]
        return cls((negatives > scores).sum(1), (negatives == scores).sum(1), negatives.shape[1])

    def only(self, chosen: Bool[np.ndarray, " positive"]) -> GroupedRanks:
        """Select a subset of the positives."""
        return GroupedRanks(self.above[chosen], self.equal[chosen], self.per_positive)

    @property
    def ranks(self) -> Float[np.ndarray, " positive"]:
        """Rank of each positive among its own negatives; ties share the mean rank."""
        return np.asarray(1 + self.above + self.equal / 2)


@dataclass(frozen=True)
class SourceRanks:
    """Ranks of each source's true neighbours among all of its non-neighbours.

    An undirected test edge is two entries: v as a neighbour of u, and u as a neighbour of v.
    """

    sources: Int[np.ndarray, " entry"]
    """The source node."""
    scores: Float[np.ndarray, " entry"]
    """Score of the true neighbour."""
    above: Int[np.ndarray, " entry"]
    """The source's non-neighbours scored strictly higher."""
    equal: Int[np.ndarray, " entry"]
    """The source's non-neighbours with the same score."""
    candidates: Int[np.ndarray, " entry"]
    """Number of non-neighbours of the source."""

    def only(self, chosen: Bool[np.ndarray, " entry"]) -> SourceRanks:
        """Select a subset of the entries."""
        return SourceRanks(*(column[chosen] for column in vars(self).values()))

    def average(self, values: Float[np.ndarray, " entry"]) -> Float[np.ndarray, " source"]:
        """Average over each source's entries; one value per source."""
        _, index, count = np.unique(self.sources, return_inverse=True, return_counts=True)
        return np.asarray(np.bincount(index, values) / count)

    def positives_per_source(self) -> Int[np.ndarray, " source"]:
        """Number of true neighbours of each source."""
        return np.asarray(np.unique(self.sources, return_counts=True)[1])

    def total(self, values: Float[np.ndarray, " entry"]) -> Float[np.ndarray, " source"]:
        """Sum over each source's entries; one value per source."""
        return np.asarray(np.bincount(np.unique(self.sources, return_inverse=True)[1], values))

    def positions(self) -> tuple[Int[np.ndarray, " entry"], Int[np.ndarray, " entry"]]:
        """Return the numbers of items above, and tied with, each true neighbour in its list.

        Items are the non-neighbours and the true neighbours; the second number includes the
        neighbour itself.
        """
        through = self._hits_through()
        group = np.unique(np.stack([self.sources, self.scores], 1), axis=0, return_inverse=True)[1]
        tied = np.bincount(group.ravel())[group.ravel()]
        return through - tied + self.above, tied + self.equal

    def precisions(self) -> Float[np.ndarray, " entry"]:
        """Precision of the source's list down to each true neighbour, including its ties.

        Their average is the source's average precision.
        """
        hits = self._hits_through().astype(float)
        return np.asarray(hits / (hits + self.above + self.equal))

    def _hits_through(self) -> Int[np.ndarray, " entry"]:
        """Count the source's true neighbours down to each one, with its ties."""
        order = np.lexsort((-self.scores, self.sources))
        source, score = self.sources[order], self.scores[order]
        new_source = np.append(True, np.diff(source) != 0)
        ends = np.append((np.diff(source) != 0) | (np.diff(score) != 0), True)
        index = np.arange(len(order))
        first = np.maximum.accumulate(np.where(new_source, index, 0))
        last = np.minimum.accumulate(np.where(ends, index, len(order))[::-1])[::-1]
        hits = np.empty(len(order), np.int64)
        hits[order] = last - first + 1
        return hits
