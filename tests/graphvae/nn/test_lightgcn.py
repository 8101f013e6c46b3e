"""LightGCN's propagation against the formula of its paper."""

from dataclasses import replace

import pytest
import torch

import graphvae
from graphvae.graph.propagation import message_graph, scipy_adjacency
from graphvae.nn.lightgcn import LightGCN
from graphvae_data.graphs.graph import Graph


@pytest.mark.parametrize("weighted", [False, True])
def test_states_are_the_mean_over_hops_without_loops(karate: Graph, weighted: bool) -> None:
    weights = torch.arange(1.0, 79.0) if weighted else None
    graph = replace(karate, weights=weights)
    edges = graph.edges[:, 6:]
    values = None if weights is None else weights[6:].double().numpy()
    adjacency = torch.from_numpy(scipy_adjacency(edges, 34, weights=values).toarray()).float()
    root = adjacency.sum(1).clamp(min=1e-9).rsqrt()
    hop = root[:, None] * adjacency * root
    module = LightGCN(34, 5, hops=3, generator=torch.Generator().manual_seed(0))
    layers = [module.embedding]
    for _ in range(3):
        layers.append(hop @ layers[-1])
    states = module(message_graph(graph, edges), torch.Generator())
    assert torch.allclose(states, torch.stack(layers).mean(0), atol=1e-6)


def test_a_node_without_messages_keeps_a_share_of_its_embedding(karate: Graph) -> None:
    module = LightGCN(34, 5, hops=3, generator=torch.Generator().manual_seed(0))
    nobody = message_graph(karate, karate.edges[:, :0])
    assert torch.allclose(module(nobody, torch.Generator()), module.embedding / 4)


@pytest.mark.slow
def test_the_preset_trains_and_resumes_its_scores(karate: Graph) -> None:
    result = graphvae.fit(karate, "lightgcn", epochs=30, latent=8, device="cpu", baselines=False)
    assert result.experiment.messages.features is None
    assert result.history[-1].loss < result.history[0].loss
    assert result.evaluate().to_dict()["test"]["auc"] == result.metrics["test"]["auc"]
