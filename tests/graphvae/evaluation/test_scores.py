"""Evaluation: strata, baselines, and which edges a model may see when it is scored."""

import numpy as np
import pytest
import torch

from graphvae.baselines.heuristics import HEURISTICS
from graphvae.evaluation.scorers import model_scorer
from graphvae.evaluation.scores import both_ends_seen, evaluate, heuristic_baselines
from graphvae.metrics import Auc
from graphvae.runs.result import GraphFitResult
from graphvae.splits.edge_split import EdgeSplit
from graphvae.splits.splitting import split_edges
from graphvae_data.graphs.graph import Graph


def cora_split(cora: Graph, generator: torch.Generator) -> EdgeSplit:
    return split_edges(cora, val_fraction=0.05, test_fraction=0.1, generator=generator)


def test_strata_part_the_test_edges_by_whether_both_ends_have_a_training_edge(
    cora: Graph, generator: torch.Generator
) -> None:
    split = cora_split(cora, generator)
    in_training = set(split.train.flatten().tolist())
    expected = [u in in_training and v in in_training for u, v in split.test.T.tolist()]
    assert both_ends_seen(split, split.test).tolist() == expected
    assert 0.08 < 1 - np.mean(expected) < 0.16  # GRAPHS.md of this project's design: 11.8 %


def test_a_scorer_that_knows_the_answer_gets_one_everywhere(
    cora: Graph, generator: torch.Generator
) -> None:
    split = cora_split(cora, generator)
    edges = {tuple(pair) for pair in cora.edges.T.tolist()}

    def oracle(pairs: torch.Tensor) -> np.ndarray:
        return np.array([float(tuple(pair) in edges) for pair in pairs.T.tolist()])

    found = evaluate(oracle, split, seed=0)
    parts = [found.val, found.test, *found.strata.values()]
    assert len(parts) == 4
    assert all(part[key] == 1 for part in parts for key in ("auc", "ap", "mrr", "hits@10"))
    assert sum(part.positives for part in found.strata.values()) == 527


def test_scores_stand_on_train_messages_only(karate_run: GraphFitResult) -> None:
    """The test AUC can be recomputed from the weights and the train edges, and nothing else."""
    split, experiment = karate_run.split, karate_run.experiment
    adjacency = torch.eye(34)
    adjacency[split.train[0], split.train[1]] = adjacency[split.train[1], split.train[0]] = 1
    scale = adjacency.sum(1).rsqrt()
    adjacency = scale[:, None] * adjacency * scale
    encoder = experiment.model.encoder
    with torch.no_grad():
        states = adjacency @ (adjacency @ encoder.first.weight).relu() @ encoder.second.weight
    z = states[:, :16]
    scores = [
        (z[p[0]] * z[p[1]]).sum(-1).double().numpy() for p in (split.test, split.test_negatives)
    ]
    assert abs(Auc().score(*scores) - karate_run.metrics["test"]["auc"]) < 1e-9


def test_more_messages_would_change_the_scores(karate_run: GraphFitResult, karate: Graph) -> None:
    from graphvae.graph.propagation import message_graph

    split, model = karate_run.split, karate_run.experiment.model
    leaky = message_graph(karate, torch.cat([split.train, split.test], 1))
    honest = model_scorer(model, karate_run.experiment.messages)
    assert not np.allclose(honest(split.test), model_scorer(model, leaky)(split.test))


def test_katz_is_left_out_where_it_would_take_too_long(
    cora: Graph, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = cora_split(cora, generator)
    assert set(HEURISTICS) - set(heuristic_baselines(split)) == {"personalised PageRank"}
    monkeypatch.setattr("graphvae.evaluation.scores.KATZ_WORK", 10**6)
    left_out = set(HEURISTICS) - set(heuristic_baselines(split))
    assert left_out == {"personalised PageRank", "Katz"}
