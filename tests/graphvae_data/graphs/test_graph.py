"""The graph in memory: one form for every way of listing its edges, and the way to PyG."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch_geometric.data import Data

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.features import csr_tensor, dense
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


EDGES = torch.tensor([[0, 0, 1], [1, 2, 2]])


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        (
            {"features": torch.tensor([[0.0], [torch.nan], [0.0]])},
            "features: .*finite.*got nan in row 1",
        ),
        ({"features": torch.tensor([[0.0], [torch.inf], [0.0]])}, "features: .*finite.*got inf"),
        (
            {"features": csr_tensor(scipy.sparse.csr_array([[1], [0], [np.nan]]))},
            "got nan in row 2",
        ),
        ({"features": torch.zeros(3, 0)}, "features: expected at least one per node, got none"),
        ({"weights": torch.tensor([1, torch.nan, 1])}, "weights: .*finite.*got nan"),
        ({"weights": torch.tensor([1.0, -1.0, 1.0])}, "weights: .*not negative, got -1 in row 1"),
        ({"times": torch.tensor([1.0, -torch.inf, 1.0]).double()}, "times: .*finite.*got -inf"),
        ({"node_names": ["a", "b", "a"]}, "node_names: expected distinct names, got 'a' twice"),
    ],
)
def test_attributes_of_invalid_values_are_refused(attributes: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Graph(num_nodes=3, edges=EDGES, **attributes)


@pytest.mark.wrong_types
@pytest.mark.parametrize("names", [[5, 6, 7], np.array([5, 6, 7]), np.array(["5", "6", "7"])])
def test_names_become_strings(names: object) -> None:
    graph = Graph.from_edges(CYCLE, 3, node_names=names, class_names=names)
    assert graph.node_names == graph.class_names == ("5", "6", "7")
    assert {type(name) for name in (*graph.node_names, *graph.class_names)} == {str}


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x,
        torch.from_numpy,
        lambda x: csr_tensor(scipy.sparse.csr_array(x)),
        scipy.sparse.csr_array,
    ],
    ids=["array", "tensor", "csr tensor", "scipy"],
)
def test_a_graph_shares_no_memory_with_what_it_was_made_from(make: Callable) -> None:
    given, labels, ends = make(np.eye(5, dtype=np.float32)), np.arange(5), CYCLE.clone()
    graph = Graph.from_edges(ends, 5, features=given, labels=labels)
    (given if isinstance(given, np.ndarray) else _stored(given))[:] = 7
    labels[:], ends[:] = 0, 0
    assert torch.equal(dense(graph.features), torch.eye(5))
    assert graph.labels.tolist() == [0, 1, 2, 3, 4]
    assert graph.num_edges == 3


@pytest.mark.parametrize("directed", [False, True])
def test_later_changes_of_pygs_data_do_not_reach_the_graph(directed: bool) -> None:
    graph = Graph.from_edges(
        CYCLE, 3, directed=directed, features=torch.eye(3), labels=np.arange(3)
    )
    before = graph.edges.clone()
    data = graph.to_pyg()
    for values in (data.edge_index, data.x, data.y):
        values.zero_()
    assert torch.equal(graph.edges, before)
    assert torch.equal(graph.features, torch.eye(3))
    assert graph.labels.tolist() == [0, 1, 2]


def _stored(matrix: Any) -> Any:
    """The values that a matrix keeps."""
    sparse_tensor = isinstance(matrix, Tensor) and matrix.layout != torch.strided
    return matrix.values() if sparse_tensor else getattr(matrix, "data", matrix)


def test_arrays_of_any_kind_are_taken() -> None:
    x = np.eye(5, dtype=np.float32)
    expected = Graph.from_edges(CYCLE, 5, features=x).content_fingerprint
    frozen = x.copy()
    frozen.flags.writeable = False
    tensor = torch.from_numpy(x)
    kinds: list[Any] = [frozen, x[::-1, ::-1], x.astype(">f8"), x.astype(np.float16)]
    kinds += [tensor.bfloat16(), tensor.bfloat16().to_sparse_coo()]
    kinds += [getattr(scipy.sparse, f"{kind}_matrix")(x) for kind in ("csr", "csc", "coo", "dok")]
    kinds += [scipy.sparse.coo_array(x)]
    for kind in kinds:
        assert Graph.from_edges(CYCLE, 5, features=kind).content_fingerprint == expected
    for labels in (np.arange(5)[::-1], np.arange(5)[::-1].astype(">i8")):
        assert Graph.from_edges(CYCLE, 5, labels=labels).labels.tolist() == [4, 3, 2, 1, 0]
    for edges in (CYCLE.numpy(), CYCLE.numpy()[:, ::-1], CYCLE.numpy().astype(">u2")):
        assert Graph.from_edges(edges, 5).fingerprint == Graph.from_edges(CYCLE, 5).fingerprint


def test_repeated_entries_of_small_integers_are_summed() -> None:
    ends, values = ([0, 0, 1, 2], [0, 0, 1, 0]), np.array([200, 200, 1, 1], dtype=np.uint8)
    matrix = scipy.sparse.coo_array((values, ends), shape=(3, 2))
    parts = torch.tensor(ends), torch.from_numpy(values)
    tensor = torch.sparse_coo_tensor(*parts, (3, 2), check_invariants=True)
    for features in (matrix, tensor):
        graph = Graph.from_edges(CYCLE, 3, features=features)
        assert dense(graph.features).tolist() == [[400, 0], [0, 1], [1, 0]]


@pytest.mark.wrong_types
@pytest.mark.parametrize("none", [None, [], np.array([])])
def test_no_names_are_numbers(none: object) -> None:
    assert Graph.from_edges(CYCLE, 3, node_names=none).node_names == ("0", "1", "2")


@pytest.mark.wrong_types
def test_the_number_of_nodes_may_be_a_numpy_integer() -> None:
    graph = Graph.from_edges(CYCLE, np.int64(5))
    assert type(graph.num_nodes) is int
    for bad in (3.0, "3", None, -1):
        with pytest.raises(InputError, match=f"num_nodes: expected a whole number.*{bad}"):
            Graph.from_edges(CYCLE, bad)


@pytest.mark.wrong_types
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"edges": torch.zeros(4, 2).long()}, r"edges: .*\[2, edge\], got \[4, 2\]; transpose"),
        ({"edges": torch.zeros(4).long()}, r"edges: expected shape \[2, edge\], got \[4\]$"),
        ({"edges": torch.rand(2, 4)}, "edges: expected integers, got torch.float32"),
        ({"edges": np.zeros((2, 4))}, "edges: expected integers, got float64"),
        ({"edges": [[0, 1], [1]]}, "edges: expected an array, got rows of different lengths"),
        ({"labels": np.array(["a", "b", "c"])}, "labels: expected integers, got <U1"),
        ({"features": np.array([["a"], ["b"], ["c"]])}, "features: expected numbers .*got <U1"),
        ({"features": torch.ones(3, 1, dtype=torch.cfloat)}, "expected real numbers, got torch.co"),
        ({"features": np.full((3, 1), 1e300)}, "features: .*finite.*got inf in row 0"),
        ({"features": scipy.sparse.csr_array([[1e300] * 9] * 3)}, "features: .*got inf in row 0"),
        ({"features": np.ma.masked_equal(np.eye(3), 1)}, "features: .*finite.*got nan"),
    ],
)
def test_what_is_no_graph_is_refused_in_one_line(given: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Graph.from_edges(**{"edges": CYCLE, "num_nodes": 3, **given})
