"""One ranking of positives among shared negatives, and every metric that it determines.

A ranking is kept as cumulative counts per group of equal scores, so a bootstrap resample is the
same thing with other counts, and all metrics below work on many resamples at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from graphvae_data.core.errors import InputError

Positives = Float[np.ndarray, " positive"]
Negatives = Float[np.ndarray, " negative"]
Scores = Float[np.ndarray, "..."]
Counts = Float[np.ndarray, "*resample group"]


@dataclass(frozen=True)
class Ranking:
    """Counts of positives and negatives at or above each group of scores, from the highest down.

    The leading axis, where there is one, runs over bootstrap resamples. Groups that lie between two
    positives may be joined: no metric can tell.
    """

    true_positives: Float[np.ndarray, "*resample group"]
    """Positives scored at least as high as the group."""
    false_positives: Float[np.ndarray, "*resample group"]
    """Negatives scored at least as high as the group."""

    def auc(self) -> Float[np.ndarray, "*resample"]:
        """Area under the ROC curve: P(positive above negative) + ½ P(equal)."""
        tp, fp = _from_zero(self.true_positives), _from_zero(self.false_positives)
        area = (np.diff(fp) * (tp[..., 1:] + tp[..., :-1]) / 2).sum(-1)
        return np.asarray(area / (tp[..., -1] * fp[..., -1]))

    def average_precision(self) -> Float[np.ndarray, "*resample"]:
        """AP = Σ_g (R_g − R_{g−1}) P_g over groups g, recall R and precision P."""
        tp, fp = self.true_positives, self.false_positives
        precision = tp / np.maximum(tp + fp, 1)  # a resample may lack the highest scores
        return self._mean_over_positives(precision)

    def mean_reciprocal_rank(self) -> Float[np.ndarray, "*resample"]:
        """MRR: the mean over positives of 1 / (1 + negatives above + ½ negatives equal)."""
        fp = _from_zero(self.false_positives)
        return self._mean_over_positives(1 / (1 + (fp[..., 1:] + fp[..., :-1]) / 2))

    def hits_at(self, k: int) -> Float[np.ndarray, "*resample"]:
        """Share of the positives with fewer than K negatives at or above them.

        That is: scored strictly above the K-th highest negative.

        Raises:
            InputError: K below 1, or more than there are negatives.
        """
        count = int(self.false_positives[..., -1].min())
        if not 1 <= k <= count:
            raise InputError(f"hits@k: expected 1 <= k <= {count} negatives, got {k}")
        return self._mean_over_positives((self.false_positives < k).astype(np.float64))

    def precision_at(self, k: int) -> Float[np.ndarray, "*resample"]:
        """Share of positives among the K highest scores; a group cut by K counts in proportion.

        Raises:
            InputError: K below 1, or more than there are scores.
        """
        scores = self.true_positives + self.false_positives
        count = int(scores[..., -1].min())
        if not 1 <= k <= count:
            raise InputError(f"precision@k: expected 1 <= k <= {count} scores, got {k}")
        taken = np.diff(_from_zero(np.minimum(scores, k)))
        share = taken / np.maximum(np.diff(_from_zero(scores)), 1)
        return np.asarray((share * np.diff(_from_zero(self.true_positives))).sum(-1) / k)

    def _mean_over_positives(self, values: Counts) -> Float[np.ndarray, "*resample"]:
        """Average what each group gives to each of its positives."""
        tp = self.true_positives
        return np.asarray((np.diff(_from_zero(tp)) * values).sum(-1) / tp[..., -1])


def _from_zero(counts: Counts) -> Float[np.ndarray, "*resample edge"]:
    return np.concatenate([np.zeros_like(counts[..., :1]), counts], -1)


def rank(
    positives: Positives,
    negatives: Negatives,
    weights: Float[np.ndarray, "resample score"] | None = None,
) -> Ranking:
    """Sort the scores into groups and count.

    Args:
        positives: scores of the edges.
        negatives: scores of the non-edges.
        weights: how often each score counts, positives first; one row a bootstrap resample.

    Raises:
        InputError: no positives, no negatives, or a score that is not a number.
    """
    check_scores(positives, negatives)
    scores = np.concatenate([positives, negatives])
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    ends = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    is_positive = (order < len(positives)).astype(np.float64)
    counts = np.ones_like(is_positive) if weights is None else weights[:, order]
    return Ranking(
        np.cumsum(counts * is_positive, -1)[..., ends],
        np.cumsum(counts * (1 - is_positive), -1)[..., ends],
    )


def auc(positives: Positives, negatives: Negatives) -> float:
    """Area under the ROC curve, ties counted half.

    >>> auc(np.array([2.0, 1.0]), np.array([1.0, 0.0]))
    0.875
    """
    return float(rank(positives, negatives).auc())


def average_precision(positives: Positives, negatives: Negatives) -> float:
    """Average precision; equal scores enter the curve together.

    >>> average_precision(np.array([2.0, 1.0]), np.array([0.0]))
    1.0
    """
    return float(rank(positives, negatives).average_precision())


def precision_at(k: int, positives: Positives, negatives: Negatives) -> float:
    """Precision at K: the share of positives among the K highest of all scores.

    Scores that tie at the K-th place are taken in proportion, which is the expectation over random
    orders of the tie.

    >>> precision_at(2, np.array([3.0, 1.0]), np.array([1.0, 0.0]))
    0.75
    """
    return float(rank(positives, negatives).precision_at(k))


def check_scores(*sets: Scores) -> None:
    """Raise `InputError` if the positives' or the negatives' scores are none or not finite."""
    for name, scores in zip(("positives", "negatives"), sets, strict=False):
        if scores.size == 0:
            raise InputError(f"{name}: expected at least one score, got none")
        if not np.isfinite(scores).all():
            raise InputError(f"{name}: expected finite scores, got NaN or infinity")
