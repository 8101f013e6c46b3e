"""Positives with their negatives, and metrics computed from them.

Shared negatives give one ranking. Otherwise each positive, or each source node, has its own
negatives, and a metric is a mean over these *units*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from graphvae.evaluation.exact import AgainstAll
from graphvae.metrics import Metric
from graphvae.metrics.bootstrap import ScoreBins
from graphvae.metrics.intervals import (
    LARGE,
    Interval,
    Resampling,
    bootstrap_intervals,
    large_sample_intervals,
    mean_intervals,
)
from graphvae.metrics.ranking_curve import RankingCurve, check_scores
from graphvae.metrics.ranks import GroupedRanks, SourceRanks
from graphvae.metrics.scores import Value
from graphvae_data.core.errors import InputError

Values = dict[str, Value]


@runtime_checkable
class ScoredPairs(Protocol):
    """Positives and their negatives."""

    @property
    def positives(self) -> int:
        """Number of edges."""
        ...

    @property
    def negatives(self) -> int:
        """Number of non-edges."""
        ...

    def stratum(
        self, positives: Bool[np.ndarray, " positive"], negatives: Bool[np.ndarray, " negative"]
    ) -> ScoredPairs:
        """Select the positives of a stratum and, if shared, its negatives."""
        ...

    def check(self, metric: Metric) -> None:
        """Raise `InputError` if the metric cannot be computed from them."""
        ...

    def measure(self, metrics: Sequence[Metric], resampling: Resampling) -> Values:
        """Compute metrics by key; `InputError` if one cannot be computed."""
        ...


@dataclass(frozen=True)
class SharedNegatives:
    """Positives against one set of negatives, both samples."""

    positive_scores: Float[np.ndarray, " positive"]
    """Scores of the edges."""
    negative_scores: Float[np.ndarray, " negative"]
    """Scores of the non-edges."""

    @property
    def positives(self) -> int:
        """Number of edges."""
        return len(self.positive_scores)

    @property
    def negatives(self) -> int:
        """Number of non-edges."""
        return len(self.negative_scores)

    def stratum(
        self, positives: Bool[np.ndarray, " positive"], negatives: Bool[np.ndarray, " negative"]
    ) -> SharedNegatives:
        """Select the positives and the negatives of a stratum."""
        return SharedNegatives(self.positive_scores[positives], self.negative_scores[negatives])

    def check(self, metric: Metric) -> None:
        """Raise `InputError` if there are too few pairs."""
        check_scores(self.positive_scores, self.negative_scores)
        metric.check_size(self.positives, self.negatives)

    @cached_property
    def _curve(self) -> RankingCurve:
        return RankingCurve.of(self.positive_scores, self.negative_scores)

    def measure(self, metrics: Sequence[Metric], resampling: Resampling) -> Values:
        """Compute metrics; the intervals are over positives and negatives."""
        _check_all(self, metrics)
        values = {metric.key: float(metric.of_ranking(self._curve)) for metric in metrics}
        if not (resampling.count and metrics):
            return _with_intervals(values, {})
        if self.positives + self.negatives > LARGE:
            intervals = large_sample_intervals(
                self._curve, metrics, resampling, negatives_sampled=True
            )
        else:
            bins = ScoreBins.of(self.positive_scores, self.negative_scores)
            intervals = bootstrap_intervals(bins, metrics, resampling)
        return _with_intervals(values, intervals)


@dataclass(frozen=True)
class AllNonEdges:
    """Positives against all non-edges; strata select positives only."""

    ranks: AgainstAll
    """Ranks of the positives among all non-edges."""

    @property
    def positives(self) -> int:
        """Number of edges."""
        return len(self.ranks.scores)

    @property
    def negatives(self) -> int:
        """Number of non-edges of the graph."""
        return self.ranks.total

    def stratum(
        self, positives: Bool[np.ndarray, " positive"], negatives: Bool[np.ndarray, " negative"]
    ) -> AllNonEdges:
        """Select the positives of a stratum."""
        return AllNonEdges(self.ranks.only(positives))

    def check(self, metric: Metric) -> None:
        """Raise `InputError` if there are too few pairs."""
        metric.check_size(self.positives, self.negatives)

    def measure(self, metrics: Sequence[Metric], resampling: Resampling) -> Values:
        """Compute metrics; the intervals are over positives, as all non-edges are included."""
        _check_all(self, metrics)
        bins = self.ranks.bins()
        curve = bins.curve()
        values = {metric.key: float(metric.of_ranking(curve)) for metric in metrics}
        if not (resampling.count and metrics):
            return _with_intervals(values, {})
        if self.positives > LARGE:
            intervals = large_sample_intervals(curve, metrics, resampling, negatives_sampled=False)
        else:
            intervals = bootstrap_intervals(bins, metrics, resampling)
        return _with_intervals(values, intervals)


@dataclass(frozen=True)
class OwnNegatives:
    """Each positive against its own negatives; strata select positives with their negatives."""

    ranks: GroupedRanks
    """Ranks of the positives among their negatives."""

    @property
    def positives(self) -> int:
        """Number of edges."""
        return len(self.ranks.above)

    @property
    def negatives(self) -> int:
        """Number of non-edges over all positives."""
        return self.positives * self.ranks.per_positive

    def stratum(
        self, positives: Bool[np.ndarray, " positive"], negatives: Bool[np.ndarray, " negative"]
    ) -> OwnNegatives:
        """Select the positives of a stratum."""
        return OwnNegatives(self.ranks.only(positives))

    def check(self, metric: Metric) -> None:
        """Raise `InputError` if the metric needs shared negatives, or more of them."""
        metric.check_size(1, self.ranks.per_positive)
        metric.of_groups(self.ranks)

    def measure(self, metrics: Sequence[Metric], resampling: Resampling) -> Values:
        """Compute metrics; the intervals are over positives, each with its negatives."""
        _check_all(self, metrics)
        units = {metric.key: metric.of_groups(self.ranks) for metric in metrics}
        return measure_means(units, resampling)


def measure_sources(
    ranks: SourceRanks, metrics: Sequence[Metric], resampling: Resampling
) -> Values:
    """Compute metrics per source; the intervals are over sources.

    Raises:
        InputError: a source has fewer non-neighbours than a metric needs.
    """
    for metric in metrics:
        metric.check_size(1, int(ranks.candidates.min()))
    return measure_means({m.key: m.of_sources(ranks) for m in metrics}, resampling)


def measure_means(units: dict[str, Float[np.ndarray, " unit"]], resampling: Resampling) -> Values:
    """Compute means over units."""
    intervals = mean_intervals(units, resampling) if resampling.count else {}
    return _with_intervals({key: float(values.mean()) for key, values in units.items()}, intervals)


def computable(metrics: Sequence[Metric], scored: ScoredPairs) -> list[Metric]:
    """Return the metrics that can be computed; Hits@K needs K negatives, for example."""

    def is_computable(metric: Metric) -> bool:
        try:
            scored.check(metric)
        except InputError:
            return False
        return True

    return [metric for metric in metrics if is_computable(metric)]


def entries_of(
    positives: Bool[np.ndarray, " positive"], entries: int
) -> Bool[np.ndarray, " entry"]:
    """Return the mask of the entries (one or two per positive) for a mask of positives."""
    return np.tile(positives, entries // max(len(positives), 1))


def _check_all(scored: ScoredPairs, metrics: Sequence[Metric]) -> None:
    for metric in metrics:
        scored.check(metric)


def _with_intervals(values: Mapping[str, float], intervals: Mapping[str, Interval]) -> Values:
    return {key: Value(value, intervals.get(key)) for key, value in values.items()}
