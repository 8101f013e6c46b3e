"""Graphs and runs that several tests of `graphvae` use."""

from dataclasses import replace

import pytest
import torch

import graphvae
from graphvae.runs.result import GraphFitResult
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphs import load_graph


@pytest.fixture(autouse=True)
def quick_runs(blank_graph_pictures: None) -> None:
    """Runs write blank pictures, except those that several tests share."""


@pytest.fixture(scope="session")
def karate() -> Graph:
    return load_graph("karate")


@pytest.fixture(scope="session")
def cora() -> Graph:
    return load_graph("cora")


@pytest.fixture(scope="session")
def karate_run() -> GraphFitResult:
    return graphvae.fit("karate", epochs=20, baselines=False)


@pytest.fixture
def weighted(karate: Graph) -> Graph:
    """Karate with features and a weight on each edge."""
    u, v = karate.edges
    features = torch.randn(34, 6, generator=torch.Generator().manual_seed(1))
    return replace(karate, weights=1.0 + (u * v % 5), features=features)


@pytest.fixture
def weighted_one_way(weighted: Graph) -> Graph:
    """`weighted` as a directed graph: each edge from its smaller to its larger node."""
    return replace(weighted, directed=True)
