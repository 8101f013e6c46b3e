"""Whether a heuristic beats a run's model on its test edges, by a paired difference."""

from __future__ import annotations

from dataclasses import dataclass

from graphvae.baselines.heuristics import HEURISTICS
from graphvae.baselines.proximity import ProximityGraph
from graphvae.comparison.paired import RESAMPLES, Difference, paired_bootstrap
from graphvae.evaluation.protocols import SharedNegatives
from graphvae.evaluation.scorers import Scorer, heuristic_scorer, model_scorer
from graphvae.metrics import Auc
from graphvae.runs.result import GraphFitResult

WORK = 40_000_000
"""Scored pairs of all resamples together; larger test sets take fewer resamples."""
LEAST = 100
"""Resamples at the least."""


@dataclass(frozen=True)
class Beaten:
    """A heuristic with a higher test AUC than the model."""

    name: str
    """The heuristic of the highest AUC."""
    difference: Difference
    """Its AUC minus the model's, over the same test edges."""
    advice: str
    """What to try."""

    @property
    def line(self) -> str:
        """The difference in words, with what to try."""
        interval = self.difference.interval
        clear = "beats this model" if interval.low > 0 else "is ahead, but not clearly,"
        return (
            f"{self.name} {clear} on the test edges: AUC {self.difference.mean:+.3f} "
            f"[{interval.low:+.3f}, {interval.high:+.3f}], {interval.method}; {self.advice}"
        )


def beaten_by(result: GraphFitResult) -> Beaten | None:
    """Compare the best recorded heuristic with the model; None if the model is at least as good.

    Reads the recorded baselines, and scores the test edges again for the paired difference.
    """
    metrics = result.metrics
    recorded = {n: row["auc"] for n, row in metrics["baselines"].items() if n in HEURISTICS}
    if not recorded:
        return None
    name = max(recorded, key=lambda each: recorded[each])
    if not recorded[name] > metrics["test"]["auc"]:
        return None
    split, experiment = result.split, result.experiment
    graph = ProximityGraph.of(split.train, split.num_nodes)
    rival, model = (
        _scored(scorer, result)
        for scorer in (
            heuristic_scorer(name, graph),
            model_scorer(experiment.model, experiment.test_messages),
        )
    )
    resamples = max(LEAST, min(RESAMPLES, WORK // (rival.positives + rival.negatives)))
    difference = paired_bootstrap(Auc(), rival, model, resamples=resamples)
    return Beaten(name, difference, _advice(result))


def _scored(scorer: Scorer, result: GraphFitResult) -> SharedNegatives:
    return SharedNegatives(scorer(result.split.test), scorer(result.split.test_negatives))


def _advice(result: GraphFitResult) -> str:
    """Name models that use more of the graph than this one does."""
    if result.split.directed:
        return "try more --epochs, a larger --latent, or --undirected if direction does not matter"
    better = "strong-gae" if result.experiment.messages.features is not None else "optimized-gae"
    if result.config.model == better:
        return "try more --epochs or a larger --latent, or take the heuristic"
    return f"try --model {better}"
