"""The graph in memory: one form for every way of listing its edges, and the way to PyG."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch_geometric.data import Data

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.features import csr_tensor
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphs import load_graph
from graphvae_data.readers.objects import as_graph
from graphvae_data.registry.graphs import GRAPHS

CYCLE = torch.tensor([[0, 1, 2], [1, 2, 0]])


@st.composite
def edge_lists(draw: st.DrawFn) -> Tensor:
    node = st.integers(0, 8)
    edges = draw(st.lists(st.tuples(node, node), max_size=30))
    return torch.tensor(edges, dtype=torch.int64).reshape(-1, 2).T


@given(edge_lists())
def test_an_undirected_edge_is_stored_once(edges: Tensor) -> None:
    graph = Graph.from_edges(edges, 9)
    expected = sorted({(min(u, v), max(u, v)) for u, v in edges.T.tolist() if u != v})
    assert [tuple(edge) for edge in graph.edges.T.tolist()] == expected
    again = Graph.from_edges(torch.cat([edges.flip(0), edges], 1), 9)
    assert torch.equal(again.edges, graph.edges)


@given(edge_lists())
def test_a_directed_edge_keeps_its_direction(edges: Tensor) -> None:
    graph = Graph.from_edges(edges, 9, directed=True)
    expected = sorted({(u, v) for u, v in edges.T.tolist() if u != v})
    assert [tuple(edge) for edge in graph.edges.T.tolist()] == expected


@given(edge_lists(), edge_lists(), st.booleans())
def test_edges_are_found_by_their_ends(edges: Tensor, asked: Tensor, directed: bool) -> None:
    graph = Graph.from_edges(edges, 9, directed=directed)
    index = {tuple(edge): number for number, edge in enumerate(graph.edges.T.tolist())}
    keys = [tuple(pair if directed else sorted(pair)) for pair in asked.T.tolist()]
    assert graph.find_edges(asked).tolist() == [index.get(key, -1) for key in keys]


@pytest.mark.parametrize(
    ("edges", "directed"),
    [
        ([[0, 0], [2, 1]], False),  # not sorted
        ([[0, 0], [1, 1]], False),  # repeated
        ([[1], [0]], False),  # the larger node first
        ([[1], [1]], True),  # a self-loop
        ([[0], [3]], False),  # no such node
        ([[-1], [1]], True),
    ],
)
def test_edges_in_another_form_are_refused(edges: list[list[int]], directed: bool) -> None:
    with pytest.raises(InputError, match=r"^edges: .*each once and sorted; use Graph\.from_edges"):
        Graph(num_nodes=3, edges=torch.tensor(edges), directed=directed)


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"features": torch.ones(2, 4)}, r"features: expected 3 rows of torch.float32.*\[2, 4\]"),
        ({"features": torch.ones(3, 4).double()}, "features: .*got torch.float64"),
        ({"labels": torch.zeros(3).int()}, "labels: expected 3 rows of torch.int64"),
        ({"weights": torch.ones(3).double()}, "weights: .*got torch.float64"),
        ({"times": torch.ones(3)}, "times: expected 3 rows of torch.float64"),
        ({"node_names": ["a", "b"]}, "node_names: expected 3, got 2"),
    ],
)
def test_attributes_of_another_form_are_refused(attributes: dict[str, object], says: str) -> None:
    edges = torch.tensor([[0, 0, 1], [1, 2, 2]])
    with pytest.raises(InputError, match=says):
        Graph(num_nodes=3, edges=edges, **attributes)


def test_features_and_labels_of_any_kind_are_taken() -> None:
    matrix = np.array([[0.0, 2.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    kinds = [matrix, scipy.sparse.csr_array(matrix), torch.tensor(matrix)]
    kinds += [torch.tensor(matrix).to_sparse_coo(), csr_tensor(scipy.sparse.csr_array(matrix))]
    labels = np.arange(5, dtype=np.int32)
    graphs = [Graph.from_edges(CYCLE, 5, features=x, labels=labels) for x in kinds]
    assert len({graph.content_fingerprint for graph in graphs}) == 1
    layouts = [graph.features.layout for graph in graphs]
    sparse, dense = torch.sparse_csr, torch.strided
    assert layouts == [dense, sparse, dense, sparse, sparse]
    assert all(graph.labels.dtype == torch.int64 for graph in graphs)


def test_names_are_numbers_by_default_and_the_repr_is_short() -> None:
    graph = Graph.from_edges(CYCLE, 1000)
    assert graph.node_names[999] == "999"
    assert repr(graph) == "Graph(1,000 nodes, 3 edges, undirected)"


def test_the_structure_fingerprint_ignores_order_features_and_labels() -> None:
    karate = load_graph("karate")
    order = torch.randperm(78, generator=torch.Generator().manual_seed(0))
    other = Graph.from_edges(karate.edges[:, order].flip(0), 34, features=torch.ones(34, 2))
    assert other.fingerprint == karate.fingerprint
    assert other.content_fingerprint != karate.content_fingerprint
    fewer = Graph.from_edges(karate.edges[:, 1:], 34)
    larger = Graph.from_edges(karate.edges, 35)
    assert len({graph.fingerprint for graph in (karate, fewer, larger)}) == 3


def test_direction_is_part_of_the_fingerprint() -> None:
    prints = {
        Graph.from_edges(edges, 3, directed=directed).fingerprint
        for edges in (CYCLE, CYCLE.flip(0))
        for directed in (True, False)
    }
    assert len(prints) == 3
    upward = torch.tensor([[0, 1], [1, 2]])
    same_pairs = {
        Graph.from_edges(upward, 3, directed=directed).fingerprint for directed in (True, False)
    }
    assert len(same_pairs) == 2


def test_undirected_fingerprints_stay_as_they_were() -> None:
    """The registry's digests were made before graphs could be directed."""
    assert load_graph("karate").fingerprint == GRAPHS["karate"].facts.fingerprint


def test_the_content_fingerprint_is_the_one_of_earlier_releases() -> None:
    """Digests of weighted and timed graphs as they were made from both directions of each edge."""
    karate = load_graph("karate")
    u, v = karate.edges
    full = replace(
        karate, features=torch.eye(34), weights=(u + v).float(), times=(u * 34 + v).double()
    )
    assert full.content_fingerprint == (
        "e4bdcc3f59c0ab5b60da307473c0401add08f5a44d39646ac134cf5777289545"
    )
    directed = replace(full, directed=True)
    assert directed.content_fingerprint == (
        "723f382c82f1a66ec163ea6cec1d851ac0396829bd6b4de0d84038e73d608051"
    )
    without = replace(full, times=None)
    assert without.content_fingerprint not in (full.content_fingerprint, karate.content_fingerprint)


@pytest.mark.parametrize("directed", [False, True])
def test_pygs_data_comes_back_as_the_same_graph(directed: bool) -> None:
    karate = load_graph("karate")
    u, v = karate.edges
    before = replace(
        karate,
        directed=directed,
        features=csr_tensor(scipy.sparse.eye_array(34).tocsr()),
        weights=(u + v).float(),
        times=(u * v).double(),
        class_names=("Mr. Hi", "Officer"),
    )
    data = before.to_pyg()
    assert isinstance(data, Data)
    assert data.validate()
    assert data.is_undirected() != directed
    assert data.is_coalesced()
    assert data.x.layout == torch.strided
    after = as_graph(data)
    assert after.content_fingerprint == before.content_fingerprint
    assert (after.name, after.node_names) == (before.name, before.node_names)
    assert after.class_names == before.class_names
    assert torch.equal(after.labels, before.labels)


def test_a_bare_graph_gives_bare_data() -> None:
    assert set(Graph.from_edges(CYCLE, 3).to_pyg().keys()) == {
        "edge_index",
        "num_nodes",
        "name",
        "node_names",
        "directed",
    }
