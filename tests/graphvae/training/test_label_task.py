"""Node labels generated from the codes: their loss, their scores, and runs with them."""

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch

import graphvae
from graphvae.training.label_task import LabelTask, label_decoder
from graphvae_data.core.errors import InputError

SETTINGS: dict[str, Any] = {"epochs": 15, "baselines": False, "device": "cpu", "threads": 1}


def blocks(size: int = 30) -> tuple[nx.Graph, np.ndarray]:
    """Three dense groups of nodes, and which group each is in; a few unknown."""
    graph = nx.planted_partition_graph(3, size, 0.4, 0.01, seed=1)
    labels = np.repeat(np.arange(3), size)
    labels[::10] = -1
    return nx.Graph(graph.edges), labels


def test_the_loss_is_the_cross_entropy_of_known_nodes() -> None:
    generator = torch.Generator().manual_seed(0)
    decoder = label_decoder(4, 3, generator)
    z = torch.randn(6, 4, generator=generator, requires_grad=True)
    task = LabelTask(decoder, torch.tensor([1, 4]), torch.tensor([2, 0]), 5.0)
    loss = task.loss(z)
    log_p = (z @ decoder.weight.T + decoder.bias).log_softmax(-1)
    torch.testing.assert_close(loss, -(log_p[1, 2] + log_p[4, 0]) / 2)
    (gradient,) = torch.autograd.grad(loss, z)
    assert gradient.abs().sum(1).nonzero().flatten().tolist() == [1, 4]


@pytest.mark.slow
def test_a_run_learns_the_labels_and_comes_back(tmp_path: Path) -> None:
    graph, labels = blocks()
    given: dict[str, Any] = {**SETTINGS, "labels": labels, "labels_per_class": 4, "epochs": 60}
    result = graphvae.fit(graph, out=tmp_path / "run", label_weight=1.0, **given)
    scores = result.metrics["node_labels"]
    assert scores["accuracy"] > 0.7
    assert (scores["train"], scores["test"], scores["public"]) == (12, 69, False)
    assert {"probe", "digest"} <= set(scores)
    assert "features" not in scores
    assert all("label" in record.parts for record in result.history)
    again = graphvae.load(tmp_path / "run")
    assert again.experiment.evaluate().to_dict()["node_labels"] == scores
    without = graphvae.fit(graph, **{**given, "labels_per_class": None})
    assert "node_labels" not in without.metrics


def test_a_graph_without_labels() -> None:
    with pytest.raises(InputError, match="label_weight: the graph has no labels; give some with"):
        graphvae.fit(blocks()[0], label_weight=1.0, **SETTINGS)
    with pytest.raises(InputError, match="labels_per_class: labels have no weight, got 3"):
        graphvae.fit("cora", labels_per_class=3, **SETTINGS)
