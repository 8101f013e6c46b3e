"""The scores that every run records: validation, test, test strata and baselines.

A *scorer* is any function from pairs to scores (see `scorers`). `evaluator.evaluate_with` supports
other negatives, metrics and strata. The strata here separate pairs where both ends have a training
edge ("seen") from the others ("unseen"), where most models are much weaker.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvae.baselines.heuristics import HEURISTICS, scores_of
from graphvae.baselines.proximity import ProximityGraph
from graphvae.evaluation.exact import source_ranks
from graphvae.evaluation.protocols import SharedNegatives, computable, measure_sources
from graphvae.evaluation.scorers import Scorer, score_together
from graphvae.metrics import headline_metrics, recommendation_metrics, recorded_metrics
from graphvae.metrics.intervals import Resampling
from graphvae.metrics.scores import Scores
from graphvae.specs.evaluation import SEEN
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.graphs.graph import Graph

SLOW = "personalised PageRank"
KATZ = "Katz"
KATZ_WORK = 10**11
"""Maximum multiplications of Katz as a baseline; a core computes about 10^9 per second."""
MAX_RECOMMENDATIONS = 10**10
"""Maximum N² for which runs on bipartite graphs record metrics per source."""
BOOTSTRAP = 1000
"""Resamples for the intervals."""


@dataclass(frozen=True)
class Benchmark:
    """The metric that selected the epoch, unless it derives from AUC and AP."""

    metric: str
    """Its key, such as `mrr` or `hits@20`."""
    val: float
    """Its value on the validation edges."""
    test: float
    """Its value on the test edges."""
    negatives: str | None = None
    """The kind of negatives; None for those of the split."""
    note: str | None = None
    """The pairs of validation."""
    fingerprint: str | None = None
    """SHA-256 of the pairs of validation."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, without those that are None."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Evaluation:
    """All scores of one run."""

    val: Scores
    """On the validation edges, which selected the epoch: optimistic."""
    test: Scores
    """On the test edges, scored once."""
    strata: dict[str, Scores]
    """The test scores by whether both ends have a training edge: `seen`, `unseen`."""
    benchmark: Benchmark | None = None
    """The metric that selected the epoch, if not derived from AUC and AP."""
    direction: float | None = None
    """Share of one-way test edges scored above their reverse; None if undirected."""
    weights: dict[str, dict[str, float]] | None = None
    """Errors of predicted weights on `val` and `test`, and of the `mean weight`; None without
    weights."""
    node_labels: dict[str, Any] | None = None
    """Accuracies of predicted node labels (`evaluation.node_labels`); None without labels."""
    baselines: dict[str, dict[str, float]] = field(default_factory=dict)
    """Test AUC and AP of the heuristics and the features-only MLP."""

    def to_dict(self) -> dict[str, Any]:
        """Return the form stored in `metrics.json`."""
        return {
            "val": self.val.to_dict(),
            "test": self.test.to_dict(),
            "strata": {name: part.to_dict() for name, part in self.strata.items()},
            **({} if self.direction is None else {"direction": self.direction}),
            **({} if self.benchmark is None else {"benchmark": self.benchmark.to_dict()}),
            **({} if self.weights is None else {"weights": self.weights}),
            **({} if self.node_labels is None else {"node_labels": self.node_labels}),
            "baselines": self.baselines,
        }


def evaluate(
    scorer: Scorer, split: EdgeSplit, *, seed: int, test_scorer: Scorer | None = None
) -> Evaluation:
    """Score validation, test and the test strata.

    Args:
        scorer: scores validation pairs and, unless there is a `test_scorer`, test pairs.
        split: the split whose pairs are scored.
        seed: seed of the bootstrap.
        test_scorer: scores the test pairs, for example with more message edges.
    """
    score_test = test_scorer or scorer
    val = SharedNegatives(*score_together(scorer, split.val, split.val_negatives))
    test = SharedNegatives(*score_together(score_test, split.test, split.test_negatives))
    seen = both_ends_seen(split, split.test), both_ends_seen(split, split.test_negatives)
    strata = {}
    for name, members in zip(SEEN, (seen, [~mask for mask in seen]), strict=True):
        if all(mask.any() for mask in members):
            strata[name] = score_part(test.stratum(*members), seed=seed)
    return Evaluation(
        _with_recommendations(score_part(val, seed=seed), scorer, split, split.val),
        _with_recommendations(score_part(test, seed=seed), score_test, split, split.test),
        strata,
    )


def _with_recommendations(
    scores: Scores, scorer: Scorer, split: EdgeSplit, positives: Int[Tensor, "2 positive"]
) -> Scores:
    """Add the metrics per node of the first side of a bipartite graph, unless it is too large."""
    if split.sides is None or split.num_nodes**2 > MAX_RECOMMENDATIONS:
        return scores
    known = torch.cat([split.train, split.val, split.test], 1)
    ranks = source_ranks(scorer, positives, known, split.num_nodes, sides=split.sides)
    values = measure_sources(ranks, recommendation_metrics(), Resampling(0, 0))
    return replace(scores, values={**scores.values, **values})


def score_part(part: SharedNegatives, *, seed: int) -> Scores:
    """Compute the metrics that each run records, with intervals for the headline metrics."""
    values = part.measure(computable(recorded_metrics(), part), Resampling(0, seed))
    values |= part.measure(headline_metrics(), Resampling(BOOTSTRAP, seed))
    return Scores(values, part.positives, part.negatives)


def both_ends_seen(split: EdgeSplit, pairs: Int[Tensor, "2 pair"]) -> Bool[np.ndarray, " pair"]:
    """Return for each pair whether both nodes have at least one training edge."""
    seen = torch.zeros(split.num_nodes, dtype=torch.bool)
    seen[split.train.flatten()] = True
    return seen[pairs].all(0).numpy()


def heuristic_baselines(split: EdgeSplit) -> dict[str, dict[str, float]]:
    """Test AUC and AP of the fast heuristics, from the training edges only.

    Personalised PageRank takes longer than training on large graphs, so only `graphvae evaluate`
    computes it. The same holds for Katz if its rows, one for each first end of a test pair, need
    more than 10^11 multiplications (from about 400,000 edges).
    """
    graph = ProximityGraph.of(split.train, split.num_nodes)
    omitted = {SLOW, KATZ} if _katz_work(split) > KATZ_WORK else {SLOW}
    names = [name for name in HEURISTICS if name not in omitted]
    pairs = split.test.numpy(), split.test_negatives.numpy()
    scored = zip(*(scores_of(names, graph, part) for part in pairs), strict=True)
    return {name: baseline_scores(edges, others) for (name, edges), (_, others) in scored}


def _katz_work(split: EdgeSplit) -> int:
    """Return the multiplications of Katz: three steps over all edges for each source."""
    sources = int(torch.cat([split.test[0], split.test_negatives[0]]).unique().numel())
    return 6 * split.train.size(1) * sources


def baseline_scores(
    positives: Float[np.ndarray, " positive"], negatives: Float[np.ndarray, " negative"]
) -> dict[str, float]:
    """Return the headline metrics, AUC and AP, by their keys."""
    return {metric.key: metric.score(positives, negatives) for metric in headline_metrics()}


def direction_score(scorer: Scorer, split: EdgeSplit, graph: Graph) -> float | None:
    """Share of one-way test edges u → v that score above v → u; equal scores count half.

    0.5 is chance, and the value of every symmetric decoder. None if the graph is undirected or no
    test edge is one-way in the whole graph.
    """
    if not split.directed:
        return None
    reverse = split.test.flip(0)
    one_way = graph.find_edges(reverse) < 0
    if not bool(one_way.any()):
        return None
    forward, backward = scorer(split.test[:, one_way]), scorer(reverse[:, one_way])
    return float(np.mean((forward > backward) + 0.5 * (forward == backward)))
