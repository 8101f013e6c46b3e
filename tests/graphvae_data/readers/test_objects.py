"""Python objects give the graph that a file of them would."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from torch_geometric.data import Data

from graphvae_data.graphs.graphs import graph_fingerprint, load_graph
from graphvae_data.readers.any_graph import as_data

ENDS = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]


@pytest.mark.parametrize(
    "graph",
    [
        nx.Graph(ENDS),
        nx.MultiGraph([*ENDS, (1, 0)]),
        scipy.sparse.coo_matrix(nx.to_scipy_sparse_array(nx.Graph(ENDS), nodelist=range(4)) > 0),
        nx.to_scipy_sparse_array(nx.Graph(ENDS), nodelist=range(4)),
        Data(edge_index=torch.tensor(ENDS + [(v, u) for u, v in ENDS]).T),
        ENDS,
        np.array(ENDS),
        np.array(ENDS).T,
        torch.tensor(ENDS),
        torch.tensor(ENDS).T,
        np.array(ENDS).astype(str),
        pd.DataFrame(ENDS, columns=["source", "target"]),
        pd.DataFrame(ENDS, columns=["target", "source"]).astype("category").astype(str),
    ],
    ids=lambda graph: type(graph).__name__,
)
def test_every_kind_is_the_same_graph(graph: object) -> None:
    data = as_data(graph)
    assert data.node_names == ["0", "1", "2", "3"]
    assert not data.directed
    assert graph_fingerprint(data) == graph_fingerprint(as_data(ENDS))
    assert "edge_weight" not in data


@pytest.mark.parametrize(
    "graph",
    [
        nx.DiGraph(ENDS),
        scipy.sparse.csr_array(nx.to_scipy_sparse_array(nx.DiGraph(ENDS), nodelist=range(4))),
        Data(edge_index=torch.tensor(ENDS).T),
    ],
    ids=lambda graph: type(graph).__name__,
)
def test_direction_is_kept(graph: object) -> None:
    data = as_data(graph)
    assert data.directed
    assert data.edge_index.T.tolist() == sorted(map(list, ENDS))


def test_weights_come_along() -> None:
    graph = nx.Graph()
    graph.add_edge("b", "a", weight=2)
    graph.add_edge("c", "a")
    frame = pd.DataFrame({"source": ["b", "c"], "target": ["a", "a"], "weight": [2, 1]})
    for data in (as_data(graph), as_data(frame)):
        assert data.node_names == ["b", "a", "c"]
        assert data.edge_weight.tolist() == [2, 2, 1, 1]


def test_a_small_square_is_read_by_its_kind() -> None:
    array = np.array([[0, 1], [0, 2]])
    assert as_data(array).edge_index.tolist() == [[0, 0, 1, 2], [1, 2, 0, 0]]
    assert as_data(torch.tensor([[0, 1], [1, 2]])).edge_index.tolist() == [
        [0, 1, 1, 2],
        [1, 0, 2, 1],
    ]


def test_a_loaded_graph_comes_back_as_it_is() -> None:
    for name in ("karate", "les-miserables", "digits-knn"):
        before = load_graph(name)
        after = as_data(before)
        assert torch.equal(after.edge_index, before.edge_index)
        assert (after.name, after.node_names) == (before.name, before.node_names)
        assert before.x is None or torch.equal(after.x, before.x)
        assert before.y is None or torch.equal(after.y, before.y)
        twice = as_data(after)
        assert graph_fingerprint(twice) == graph_fingerprint(before)


def test_ids_of_any_length_and_kind_stay() -> None:
    assert as_data(np.array([["a", "longer"], ["é", "a"]])).node_names == ["a", "longer", "é"]
    assert as_data([(2**60, 1), ("x", 1)]).node_names == [str(2**60), "1", "x"]
