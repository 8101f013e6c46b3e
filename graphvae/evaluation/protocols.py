"""Judging: positives set against negatives of some kind, ready to be measured, whole or in part.

There are two forms. *Shared* negatives give one ranking. Otherwise each positive, or each source
node, has a list of its own, and a metric is a mean over these *units*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from graphvae.evaluation.exact import AgainstAll, SourceRanks
from graphvae.evaluation.metric_names import Metric
from graphvae.metrics.bootstrap import Binned, Interval, mean_intervals, ranking_intervals
from graphvae.metrics.ranks import GroupedRanks
from graphvae_data.core.errors import InputError


@dataclass(frozen=True)
class Value:
    """A metric's value."""

    value: float
    """The value."""
    interval: Interval | None
    """95 % bootstrap interval over edges; None if no resamples were asked for."""


@dataclass(frozen=True)
class Resampling:
    """How intervals are made."""

    count: int
    """Resamples; 0 for no intervals."""
    seed: int
    """Where their draws start."""


Values = dict[str, Value]


@dataclass(frozen=True)
class Shared:
    """Positives against one set of negatives; a stratum keeps the positives and negatives in it."""

    positive_scores: Float[np.ndarray, " positive"]
    """Scores of the edges."""
    negative_scores: Float[np.ndarray, " negative"]
    """Scores of the non-edges."""

    @property
    def positives(self) -> int:
        """How many edges are judged."""
        return len(self.positive_scores)

    @property
    def negatives(self) -> int:
        """How many non-edges they are judged against."""
        return len(self.negative_scores)

    def stratum(
        self, positives: Int[np.ndarray, " positive"], negatives: Int[np.ndarray, " n"], wanted: int
    ) -> Shared:
        """Keep the positives and the negatives of one stratum."""
        return Shared(
            self.positive_scores[positives == wanted], self.negative_scores[negatives == wanted]
        )

    def measure(self, metrics: Sequence[Metric], resampling: Resampling) -> Values:
        """Compute metrics; both positives and negatives are resampled."""
        return measure_ranking(
            Binned.of(self.positive_scores, self.negative_scores), metrics, resampling
        )


@dataclass(frozen=True)
class Everything:
    """Positives against all non-edges; a stratum keeps its positives, against all non-edges."""

    ranks: AgainstAll
    """Where they stand."""

    @property
    def positives(self) -> int:
        """How many edges are judged."""
        return len(self.ranks.scores)

    @property
    def negatives(self) -> int:
        """How many non-edges they are judged against."""
        return self.ranks.total

    def stratum(
        self, positives: Int[np.ndarray, " positive"], negatives: Int[np.ndarray, " n"], wanted: int
    ) -> Everything:
        """Keep the positives of one stratum."""
        return Everything(self.ranks.only(positives == wanted))

    def measure(self, metrics: Sequence[Metric], resampling: Resampling) -> Values:
        """Compute metrics; only positives are resampled, for the non-edges are all there are."""
        return measure_ranking(self.ranks.binned(), metrics, resampling)


@dataclass(frozen=True)
class Own:
    """Each positive against its own negatives; a stratum keeps its positives with theirs."""

    ranks: GroupedRanks
    """Where they stand."""

    @property
    def positives(self) -> int:
        """How many edges are judged."""
        return len(self.ranks.above)

    @property
    def negatives(self) -> int:
        """How many non-edges they are judged against, each its own."""
        return self.positives * self.ranks.per_positive

    def stratum(
        self, positives: Int[np.ndarray, " positive"], negatives: Int[np.ndarray, " n"], wanted: int
    ) -> Own:
        """Keep the positives of one stratum."""
        return Own(self.ranks.only(positives == wanted))

    def measure(self, metrics: Sequence[Metric], resampling: Resampling) -> Values:
        """Compute metrics; positives are resampled together with their negatives."""
        units = {metric.name: metric.of_groups(self.ranks) for metric in metrics}
        return measure_means(units, resampling)


Judged = Shared | Everything | Own


def measure_sources(
    ranks: SourceRanks, metrics: Sequence[Metric], resampling: Resampling
) -> Values:
    """Compute per-source metrics; sources are resampled."""
    return measure_means({m.name: m.of_sources(ranks) for m in metrics}, resampling)


def measure_ranking(binned: Binned, metrics: Sequence[Metric], resampling: Resampling) -> Values:
    """Compute metrics of one ranking."""
    ranking = binned.ranking()
    values = {metric.name: float(metric.of_ranking(ranking)) for metric in metrics}
    intervals: dict[str, Interval] = {}
    if resampling.count and metrics:
        intervals = ranking_intervals(
            binned,
            {metric.name: metric.of_ranking for metric in metrics},
            resamples=resampling.count,
            seed=resampling.seed,
        )
    return {name: Value(value, intervals.get(name)) for name, value in values.items()}


def measure_means(units: dict[str, Float[np.ndarray, " unit"]], resampling: Resampling) -> Values:
    """Compute means over units."""
    intervals: dict[str, Interval] = {}
    if resampling.count:
        intervals = mean_intervals(units, resamples=resampling.count, seed=resampling.seed)
    return {name: Value(float(of.mean()), intervals.get(name)) for name, of in units.items()}


def possible(metrics: Sequence[Metric], judged: Judged) -> list[Metric]:
    """Return the metrics that a stratum can have: not Hits@K of fewer than K negatives."""
    nothing = Resampling(0, 0)

    def fits(metric: Metric) -> bool:
        try:
            judged.measure([metric], nothing)
        except InputError:
            return False
        return True

    return [metric for metric in metrics if fits(metric)]


def chosen_entries(chosen: Bool[np.ndarray, " positive"]) -> Bool[np.ndarray, " entry"]:
    """Choose the entries of `SourceRanks` that belong to some of the positives."""
    return np.concatenate([chosen, chosen])
