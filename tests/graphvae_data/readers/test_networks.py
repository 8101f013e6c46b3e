"""GML, GEXF, Pajek, MATLAB and NumPy files as other programs write them; graph objects."""

from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse
import torch

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.features import csr_tensor
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import read_graph_file
from graphvae_data.readers.objects import as_graph

GML = """Creator "x"
graph [
  directed 0
  node [ id 1 label "a" ]
  node [ id 2 label "b" ]
  node [ id 3 label "c" ]
  edge [ source 1 target 2 value 3 ]
  edge [ source 1 target 2 value 1 ]
  edge [ source 2 target 3 value 1 ]
]
"""
PATH = nx.path_graph(["a", "b", "c"])


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_gml_with_a_repeated_edge_is_merged(start: str, tmp_path: Path) -> None:
    (tmp_path / "g.gml").write_text(start + GML, encoding="utf-8")
    graph = read_graph_file(tmp_path / "g.gml")
    assert (graph.node_names, graph.num_edges) == (("a", "b", "c"), 2)
    assert graph.reading is not None
    assert (graph.reading.duplicates, graph.reading.unused) == (1, ("value",))
    weighted = read_graph_file(tmp_path / "g.gml", ReadOptions(weight="value")).weights
    assert weighted is not None
    assert weighted.tolist() == [4, 1]


@pytest.mark.parametrize(
    "name", ["http://www.gexf.net/1.1draft", "http://gexf.net/1.3", "http://www.gephi.org/gexf"]
)
def test_gexf_of_other_versions(name: str, tmp_path: Path) -> None:
    nx.write_gexf(PATH, tmp_path / "g.gexf")
    text = (tmp_path / "g.gexf").read_text()
    (tmp_path / "g.gexf").write_text(text.replace("http://www.gexf.net/1.2draft", name))
    assert read_graph_file(tmp_path / "g.gexf").node_names == ("a", "b", "c")


def test_pajek(tmp_path: Path) -> None:
    nx.write_pajek(PATH, tmp_path / "g.net")
    graph = read_graph_file(tmp_path / "g.net")
    assert (graph.node_names, graph.weights, graph.directed) == (("a", "b", "c"), None, False)
    (tmp_path / "g.net").write_text("hello\n")
    with pytest.raises(InputError, match=r"expected a \.net file, got no \*Vertices"):
        read_graph_file(tmp_path / "g.net")


def test_a_file_of_directed_edges_may_be_read_undirected(tmp_path: Path) -> None:
    nx.write_graphml(nx.DiGraph([("a", "b"), ("b", "a"), ("b", "c")]), tmp_path / "g.graphml")
    assert read_graph_file(tmp_path / "g.graphml").directed
    graph = read_graph_file(tmp_path / "g.graphml", ReadOptions(directed=False))
    assert (graph.directed, graph.num_edges) == (False, 2)


def test_signed_networks_have_ways_out(tmp_path: Path) -> None:
    graph = nx.Graph()
    graph.add_weighted_edges_from([("a", "b", 2), ("b", "c", -1), ("c", "a", 1)])
    nx.write_graphml(graph, tmp_path / "g.graphml")
    with pytest.raises(InputError, match=r"'b' to 'c'.*--min-weight 1.*--no-weights"):
        read_graph_file(tmp_path / "g.graphml")
    assert read_graph_file(tmp_path / "g.graphml", ReadOptions(weights=False)).num_edges == 3
    assert read_graph_file(tmp_path / "g.graphml", ReadOptions(min_weight=1)).num_edges == 2


@pytest.mark.parametrize("name", ["network", "A", "anything"])
def test_a_matlab_file_under_any_name(name: str, tmp_path: Path) -> None:
    matrix = nx.to_scipy_sparse_array(PATH, dtype=float)
    scipy.io.savemat(tmp_path / "g.mat", {name: matrix, "group": np.ones((3, 2))})
    graph = read_graph_file(tmp_path / "g.mat")
    assert graph.num_edges == 2
    assert graph.reading is not None
    assert graph.reading.unused == ("group",)


def test_several_matrices_need_a_choice(tmp_path: Path) -> None:
    matrix = nx.to_numpy_array(PATH)
    scipy.io.savemat(tmp_path / "g.mat", {"p": matrix, "q": 2 * matrix})
    with pytest.raises(InputError, match="p 3 x 3, q 3 x 3; select one with --mat-variable"):
        read_graph_file(tmp_path / "g.mat")
    chosen = read_graph_file(tmp_path / "g.mat", ReadOptions(mat_variable="q")).weights
    assert chosen is not None
    assert chosen.tolist() == [2, 2]


def test_a_rectangular_matrix_has_two_sides(tmp_path: Path) -> None:
    scipy.sparse.save_npz(tmp_path / "g.npz", scipy.sparse.csr_array([[1, 0, 1], [0, 1, 0]]))
    graph = read_graph_file(tmp_path / "g.npz")
    assert graph.sides is not None
    assert graph.sides.tolist() == [0, 0, 1, 1, 1]
    assert graph.edges.T.tolist() == [[0, 2], [0, 4], [1, 3]]


def test_the_files_of_gnn_benchmark(tmp_path: Path) -> None:
    matrix = nx.to_scipy_sparse_array(PATH, format="csr", dtype=float)
    arrays = {f"adj_{part}": getattr(matrix, part) for part in ("data", "indices", "indptr")}
    names = np.array(["x", {}], dtype=object)
    np.savez(
        tmp_path / "g.npz",
        **arrays,
        adj_shape=np.array(matrix.shape),
        attr_matrix=np.eye(3),
        labels=np.array([0, 1, 0]),
        idx_to_node=names,
    )
    graph = read_graph_file(tmp_path / "g.npz")
    assert (graph.num_edges, graph.num_features) == (2, 3)
    assert graph.labels is not None
    assert graph.labels.tolist() == [0, 1, 0]


def test_memory_follows_the_edges_not_the_largest_number(tmp_path: Path) -> None:
    edges = np.array([[1, 50_000_000], [50_000_000, 3], [3, 1]])
    np.save(tmp_path / "g.npy", edges)
    torch.save({"edge_index": torch.from_numpy(edges.T.copy())}, tmp_path / "g.pt")
    large = scipy.sparse.coo_array((np.ones(3), edges.T), shape=(50_000_001, 50_000_001))
    graphs = [read_graph_file(tmp_path / name) for name in ("g.npy", "g.pt")]
    for graph in (*graphs, as_graph(large)):
        assert graph.node_names == ("1", "3", "50000000")


MATRIX = nx.to_numpy_array(nx.les_miserables_graph(), weight=None)


@pytest.mark.parametrize(
    "graph",
    [
        MATRIX,
        MATRIX.astype(bool),
        torch.from_numpy(MATRIX),
        torch.from_numpy(MATRIX).to_sparse(),
        csr_tensor(scipy.sparse.csr_array(MATRIX)),
        pd.DataFrame(MATRIX),
    ],
    ids=["array", "bool", "tensor", "coo", "csr", "frame"],
)
def test_adjacencies_of_any_kind_are_graphs(graph: object) -> None:
    assert as_graph(graph).fingerprint == as_graph(scipy.sparse.csr_array(MATRIX)).fingerprint


def test_rows_keep_the_order_of_the_graph_that_was_given() -> None:
    graph = nx.Graph()
    graph.add_nodes_from([5, 1, 9])
    graph.add_edges_from([(1, 5), (5, 9)])
    assert as_graph(graph).node_names == ("5", "1", "9")
    labelled = as_graph(graph, labels=["five", "one", "nine"])
    assert labelled.labels is not None
    assert labelled.class_names is not None
    assert [labelled.class_names[y] for y in labelled.labels.tolist()] == ["five", "one", "nine"]


def test_attributes_that_are_not_used_are_named() -> None:
    graph = as_graph(nx.karate_club_graph())
    assert graph.reading is not None
    assert graph.reading.unused == ("club of nodes",)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"when": ["2020-01-02"] * 3, "Ana": list("abc"), "Bo": list("bca")}),
        pd.DataFrame(list(zip("abc", "bca", strict=True))),
        pd.DataFrame({"source": ["a", "b", "c"], "target": ["b", "c", "a"], "kind": "x"}),
    ],
)
def test_frames_have_columns_of_any_name(frame: pd.DataFrame) -> None:
    graph: Graph = as_graph(frame)
    assert (graph.node_names, graph.num_edges) == (("a", "b", "c"), 3)


def test_networkxs_attribute_bipartite_gives_the_sides(tmp_path: Path) -> None:
    graph = nx.Graph([("u", "x"), ("v", "x"), ("v", "y")])
    with pytest.raises(InputError, match="attribute bipartite"):
        as_graph(graph, ReadOptions(bipartite=True))
    nx.set_node_attributes(graph, {"u": 0, "v": 0, "x": 1, "y": 1}, "bipartite")
    nx.write_graphml(graph, tmp_path / "g.graphml")
    for result in (as_graph(graph), read_graph_file(tmp_path / "g.graphml")):
        assert result.sides is not None
        assert dict(zip(result.node_names, result.sides.tolist(), strict=True)) == {
            "u": 0,
            "v": 0,
            "x": 1,
            "y": 1,
        }
    assert as_graph(graph, ReadOptions(bipartite=False)).sides is None
    pairs = as_graph([("a", "a"), ("b", "a")], ReadOptions(bipartite=True))
    assert pairs.node_names == ("first:a", "first:b", "second:a")


def test_options_that_an_object_has_no_use_for_are_refused() -> None:
    with pytest.raises(InputError, match="expected a DataFrame for source and target, got Graph"):
        as_graph(PATH, ReadOptions(source="a"))
    own = as_graph(PATH)
    assert as_graph(own) is own
    assert as_graph(own, features=np.eye(3)).num_features == 3
