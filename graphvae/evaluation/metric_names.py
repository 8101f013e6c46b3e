"""Names of metrics, as a person writes them: `auc`, `hits@20`, `map-per-source`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
from jaxtyping import Float

from graphvae.evaluation.exact import SourceRanks
from graphvae.metrics.curves import Ranking
from graphvae.metrics.ranks import GroupedRanks
from graphvae_data.core.errors import InputError, nearest

Measure = Literal["auc", "ap", "mrr", "hits", "precision"]
PER_SOURCE = "-per-source"
EXAMPLES = (
    "auc", "ap", "mrr", "hits@20", "precision@100",
    "mrr-per-source", "hits@10-per-source", "map-per-source",
)  # fmt: skip
WITH_K = ("hits", "precision")


@dataclass(frozen=True)
class Metric:
    """A metric: what is measured, and over what it is averaged.

    >>> parse_metric("Hits@20").k
    20
    """

    measure: Measure
    """What is measured."""
    k: int | None
    """K of `hits@K` and `precision@K`."""
    per_source: bool
    """Each source's true neighbours among its non-neighbours, averaged over sources."""

    @property
    def name(self) -> str:
        """The canonical name."""
        if not self.per_source:
            return self.measure if self.k is None else f"{self.measure}@{self.k}"
        measure = {"ap": "map"}.get(self.measure, self.measure)
        return (measure if self.k is None else f"{measure}@{self.k}") + PER_SOURCE

    def of_ranking(self, ranking: Ranking) -> Float[np.ndarray, "*resample"]:
        """Measure positives among shared negatives; `InputError` if K exceeds what there is."""
        by_name: dict[str, Callable[[], Float[np.ndarray, "*resample"]]] = {
            "auc": ranking.auc,
            "ap": ranking.average_precision,
            "mrr": ranking.mean_reciprocal_rank,
            "hits": lambda: ranking.hits_at(self.k or 0),
            "precision": lambda: ranking.precision_at(self.k or 0),
        }
        return by_name[self.measure]()

    def of_groups(self, grouped: GroupedRanks) -> Float[np.ndarray, " positive"]:
        """Measure each positive among its own negatives; the metric is their mean.

        Raises:
            InputError: K exceeds the negatives of a positive, or precision was asked for.
        """
        by_name: dict[str, Callable[[], Float[np.ndarray, " positive"]]] = {
            "auc": grouped.aucs,
            "ap": grouped.average_precisions,
            "mrr": grouped.reciprocal_ranks,
            "hits": lambda: grouped.hits(self.k or 0),
        }
        if self.measure not in by_name:
            raise InputError(
                f"metric {self.name}: needs negatives that all positives share, but with heart "
                "each has its own; ask for hits@K, or for uniform, degree or all negatives"
            )
        return by_name[self.measure]()

    def of_sources(self, ranks: SourceRanks) -> Float[np.ndarray, " source"]:
        """Measure each source; the metric is their mean.

        Raises:
            InputError: a source has fewer than K non-neighbours.
        """
        if self.measure == "ap":
            return ranks.average(ranks.precisions())
        if self.measure == "mrr":
            return ranks.average(ranks.reciprocal_ranks())
        fewest = int(ranks.candidates.min())
        if self.k is None or not 1 <= self.k <= fewest:
            raise InputError(f"{self.name}: expected 1 <= k <= {fewest} non-neighbours")
        return ranks.average((ranks.above + ranks.equal < self.k).astype(np.float64))


def parse_metric(name: str) -> Metric:
    """Read a metric's name.

    Raises:
        InputError: not a metric; the message names the nearest.

    >>> parse_metric("map-per-source").measure
    'ap'
    """
    found = re.fullmatch(r"([a-z]+)(?:@([0-9]+))?(-per-source)?", name.strip().lower())
    if not found:
        raise _unknown(name)
    measure, k, per_source = found[1], found[2], found[3] is not None
    if per_source:
        measure = {"map": "ap", "ap": ""}.get(measure, measure)
    of_source = ("ap", "mrr", "hits")
    if measure not in get_args(Measure) or (per_source and measure not in of_source):
        raise _unknown(name)
    if (measure in WITH_K) != (k is not None) or (k is not None and int(k) < 1):
        raise _unknown(name)
    return Metric(cast(Measure, measure), None if k is None else int(k), per_source)


def _unknown(name: str) -> InputError:
    return InputError(
        f"metric: expected a name such as {', '.join(EXAMPLES)} (K at least 1), got {name!r}"
        f"{nearest(name, EXAMPLES)}"
    )
