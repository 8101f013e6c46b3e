"""Graphs and runs that the graph tests share."""

import pytest
import torch
from torch_geometric.data import Data

import graphvae
from graphvae.runs.result import FitResult
from graphvae_data.graphs.graphs import load_graph


@pytest.fixture(scope="session")
def karate() -> Data:
    return load_graph("karate")


@pytest.fixture(scope="session")
def cora() -> Data:
    return load_graph("cora")


@pytest.fixture(scope="session")
def karate_run() -> FitResult:
    return graphvae.fit("karate", epochs=20, baselines=False)


@pytest.fixture
def weighted(karate: Data) -> Data:
    """Karate with features and a weight on each edge, equal in both directions."""
    data = karate.clone()
    u, v = data.edge_index
    data.edge_weight = 1.0 + (u * v % 5)
    data.x = torch.randn(34, 6, generator=torch.Generator().manual_seed(1))
    return data


@pytest.fixture
def weighted_one_way(weighted: Data) -> Data:
    """The same edges, each from its smaller node to its larger."""
    directed = weighted.clone()
    forward = weighted.edge_index[0] < weighted.edge_index[1]
    directed.edge_index = weighted.edge_index[:, forward]
    directed.edge_weight = weighted.edge_weight[forward]
    directed.directed = True
    return directed
