"""Paired comparison of a run's model with the best heuristic on the test edges."""

from __future__ import annotations

from dataclasses import dataclass

from graphvae.baselines.heuristics import HEURISTICS
from graphvae.baselines.proximity import ProximityGraph
from graphvae.comparison.paired import RESAMPLES, Difference, paired_bootstrap
from graphvae.evaluation.protocols import SharedNegatives
from graphvae.evaluation.scorers import (
    Scorer,
    heuristic_scorer,
    model_scorer,
    score_together,
)
from graphvae.metrics import Auc
from graphvae.runs.result import GraphFitResult

MAX_PAIRS = 40_000_000
"""Maximum number of pairs over all resamples; larger test sets get fewer resamples."""
MIN_RESAMPLES = 100
"""Minimum number of resamples."""


@dataclass(frozen=True)
class BetterHeuristic:
    """A heuristic with a higher test AUC than the model."""

    name: str
    """The heuristic with the highest AUC."""
    difference: Difference
    """Its AUC minus the model's, over the same test edges."""
    advice: str
    """What to try."""

    @property
    def line(self) -> str:
        """A sentence with the difference and what to try."""
        interval = self.difference.interval
        verdict = (
            "is better than this model" if interval.low > 0 else "is better, not significantly,"
        )
        return (
            f"{self.name} {verdict} on the test edges: AUC {self.difference.mean:+.3f} "
            f"[{interval.low:+.3f}, {interval.high:+.3f}], {interval.method}; {self.advice}"
        )


def better_heuristic(result: GraphFitResult) -> BetterHeuristic | None:
    """Compare the best recorded heuristic with the model; None if the model is at least as good.

    Reads the recorded baselines, and scores the test edges again for the paired difference.
    """
    metrics = result.metrics
    recorded = {n: row["auc"] for n, row in metrics["baselines"].items() if n in HEURISTICS}
    if not recorded:
        return None
    name = max(recorded, key=lambda n: recorded[n])
    if not recorded[name] > metrics["test"]["auc"]:
        return None
    split, experiment = result.split, result.experiment
    graph = ProximityGraph.of(split.train, split.num_nodes)
    rival, model = (
        _score(scorer, result)
        for scorer in (
            heuristic_scorer(name, graph),
            model_scorer(experiment.model, experiment.test_messages),
        )
    )
    resamples = max(MIN_RESAMPLES, min(RESAMPLES, MAX_PAIRS // (rival.positives + rival.negatives)))
    difference = paired_bootstrap(Auc(), rival, model, resamples=resamples)
    return BetterHeuristic(name, difference, _advice(result))


def _score(scorer: Scorer, result: GraphFitResult) -> SharedNegatives:
    return SharedNegatives(*score_together(scorer, result.split.test, result.split.test_negatives))


def _advice(result: GraphFitResult) -> str:
    """Return advice on settings or models that may score higher."""
    if result.split.directed:
        return "try more --epochs, a larger --latent, or --undirected if direction does not matter"
    alternative = (
        "strong-gae" if result.experiment.messages.features is not None else "optimized-gae"
    )
    if result.config.model == alternative:
        return "try more --epochs or a larger --latent, or use the heuristic"
    return f"try --model {alternative}"
