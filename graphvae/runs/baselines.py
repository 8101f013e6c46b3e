"""A model and its baselines before the same judge: same edges, same negatives, same metrics."""

from __future__ import annotations

from collections.abc import Sequence

from graphvae.baselines.heuristics import HEURISTICS
from graphvae.baselines.proximity import ProximityGraph
from graphvae.evaluation.evaluator import Report, evaluate_with, make_negatives
from graphvae.evaluation.heart import PER_POSITIVE
from graphvae.evaluation.negative_sets import Kind, Part
from graphvae.evaluation.scorers import Scorer, heuristic_scorer, model_scorer
from graphvae.runs.experiment import mlp_scorer
from graphvae.runs.result import FitResult
from graphvae_data.core.errors import InputError
from graphvae_data.runs import devices


def contest(
    result: FitResult,
    *,
    negatives: Kind = "uniform",
    metrics: Sequence[str] = ("auc", "ap"),
    strata: Sequence[str] = (),
    part: Part = "test",
    per_positive: int = PER_POSITIVE,
    bootstrap: int = 1000,
    baselines: bool = True,
) -> dict[str, Report]:
    """Judge a fitted model, the heuristics and the features-only MLP; arguments as `evaluate_with`.

    Returns:
        A report for each, the model first under its own name.

    Raises:
        InputError: an unknown name, a metric the negatives cannot give, or a directed graph with
            other than uniform negatives.
    """
    split, graph, seed = result.split, result.graph, result.config.run.seed
    if split.directed and (negatives != "uniform" or any("per-source" in m for m in metrics)):
        raise InputError("negatives: for a directed graph only 'uniform' ones are defined here")
    with devices.threads(result.config.run.threads):
        chosen = make_negatives(
            negatives, split, graph, seed=seed, part=part, per_positive=per_positive
        )
        return {
            name: evaluate_with(
                scorer,
                split,
                graph,
                negatives=negatives,
                metrics=metrics,
                strata=strata,
                seed=seed,
                bootstrap=bootstrap,
                part=part,
                per_positive=per_positive,
                chosen=chosen,
            )
            for name, scorer in _scorers(result, part, baselines).items()
        }


def _scorers(result: FitResult, part: Part, baselines: bool) -> dict[str, Scorer]:
    """Return who is judged: the model, then, if asked for, everything beside it."""
    experiment, split = result.experiment, result.split
    messages = experiment.test_messages if part == "test" else experiment.messages
    scorers: dict[str, Scorer] = {result.config.model: model_scorer(experiment.model, messages)}
    if baselines:
        proximity = ProximityGraph.of(split.train, split.num_nodes)
        scorers |= {name: heuristic_scorer(name, proximity) for name in HEURISTICS}
        if experiment.graph.features is not None:
            scorers["features-only MLP"] = mlp_scorer(result.config, experiment.graph, split)
    return scorers
