"""Scoring a model: the same numbers, with intervals and strata, for every model and baseline.

A *scorer* is any function from pairs to scores (see `scorers`). Here is what every run reports of
itself; `evaluate_with` (see `report`) answers with other negatives, metrics and strata. The strata
tell apart pairs whose two ends both have a training edge ("seen") from those with an end
that has none ("unseen"), where most models are far weaker.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvae.baselines.heuristics import HEURISTICS
from graphvae.baselines.proximity import ProximityGraph
from graphvae.evaluation.evaluator import Report, evaluate_with
from graphvae.evaluation.scorers import Scorer, heuristic_scorer, model_scorer
from graphvae.metrics.metrics import (
    Interval,
    auc,
    average_precision,
    bootstrap,
    hits_at,
    mean_reciprocal_rank,
)
from graphvae.splits.edge_split import EdgeSplit

__all__ = [
    "Evaluation",
    "PartScores",
    "Report",
    "Scorer",
    "baseline_scores",
    "both_ends_seen",
    "evaluate",
    "evaluate_with",
    "heuristic_baselines",
    "model_scorer",
    "score_part",
]

HITS_AT = (10, 20, 50)
SLOW = "personalised PageRank"
KATZ = "Katz"
KATZ_WORK = 10**11
"""Products that Katz may take as a baseline; a core makes some 10^9 a second."""


@dataclass(frozen=True)
class PartScores:
    """The scores of one model on one set of positives and negatives."""

    auc: float
    """Area under the ROC curve."""
    ap: float
    """Average precision."""
    auc_interval: Interval
    """95 % bootstrap interval over edges."""
    ap_interval: Interval
    """95 % bootstrap interval over edges."""
    mrr: float
    """Mean reciprocal rank of each positive among all negatives."""
    hits: dict[int, float]
    """Hits@K for each K that does not exceed the number of negatives."""
    positives: int
    """How many edges were scored."""
    negatives: int
    """How many non-edges were scored."""

    def to_dict(self) -> dict[str, Any]:
        """Return the form that `metrics.json` holds."""
        return {
            "auc": self.auc,
            "ap": self.ap,
            "auc_interval": [self.auc_interval.low, self.auc_interval.high],
            "ap_interval": [self.ap_interval.low, self.ap_interval.high],
            "mrr": self.mrr,
            **{f"hits@{k}": value for k, value in self.hits.items()},
            "positives": self.positives,
            "negatives": self.negatives,
        }


@dataclass(frozen=True)
class Benchmark:
    """A benchmark's own metric."""

    metric: str
    """`mrr` or `hits@K`."""
    val: float
    """On the validation edges."""
    test: float
    """On the test edges."""


@dataclass(frozen=True)
class Evaluation:
    """All scores of one run."""

    val: PartScores
    """On the validation edges, which chose the epoch: optimistic."""
    test: PartScores
    """On the test edges, scored once."""
    strata: dict[str, PartScores]
    """The test scores by whether both ends have a training edge: `seen`, `unseen`."""
    benchmark: Benchmark | None = None
    """The number that chose the epoch, where that is a benchmark's own metric."""
    direction: float | None = None
    """Share of one-way test edges scored above their reverse; None if undirected."""
    baselines: dict[str, dict[str, float]] = field(default_factory=dict)
    """Test AUC and AP of the heuristics and the features-only MLP."""

    def to_dict(self) -> dict[str, Any]:
        """Return the form that `metrics.json` holds."""
        return {
            "val": self.val.to_dict(),
            "test": self.test.to_dict(),
            "strata": {name: part.to_dict() for name, part in self.strata.items()},
            **({} if self.direction is None else {"direction": self.direction}),
            **({} if self.benchmark is None else {"benchmark": asdict(self.benchmark)}),
            "baselines": self.baselines,
        }


def evaluate(
    scorer: Scorer, split: EdgeSplit, *, seed: int, test_scorer: Scorer | None = None
) -> Evaluation:
    """Score validation, test and the test strata; `seed` draws the bootstrap resamples.

    `test_scorer`, where it is given, scores the test pairs (after more messages, say).
    """
    score_test = test_scorer or scorer
    test_scores = score_test(split.test), score_test(split.test_negatives)
    strata = {}
    for name, wanted in (("seen", True), ("unseen", False)):
        inside = [
            both_ends_seen(split, pairs) == wanted for pairs in (split.test, split.test_negatives)
        ]
        if all(mask.any() for mask in inside):
            chosen = [scores[mask] for scores, mask in zip(test_scores, inside, strict=True)]
            strata[name] = score_part(*chosen, seed=seed)
    return Evaluation(
        val=score_part(scorer(split.val), scorer(split.val_negatives), seed=seed),
        test=score_part(*test_scores, seed=seed),
        strata=strata,
    )


def score_part(
    positives: Float[np.ndarray, " positive"],
    negatives: Float[np.ndarray, " negative"],
    *,
    seed: int,
) -> PartScores:
    """Compute every metric for one set of positives and negatives."""
    auc_interval, ap_interval = bootstrap(positives, negatives, seed=seed)
    return PartScores(
        auc=auc(positives, negatives),
        ap=average_precision(positives, negatives),
        auc_interval=auc_interval,
        ap_interval=ap_interval,
        mrr=mean_reciprocal_rank(positives, negatives),
        hits={k: hits_at(k, positives, negatives) for k in HITS_AT if k <= len(negatives)},
        positives=len(positives),
        negatives=len(negatives),
    )


def both_ends_seen(split: EdgeSplit, pairs: Int[Tensor, "2 pair"]) -> Bool[np.ndarray, " pair"]:
    """Tell for each pair whether both of its nodes have at least one training edge."""
    seen = torch.zeros(split.num_nodes, dtype=torch.bool)
    seen[split.train.flatten()] = True
    return seen[pairs].all(0).numpy()


def heuristic_baselines(split: EdgeSplit) -> dict[str, dict[str, float]]:
    """Test AUC and AP of the quick heuristics, from the training edges alone.

    Personalised PageRank takes longer on a large graph than the model does to train; it is left to
    `graphvae evaluate`. So is Katz where its rows, one for each first end of a test pair, would
    take more than 10^11 products: from some 400,000 edges on.
    """
    graph = ProximityGraph.of(split.train, split.num_nodes)
    left = {SLOW, KATZ} if _katz_work(split) > KATZ_WORK else {SLOW}
    baselines = {}
    for name in (name for name in HEURISTICS if name not in left):
        score = heuristic_scorer(name, graph)
        baselines[name] = baseline_scores(score(split.test), score(split.test_negatives))
    return baselines


def _katz_work(split: EdgeSplit) -> int:
    """Count the products that Katz takes: three steps over all edges for each source."""
    sources = int(torch.cat([split.test[0], split.test_negatives[0]]).unique().numel())
    return 6 * split.train.size(1) * sources


def baseline_scores(
    positives: Float[np.ndarray, " positive"], negatives: Float[np.ndarray, " negative"]
) -> dict[str, float]:
    """AUC and AP, as a baseline's row shows them."""
    return {"auc": auc(positives, negatives), "ap": average_precision(positives, negatives)}
