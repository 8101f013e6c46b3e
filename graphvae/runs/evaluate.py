"""Evaluation of a model and its baselines on the same edges, negatives and metrics."""

from __future__ import annotations

from collections.abc import Sequence

from graphvae.baselines.heuristics import HEURISTICS
from graphvae.baselines.proximity import ProximityGraph
from graphvae.evaluation.evaluator import ProtocolScores, evaluate_with, make_negatives
from graphvae.evaluation.heart import PER_POSITIVE
from graphvae.evaluation.scorers import Scorer, heuristic_scorer, model_scorer
from graphvae.metrics import MetricLike, find_metrics
from graphvae.runs.result import GraphFitResult
from graphvae.setup.experiment import mlp_scorer
from graphvae.specs.evaluation import NegativeKind, Part
from graphvae_data.core.errors import InputError
from graphvae_data.machine import devices


def evaluate(
    result: GraphFitResult,
    *,
    negatives: NegativeKind = "uniform",
    metrics: MetricLike | Sequence[MetricLike] = ("auc", "ap"),
    strata: str | Sequence[str] = (),
    part: Part = "test",
    per_positive: int | None = None,
    bootstrap: int = 1000,
    baselines: bool = True,
) -> dict[str, ProtocolScores]:
    """Evaluate a fitted model, the heuristics and the features-only MLP.

    The arguments are those of `evaluate_with`; without `baselines` only the model is evaluated.

    >>> from graphvae import evaluate, fit
    >>> result = fit("karate", epochs=5, baselines=False)
    >>> scores = evaluate(result, metrics=["auc", "hits@3"], negatives="all", baselines=False)
    >>> list(scores["vgae"].overall.values)
    ['auc', 'hits@3']

    Returns:
        The scores by name, the model's first.

    Raises:
        InputError: an unknown name, a metric that does not support the negatives, or a directed
            graph with negatives that are not uniform.
    """
    if not isinstance(result, GraphFitResult):
        raise InputError(f"result: expected a run, got {result!r:.40}; `load` reads its folder")
    split, graph, seed = result.split, result.graph, result.config.run.seed
    resolved = find_metrics(metrics)
    if per_positive is not None and negatives != "heart":
        raise InputError(f"per_positive: requires negatives heart, got {negatives}")
    if split.directed and (negatives != "uniform" or any(m.per_source for m in resolved)):
        raise InputError("negatives: a directed graph supports 'uniform' only")
    with devices.computing(result.config.run.threads):
        count = PER_POSITIVE if per_positive is None else per_positive
        chosen = make_negatives(negatives, split, graph, seed=seed, part=part, per_positive=count)
        return {
            name: evaluate_with(
                scorer,
                split,
                graph,
                negatives=negatives,
                metrics=resolved,
                strata=strata,
                seed=seed,
                bootstrap=bootstrap,
                part=part,
                chosen=chosen,
            )
            for name, scorer in _scorers(result, part, baselines).items()
        }


def _scorers(result: GraphFitResult, part: Part, baselines: bool) -> dict[str, Scorer]:
    """Return the scorers by name: the model and, with `baselines`, the baselines."""
    experiment, split = result.experiment, result.split
    messages = experiment.test_messages if part == "test" else experiment.messages
    scorers: dict[str, Scorer] = {result.config.model: model_scorer(experiment.model, messages)}
    if baselines:
        proximity = ProximityGraph.of(split.train, split.num_nodes)
        scorers |= {name: heuristic_scorer(name, proximity) for name in HEURISTICS}
        if experiment.graph.features is not None:
            scorers["features-only MLP"] = mlp_scorer(result.config, experiment.graph, split)
    return scorers
