"""One evaluator: any scorer, any negatives, any metrics, in any strata, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Int

from graphvae.baselines.proximity import ProximityGraph
from graphvae.evaluation import negative_sets
from graphvae.evaluation.exact import SourceRanks, against_all, source_ranks
from graphvae.evaluation.heart import PER_POSITIVE, heart
from graphvae.evaluation.metric_names import Metric, parse_metric
from graphvae.evaluation.negative_sets import (
    KINDS,
    Kind,
    NegativeSet,
    Part,
    known_edges,
    positives_of,
)
from graphvae.evaluation.protocols import (
    Everything,
    Judged,
    Own,
    Resampling,
    Shared,
    Values,
    chosen_entries,
    measure_sources,
    possible,
)
from graphvae.evaluation.scorers import Scorer
from graphvae.evaluation.strata import strata_of, stratify
from graphvae.metrics.ranks import GroupedRanks
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.core.errors import InputError, nearest
from graphvae_data.graphs.graph import Graph


@dataclass(frozen=True)
class Scored:
    """Metrics of one set of positives against negatives."""

    metrics: Values
    """Each metric with its interval; in a stratum, those that it is large enough for."""
    positives: int
    """How many edges were judged."""
    negatives: int
    """How many non-edges they were judged against."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values: each metric, and each interval under `<metric>_interval`."""
        found: dict[str, Any] = {}
        for name, value in self.metrics.items():
            found[name] = value.value
            if value.interval is not None:
                found[f"{name}_interval"] = [value.interval.low, value.interval.high]
        return found | {"positives": self.positives, "negatives": self.negatives}


@dataclass(frozen=True)
class Report:
    """What `evaluate_with` found."""

    part: Part
    """The part of the split whose edges are the positives."""
    negatives: Kind
    """The kind of negatives."""
    per_positive: int
    """Negatives of each positive; 0 if all positives share one set."""
    note: str
    """What the reader should know of the negatives; empty if nothing."""
    overall: Scored
    """All positives."""
    strata: dict[str, dict[str, Scored]]
    """By the way of parting, then by stratum; those without a positive are absent."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "part": self.part,
            "kind": self.negatives,
            "per_positive": self.per_positive,
            **({"note": self.note} if self.note else {}),
            **self.overall.to_dict(),
            "strata": {
                name: {label: scored.to_dict() for label, scored in parts.items()}
                for name, parts in self.strata.items()
            },
        }


@dataclass(frozen=True)
class _Contest:
    """A scorer's positives against their negatives, and, where asked for, per source."""

    judged: Judged
    sources: SourceRanks | None
    metrics: list[Metric]
    resampling: Resampling

    def scored(self, *, strict: bool) -> Scored:
        """Measure; unless `strict`, leave out what there are too few negatives for."""
        shared = [metric for metric in self.metrics if not metric.per_source]
        if not strict:
            shared = possible(shared, self.judged)
        found = self.judged.measure(shared, self.resampling) if shared else {}
        if self.sources is not None:
            per_source = [metric for metric in self.metrics if metric.per_source]
            found |= measure_sources(self.sources, per_source, self.resampling)
        ordered = {m.name: found[m.name] for m in self.metrics if m.name in found}
        return Scored(ordered, self.judged.positives, self.judged.negatives)

    def stratum(
        self, positives: Int[np.ndarray, " positive"], negatives: Int[np.ndarray, " n"], wanted: int
    ) -> _Contest | None:
        """Keep one stratum; None if it has no positives."""
        judged = self.judged.stratum(positives, negatives, wanted)
        if not judged.positives:
            return None
        sources = self.sources
        if sources is not None:
            sources = sources.only(chosen_entries(positives == wanted))
        return _Contest(judged, sources, self.metrics, self.resampling)


def evaluate_with(
    scorer: Scorer,
    split: EdgeSplit,
    data: Graph,
    *,
    negatives: Kind = "uniform",
    metrics: Sequence[str] = ("auc", "ap"),
    strata: Sequence[str] = (),
    seed: int = 0,
    bootstrap: int = 1000,
    part: Part = "test",
    per_positive: int = PER_POSITIVE,
    chosen: NegativeSet | None = None,
) -> Report:
    """Score a scorer on a part of a split.

    Args:
        scorer: gives pairs a score; a `RowScorer` also whole rows, which `all` and per-source
            metrics are much faster with.
        split: whose edges are the positives.
        data: the graph; `heart` looks at its features.
        negatives: `uniform`, `degree`, `heart` or `all`. With `heart` every metric is a mean over
            positives, each ranked among its own negatives.
        metrics: names such as `auc`, `hits@20`, `precision@100`, `map-per-source`. Per-source
            metrics rank a node's true neighbours among all its non-neighbours, whatever the
            `negatives`.
        strata: of `seen`, `degree`, `distance`. With `uniform` and `degree` a stratum holds the
            positives *and* the negatives of its kind; with `heart` and `all` its positives against
            the negatives that they have anyway.
        seed: draws the negatives and the resamples.
        bootstrap: resamples for the intervals; 0 for none.
        part: `test` or `val`.
        per_positive: hard negatives for each positive, with `heart`.
        chosen: negatives made before (by `make_negatives`), to judge several scorers by the same.

    Raises:
        InputError: an unknown name, a K larger than the negatives, or a score that is not finite.
    """
    wanted = [parse_metric(name) for name in metrics]
    ways = {name: strata_of(name) for name in strata}
    made = chosen or make_negatives(
        negatives, split, data, seed=seed, part=part, per_positive=per_positive
    )
    positives = positives_of(split, part)
    against = known_edges(split), split.num_nodes
    contest = _Contest(
        _judge(scorer, made, split, part),
        source_ranks(scorer, positives, *against) if any(m.per_source for m in wanted) else None,
        wanted,
        Resampling(bootstrap, seed),
    )
    graph = ProximityGraph.of(split.train, split.num_nodes)
    by_stratum: dict[str, dict[str, Scored]] = {}
    for name, way in ways.items():
        places = stratify(name, graph, positives)
        shared = made.kind != "all" and made.per_positive == 0
        of_negatives = stratify(name, graph, made.pairs) if shared else places[:0]
        parts = {
            label: contest.stratum(places, of_negatives, number)
            for number, label in enumerate(way.labels)
        }
        by_stratum[name] = {
            label: held.scored(strict=False) for label, held in parts.items() if held is not None
        }
    return Report(
        part, made.kind, made.per_positive, made.note, contest.scored(strict=True), by_stratum
    )


def make_negatives(
    kind: str,
    split: EdgeSplit,
    data: Graph,
    *,
    seed: int = 0,
    part: Part = "test",
    per_positive: int = PER_POSITIVE,
) -> NegativeSet:
    """Choose the negatives of a kind; for `all` nothing is listed.

    Raises:
        InputError: an unknown kind, or a graph that has no such negatives.
    """
    generator = torch.Generator().manual_seed(seed)
    if kind == "uniform":
        return negative_sets.uniform(split, part=part)
    if kind == "degree":
        return negative_sets.degree(split, generator, part=part)
    if kind == "heart":
        return heart(split, data, generator, k=per_positive, part=part)
    if kind == "all":
        return NegativeSet("all", torch.empty(2, 0, dtype=torch.int64), 0)
    hint = nearest(kind, KINDS)
    raise InputError(f"negatives: expected one of {', '.join(KINDS)}, got {kind!r}{hint}")


def _judge(scorer: Scorer, made: NegativeSet, split: EdgeSplit, part: Part) -> Judged:
    """Score positives and negatives."""
    positives = positives_of(split, part)
    if made.kind == "all":
        return Everything(against_all(scorer, positives, known_edges(split), split.num_nodes))
    own = scorer(positives)
    if made.per_positive == 0:
        return Shared(own, scorer(made.pairs))
    others = scorer(made.pairs).reshape(positives.size(1), made.per_positive)
    return Own(GroupedRanks.of(own, others))
