"""One ranking of positives among shared negatives, as counts by group of equal scores.

A bootstrap resample is the same ranking with other counts, so the formulas of metrics apply to
both: an optional leading axis runs over resamples.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from graphvae_data.core.errors import InputError

Positives = Float[np.ndarray, " positive"]
Negatives = Float[np.ndarray, " negative"]
Scores = Float[np.ndarray, "..."]
Counts = Float[np.ndarray, "*resample group"]


@dataclass(frozen=True)
class RankingCurve:
    """Counts of positives and negatives by group of equal scores, from the highest score down.

    Groups of negatives between the same two positives may be merged, which changes no metric.
    """

    true_positives: Float[np.ndarray, "*resample group"]
    """Positives scored at least as high as the group."""
    false_positives: Float[np.ndarray, "*resample group"]
    """Negatives scored at least as high as the group."""
    order: Int[np.ndarray, " score"] | None = field(default=None, repr=False)
    """Indices of the scores, positives first, from the highest score down, if each counts once."""

    @classmethod
    def of(
        cls,
        positives: Positives,
        negatives: Negatives,
        weights: Float[np.ndarray, "resample score"] | None = None,
    ) -> RankingCurve:
        """Sort scores into groups and count.

        Args:
            positives: scores of the edges.
            negatives: scores of the non-edges.
            weights: how often each score counts, positives first; one row for each resample.

        Raises:
            InputError: no positives, no negatives, or a score that is not finite.
        """
        check_scores(positives, negatives)
        scores = np.concatenate([positives, negatives])
        order = np.argsort(-scores, kind="stable")
        ordered = scores[order]
        last = np.ones(len(ordered), np.bool_)
        np.not_equal(ordered[1:], ordered[:-1], out=last[:-1])
        ends = np.flatnonzero(last)
        is_positive = (order < len(positives)).astype(np.float64)
        if weights is None:
            true_positives = is_positive.cumsum()[ends]
            return cls(true_positives, ends + 1 - true_positives, order)
        counts = weights[:, order]
        return cls(
            np.cumsum(counts * is_positive, -1)[..., ends],
            np.cumsum(counts * (1 - is_positive), -1)[..., ends],
        )

    @property
    def num_positives(self) -> Float[np.ndarray, "*resample"]:
        """P."""
        return np.asarray(self.true_positives[..., -1])

    @property
    def num_negatives(self) -> Float[np.ndarray, "*resample"]:
        """N."""
        return np.asarray(self.false_positives[..., -1])

    @cached_property
    def positives_above(self) -> Counts:
        """Positives scored higher than each group."""
        return _shifted(self.true_positives)

    @cached_property
    def negatives_above(self) -> Counts:
        """Negatives scored higher than each group."""
        return _shifted(self.false_positives)

    @cached_property
    def positives(self) -> Counts:
        """Positives in each group."""
        return np.asarray(self.true_positives - self.positives_above)

    @cached_property
    def negatives(self) -> Counts:
        """Negatives in each group."""
        return np.asarray(self.false_positives - self.negatives_above)

    @property
    def precision(self) -> Counts:
        """Share of positives at or above each group; 0 above all scores of a resample."""
        return np.asarray(
            self.true_positives / np.maximum(self.true_positives + self.false_positives, 1)
        )

    def mean_over_positives(self, values: Counts) -> Float[np.ndarray, "*resample"]:
        """Average a value per group over the positives."""
        if self.order is not None:
            return np.asarray(values[self._groups].mean())
        return np.asarray((self.positives * values).sum(-1) / self.num_positives)

    @property
    def _groups(self) -> Int[np.ndarray, " positive"]:
        """The group of each positive, in their original order."""
        assert self.order is not None
        sizes = np.diff(self.true_positives + self.false_positives, prepend=0)
        group = np.empty(len(self.order), np.int64)
        group[self.order] = np.repeat(np.arange(len(sizes)), sizes.astype(np.int64))
        return group[: int(self.num_positives)]


def _shifted(counts: Counts) -> Counts:
    shifted = np.zeros_like(counts)
    shifted[..., 1:] = counts[..., :-1]
    return shifted


def check_scores(*sets: Scores) -> None:
    """Raise `InputError` if a set of scores is empty or not finite."""
    for name, scores in zip(("positives", "negatives"), sets, strict=False):
        if scores.size == 0:
            raise InputError(f"{name}: expected at least one score, got none")
        if not np.isfinite(scores).all():
            raise InputError(f"{name}: expected finite scores, got NaN or infinity")
