"""Evaluation of any scorer with chosen negatives, metrics and strata, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from graphvae.baselines.proximity import ProximityGraph
from graphvae.evaluation import negative_sets
from graphvae.evaluation.exact import against_all, source_ranks
from graphvae.evaluation.heart import PER_POSITIVE, heart, heart_size
from graphvae.evaluation.negative_sets import Degrees, NegativeSet, known_edges, positives_of
from graphvae.evaluation.protocols import (
    AllNonEdges,
    OwnNegatives,
    ScoredPairs,
    SharedNegatives,
    computable,
    entries_of,
    measure_sources,
)
from graphvae.evaluation.scorers import Scorer, score_together
from graphvae.evaluation.strata import strata_of, stratify
from graphvae.metrics import Metric, MetricLike, find_metrics
from graphvae.metrics.intervals import Resampling
from graphvae.metrics.ranks import GroupedRanks, SourceRanks
from graphvae.metrics.scores import Scores
from graphvae.specs.evaluation import NEGATIVES, PARTS, NegativeKind, Part
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.core.errors import check_name
from graphvae_data.core.rng import generator_of
from graphvae_data.graphs.graph import Graph


@dataclass(frozen=True)
class ProtocolScores:
    """Scores of one scorer on a part of a split, against one kind of negatives."""

    part: Part
    """The part of the split whose edges are the positives."""
    negatives: NegativeKind
    """The kind of negatives."""
    per_positive: int
    """Negatives of each positive; 0 if all positives share one set."""
    note: str
    """Remarks on the negatives; may be empty."""
    overall: Scores
    """All positives."""
    strata: dict[str, dict[str, Scores]]
    """By stratification, then by stratum; strata without positives are left out, and so are metrics
    for which a stratum is too small."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "part": self.part,
            "kind": self.negatives,
            "per_positive": self.per_positive,
            **({"note": self.note} if self.note else {}),
            **self.overall.to_dict(),
            "strata": {
                name: {label: scores.to_dict() for label, scores in parts.items()}
                for name, parts in self.strata.items()
            },
        }


@dataclass(frozen=True)
class _Measurement:
    """Positives and negatives, optional ranks per source, and the metrics to compute."""

    scored: ScoredPairs
    sources: SourceRanks | None
    metrics: list[Metric]
    resampling: Resampling

    def scores(self, *, strict: bool) -> Scores:
        """Compute the metrics; unless `strict`, omit those with too few negatives."""
        shared = [metric for metric in self.metrics if not metric.per_source]
        if not strict:
            shared = computable(shared, self.scored)
        values = self.scored.measure(shared, self.resampling)
        if self.sources is not None:
            per_source = [metric for metric in self.metrics if metric.per_source]
            values |= measure_sources(self.sources, per_source, self.resampling)
        ordered = {m.key: values[m.key] for m in self.metrics if m.key in values}
        return Scores(ordered, self.scored.positives, self.scored.negatives)

    def stratum(
        self, positives: Bool[np.ndarray, " positive"], negatives: Bool[np.ndarray, " negative"]
    ) -> _Measurement:
        """Select one stratum."""
        sources = None
        if self.sources is not None:
            sources = self.sources.only(entries_of(positives, len(self.sources.sources)))
        scored = self.scored.stratum(positives, negatives)
        return _Measurement(scored, sources, self.metrics, self.resampling)


def evaluate_with(
    scorer: Scorer,
    split: EdgeSplit,
    data: Graph,
    *,
    negatives: NegativeKind = "uniform",
    metrics: MetricLike | Sequence[MetricLike] = ("auc", "ap"),
    strata: str | Sequence[str] = (),
    seed: int = 0,
    bootstrap: int = 1000,
    part: Part = "test",
    per_positive: int = PER_POSITIVE,
    chosen: NegativeSet | None = None,
) -> ProtocolScores:
    """Evaluate a scorer on a part of a split.

    Args:
        scorer: scores pairs; a `RowScorer` also scores whole rows, which makes `all` and per-source
            metrics much faster.
        split: the split whose edges are the positives.
        data: the graph; `heart` uses its features.
        negatives: `uniform`, `degree`, `heart` or `all`. With `heart` every metric is a mean over
            positives, each ranked among its own negatives.
        metrics: names such as `auc`, `hits@20`, `precision@100`, `map-per-source`, `module:Class`,
            or metrics. Per-source metrics rank a node's true neighbours among all its
            non-neighbours, for any `negatives`.
        strata: of `seen`, `degree`, `distance`. With `uniform` and `degree` a stratum contains
            positives *and* negatives of its kind; with `heart` and `all` only positives are
            selected.
        seed: seed of the negatives and resamples.
        bootstrap: resamples for the intervals; 0 for no intervals.
        part: `test` or `val`.
        per_positive: hard negatives for each positive, with `heart`.
        chosen: negatives from `make_negatives`, to share them among several scorers.

    Raises:
        InputError: an unknown name, a K larger than the negatives, or a score that is not finite.
    """
    resolved = find_metrics(metrics)
    strata = [strata] if isinstance(strata, str) else strata
    labels = {name: strata_of(name).labels for name in strata}
    negative_set = chosen or make_negatives(
        negatives, split, data, seed=seed, part=part, per_positive=per_positive
    )
    positives = positives_of(split, part)
    measurement = _Measurement(
        score_pairs(scorer, negative_set, positives, split),
        ranks_of_sources(scorer, split, part) if any(m.per_source for m in resolved) else None,
        resolved,
        Resampling(bootstrap, seed),
    )
    graph = ProximityGraph.of(split.train, split.num_nodes)
    by_stratum: dict[str, dict[str, Scores]] = {}
    for name in labels:
        of_positives = stratify(name, graph, positives)
        shared = negative_set.kind != "all" and negative_set.per_positive == 0
        of_negatives = stratify(name, graph, negative_set.pairs) if shared else of_positives[:0]
        by_stratum[name] = {
            label: measurement.stratum(of_positives == n, of_negatives == n).scores(strict=False)
            for n, label in enumerate(labels[name])
            if (of_positives == n).any()
        }
    overall = measurement.scores(strict=True)
    return ProtocolScores(
        part, negative_set.kind, negative_set.per_positive, negative_set.note, overall, by_stratum
    )


def make_negatives(
    kind: str,
    split: EdgeSplit,
    data: Graph,
    *,
    seed: int = 0,
    part: Part = "test",
    per_positive: int = PER_POSITIVE,
    degrees: Degrees = "all",
    most: int | None = None,
) -> NegativeSet:
    """Make the negatives of a kind; for `all` the set is empty.

    `degrees` selects the edges over which `degree` counts degrees: all, or the training edges only,
    for a validation that must not depend on the test edges. If `most` is exceeded, `heart` chooses
    negatives for a random sample of that many edges.

    Raises:
        InputError: an unknown kind, or a graph that has no such negatives.
    """
    check_name("negatives", kind, NEGATIVES)
    check_name("part", part, PARTS)
    generator = generator_of(seed)
    if kind == "uniform":
        return negative_sets.uniform(split, part=part)
    if kind == "degree":
        return negative_sets.degree(split, generator, part=part, degrees=degrees)
    if kind == "heart":
        return heart(split, data, generator, k=per_positive, part=part, most=most)
    return NegativeSet("all", torch.empty(2, 0, dtype=torch.int64), 0)


def check_negatives(
    metric: Metric, kind: NegativeKind, split: EdgeSplit, data: Graph, *, seed: int, part: Part
) -> None:
    """Raise `InputError` unless a metric can be computed against negatives of a kind.

    Hard negatives are counted without choosing them, which takes long on a large graph.
    """
    positives = positives_of(split, part).size(1)
    if kind == "heart":
        metric.check_size(1, heart_size(split, part=part))
    elif kind == "all":
        metric.check_size(positives, negative_sets.number_of_non_edges(split))
    else:
        negatives = make_negatives(kind, split, data, seed=seed, part=part)
        metric.check_size(positives, negatives.pairs.size(1))


def ranks_of_sources(scorer: Scorer, split: EdgeSplit, part: Part) -> SourceRanks:
    """Rank each source's true neighbours of a part among all of its non-neighbours."""
    positives = positives_of(split, part)
    return source_ranks(scorer, positives, known_edges(split), split.num_nodes, sides=split.sides)


def score_pairs(
    scorer: Scorer,
    negative_set: NegativeSet,
    positives: Int[Tensor, "2 positive"],
    split: EdgeSplit,
) -> ScoredPairs:
    """Score edges of a part of the split and their negatives."""
    if negative_set.kind == "all":
        ranks = against_all(
            scorer, positives, known_edges(split), split.num_nodes, sides=split.sides
        )
        return AllNonEdges(ranks)
    positive_scores, negative_scores = score_together(scorer, positives, negative_set.pairs)
    if negative_set.per_positive == 0:
        return SharedNegatives(positive_scores, negative_scores)
    others = negative_scores.reshape(positives.size(1), negative_set.per_positive)
    return OwnNegatives(GroupedRanks.of(positive_scores, others))
