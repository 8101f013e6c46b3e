"""Precision at the top of lists of links: test edges among the first pairs of all non-edges."""

from __future__ import annotations

from graphvae.baselines.heuristics import HEURISTICS
from graphvae.baselines.proximity import ProximityGraph
from graphvae.evaluation.evaluator import evaluate_with
from graphvae.evaluation.scorers import Scorer, heuristic_scorer, model_scorer
from graphvae.evaluation.scores import SLOW
from graphvae.metrics import PrecisionAtK
from graphvae.prediction.ranking import DEPTHS, RankedScorer
from graphvae.runs.result import GraphFitResult
from graphvae.runs.run_files import lists_links
from graphvae_data.machine import devices

PREDICT_ROW = "list of predict"
"""Name of the row with the order that `predict` uses."""

Rows = dict[str, dict[str, float]]


def list_precision(result: GraphFitResult) -> Rows:
    """Return precision@20 and precision@100 on the test edges, against all non-edges.

    Rows are the model's logit, the order of `predict`, and the recorded heuristics; all see the
    training edges only. Tied pairs share their ranks. A metric is omitted if the graph has fewer
    pairs than its K.

    Returns:
        Precision by row, then by metric; empty for a directed graph, or if scoring all pairs
        takes long.
    """
    split, experiment = result.split, result.experiment
    if split.directed or not lists_links(experiment):
        return {}
    pairs = split.num_nodes * (split.num_nodes - 1) // 2 - split.train.size(1) - split.val.size(1)
    metrics = [PrecisionAtK(k=depth) for depth in DEPTHS if depth <= pairs]
    graph = ProximityGraph.of(split.train, split.num_nodes)
    scorers: dict[str, Scorer] = {
        result.config.model: model_scorer(experiment.model, experiment.test_messages),
        f"{PREDICT_ROW} ({result.ranking.order})": RankedScorer(result.ranked_pairs("train")),
    }
    scorers |= {name: heuristic_scorer(name, graph) for name in HEURISTICS if name != SLOW}
    with devices.computing(result.config.run.threads):
        return {name: _precisions(scorer, result, metrics) for name, scorer in scorers.items()}


def _precisions(
    scorer: Scorer, result: GraphFitResult, metrics: list[PrecisionAtK]
) -> dict[str, float]:
    scores = evaluate_with(
        scorer, result.split, result.graph, negatives="all", metrics=metrics, bootstrap=0
    ).overall.to_dict()
    return {metric.key: scores[metric.key] for metric in metrics}
