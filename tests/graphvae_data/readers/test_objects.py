"""Python objects give the same graph as a file of them."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from torch_geometric.data import Data

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graphs import load_graph
from graphvae_data.readers.objects import as_graph

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
    data = as_graph(graph)
    assert data.node_names == ("0", "1", "2", "3")
    assert not data.directed
    assert data.fingerprint == as_graph(ENDS).fingerprint
    assert data.weights is None


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
    data = as_graph(graph)
    assert data.directed
    assert data.edges.T.tolist() == sorted(map(list, ENDS))


def test_weights_come_along() -> None:
    graph = nx.Graph()
    graph.add_edge("b", "a", weight=2)
    graph.add_edge("c", "a")
    frame = pd.DataFrame({"source": ["b", "c"], "target": ["a", "a"], "weight": [2, 1]})
    for data in (as_graph(graph), as_graph(frame)):
        assert data.node_names == ("b", "a", "c")
        assert data.weights.tolist() == [2, 1]


def test_a_small_square_is_read_by_its_kind() -> None:
    array = np.array([[0, 1], [0, 2]])
    assert as_graph(array).edges.tolist() == [[0, 0], [1, 2]]
    assert as_graph(torch.tensor([[0, 1], [1, 2]])).edges.tolist() == [[0, 1], [1, 2]]


def test_a_graph_is_taken_as_it_is() -> None:
    karate = load_graph("karate")
    assert as_graph(karate) is karate


def test_a_loaded_graph_comes_back_from_pyg() -> None:
    for name in ("karate", "les-miserables", "digits-knn"):
        before = load_graph(name)
        after = as_graph(before.to_pyg())
        assert torch.equal(after.edges, before.edges)
        assert (after.name, after.node_names) == (before.name, before.node_names)
        assert before.features is None or torch.equal(after.features, before.features)
        assert before.labels is None or torch.equal(after.labels, before.labels)


def test_ids_of_any_length_and_kind_stay() -> None:
    assert as_graph(np.array([["a", "longer"], ["é", "a"]])).node_names == ("a", "longer", "é")
    assert as_graph([(2**60, 1), ("x", 1)]).node_names == (str(2**60), "1", "x")


def test_a_dense_or_sparse_adjacency_of_any_type_is_read() -> None:
    matrix = nx.to_numpy_array(nx.Graph(ENDS), nodelist=range(4))
    expected = as_graph(matrix).fingerprint
    tensor = torch.from_numpy(matrix)
    kinds: list[object] = [matrix.astype(dtype) for dtype in (">f8", "f2", ">i2", "?", "g")]
    kinds += [tensor.bfloat16(), tensor.half(), tensor.bfloat16().to_sparse_coo()]
    for kind in kinds:
        graph = as_graph(kind)
        assert graph.fingerprint == expected
        assert graph.weights is None


def test_repeated_entries_of_small_integers_do_not_overflow() -> None:
    ends, values = ([0, 0, 1], [1, 1, 2]), np.array([200, 200, 1], dtype=np.uint8)
    matrix = scipy.sparse.coo_array((values, ends), shape=(3, 3))
    parts = torch.tensor(ends), torch.from_numpy(values)
    tensor = torch.sparse_coo_tensor(*parts, (3, 3), check_invariants=True)
    for kind in (matrix, tensor):
        assert as_graph(kind).weights.tolist() == [400, 1]
    assert as_graph(matrix.astype(bool)).weights is None


def test_a_masked_entry_is_no_edge() -> None:
    matrix = nx.to_numpy_array(nx.Graph(ENDS), nodelist=range(4))
    mask = np.zeros((4, 4), dtype=bool)
    mask[0, 2] = mask[2, 0] = True
    assert as_graph(np.ma.array(matrix, mask=mask)).fingerprint == as_graph(ENDS[:-1]).fingerprint
    assert as_graph(np.ma.array(ENDS)).fingerprint == as_graph(ENDS).fingerprint
    with pytest.raises(InputError, match="expected two node ids for each edge, got masked"):
        as_graph(np.ma.masked_equal(ENDS, 3))
