"""Ranks of single positives: among negatives that all share, or each among its own.

The rank of a positive is 1 + (negatives above it) + ½ (negatives equal to it): the mean of the
ranks it may get when ties are broken at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from graphvae.metrics.curves import Negatives, Positives, check_scores, rank
from graphvae_data.core.errors import InputError


def ranks(positives: Positives, negatives: Negatives) -> Float[np.ndarray, " positive"]:
    """Rank of each positive among all negatives, 1 the best; equal scores share the mean rank.

    >>> ranks(np.array([1.0]), np.array([2.0, 1.0, 0.0]))
    array([2.5])
    """
    check_scores(positives, negatives)
    ascending = np.sort(negatives)
    above = len(negatives) - np.searchsorted(ascending, positives, side="right")
    equal = len(negatives) - above - np.searchsorted(ascending, positives, side="left")
    return 1 + above + equal / 2


def mean_reciprocal_rank(positives: Positives, negatives: Negatives) -> float:
    """MRR: the mean of 1 / rank of each positive among all negatives."""
    return float((1 / ranks(positives, negatives)).mean())


def hits_at(k: int, positives: Positives, negatives: Negatives) -> float:
    """Share of the positives scored strictly above the k-th highest negative.

    This is OGB's Hits@K, except that fewer than K negatives are an error here, where OGB's
    evaluator answers 1.0 (Hu et al. 2020, "Open Graph Benchmark").

    >>> hits_at(2, np.array([3.0, 1.0]), np.array([2.0, 1.0, 0.0]))
    0.5
    """
    return float(rank(positives, negatives).hits_at(k))


@dataclass(frozen=True)
class GroupedRanks:
    """Each positive against k negatives of its own.

    This is how ogbl-citation2 and HeaRT are scored (Hu et al. 2020; Li et al. 2023); `mrr` is the
    mean of `mrr_list` of OGB's evaluator.

    >>> grouped = GroupedRanks.of(np.array([1.0, 0.0]), np.array([[2.0, 0.0], [0.0, -1.0]]))
    >>> grouped.ranks
    array([2. , 1.5])
    """

    above: Int[np.ndarray, " positive"]
    """Own negatives scored strictly higher."""
    equal: Int[np.ndarray, " positive"]
    """Own negatives with the same score."""
    per_positive: int
    """k, how many negatives each positive has."""

    @classmethod
    def of(
        cls,
        positives: Float[np.ndarray, " positive"],
        negatives: Float[np.ndarray, "positive k"],
    ) -> GroupedRanks:
        """Count from scores.

        Raises:
            InputError: no positives, no negatives, or a score that is not a number.
        """
        check_scores(positives, negatives)
        own = positives[:, None]
        return cls((negatives > own).sum(1), (negatives == own).sum(1), negatives.shape[1])

    def only(self, chosen: Bool[np.ndarray, " positive"]) -> GroupedRanks:
        """Keep some of the positives."""
        return GroupedRanks(self.above[chosen], self.equal[chosen], self.per_positive)

    @property
    def ranks(self) -> Float[np.ndarray, " positive"]:
        """Rank of each positive among its own negatives; ties share the mean rank."""
        return np.asarray(1 + self.above + self.equal / 2)

    def reciprocal_ranks(self) -> Float[np.ndarray, " positive"]:
        """1 / rank of each positive."""
        return np.asarray(1 / self.ranks)

    def hits(self, k: int) -> Float[np.ndarray, " positive"]:
        """Tell (1 or 0) of each positive whether it is strictly above its k-th highest negative.

        Raises:
            InputError: k below 1, or more than each positive has negatives.
        """
        if not 1 <= k <= self.per_positive:
            raise InputError(f"hits@k: expected 1 <= k <= {self.per_positive} negatives, got {k}")
        return np.asarray(self.above + self.equal < k, np.float64)

    def aucs(self) -> Float[np.ndarray, " positive"]:
        """Share of its own negatives that each positive beats, ties counted half."""
        return np.asarray(1 - (self.ranks - 1) / self.per_positive)

    def average_precisions(self) -> Float[np.ndarray, " positive"]:
        """AP of each positive's own list, in which it is the only one: 1 / its worst rank."""
        return np.asarray(1 / (1.0 + self.above + self.equal))

    def mrr(self) -> float:
        """Mean reciprocal rank, as OGB's evaluator has it for ogbl-citation2."""
        return float(self.reciprocal_ranks().mean())

    def hits_at(self, k: int) -> float:
        """Share of the positives that are strictly above their own k-th highest negative."""
        return float(self.hits(k).mean())
