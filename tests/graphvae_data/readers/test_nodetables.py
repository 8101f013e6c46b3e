"""Features and labels are assigned to the right nodes, by id or by a known order."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse
import torch
from torch_geometric.data import Data

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.edges import Edges
from graphvae_data.graphs.features import csr_tensor, dense
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import read_graph_file
from graphvae_data.readers.nodetables import read_features
from graphvae_data.readers.objects import as_graph

PLAIN = ReadOptions(feature_prep="none")
STRINGS = "b,a\na,c\n"
NUMBERS = "10 2\n2 1\n"
RANGE = "0 1\n1 2\n"


def read(folder: Path, edges: str, features: str | None = None, labels: str | None = None) -> Graph:
    """A graph with tables in text; the node order is b, a, c or 1, 2, 10 or 0, 1, 2."""
    (folder / "g.csv").write_text(edges)
    paths = {}
    for key, content in (("features", features), ("labels", labels)):
        if content is not None:
            paths[key] = folder / f"{key}.csv"
            paths[key].write_text(content)
    return read_graph_file(folder / "g.csv", PLAIN, **paths)


@pytest.mark.parametrize(
    ("edges", "features", "rows"),
    [
        (STRINGS, "id,p,q\na,1,2\nb,3,4\nc,5,6\n", [[3, 4], [1, 2], [5, 6]]),
        (STRINGS, "c,5,6\na,1,2\nb,3,4\n", [[3, 4], [1, 2], [5, 6]]),
        (STRINGS, "whatever,p\nc\t,5\n".replace("\t", "") + "a,1\nb,3\n", [[3], [1], [5]]),
        (NUMBERS, "10;.5\n1;7\n2;8\n", [[7], [8], [0.5]]),
        (NUMBERS, "p q\n.1 1\n.2 2\n.3 3\n", [[0.1, 1], [0.2, 2], [0.3, 3]]),
        (RANGE, "1,0\n1,1\n1,0\n", [[1, 0], [1, 1], [1, 0]]),
        (RANGE, "0.5\n1.5\n2.5\n", [[0.5], [1.5], [2.5]]),
        (RANGE, "2,20\n1,10\n0,0\n", [[0], [10], [20]]),
    ],
)
def test_rows_find_their_nodes(
    edges: str, features: str, rows: list[list[float]], tmp_path: Path
) -> None:
    data = read(tmp_path, edges, features)
    assert data.features.dtype == torch.float32
    assert torch.equal(data.features, torch.tensor(rows, dtype=torch.float32))


def test_nodes_of_the_features_alone_are_isolated_nodes(tmp_path: Path) -> None:
    graph = read(tmp_path, NUMBERS, "id,p\n1,1\n2,2\n10,10\n7,7\n")
    assert graph.node_names == ("1", "2", "7", "10")
    assert graph.features.flatten().tolist() == [1, 2, 7, 10]
    assert graph.edges.tolist() == [[0, 1], [1, 3]]
    assert graph.reading.isolated == 1
    assert graph.reading.line().endswith("kept 1 isolated node")


def test_labels_of_other_nodes_are_refused_and_of_some_noted(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(NUMBERS)
    path = tmp_path / "labels.csv"
    path.write_text("id,label\nA,x\nB,y\n")
    with pytest.raises(InputError, match=r"ids of the graph's nodes, such as '1', got only others"):
        read_graph_file(tmp_path / "g.csv", PLAIN, labels=path)
    path.write_text("id,label\n1,x\nB,y\n")
    graph = read_graph_file(tmp_path / "g.csv", PLAIN, labels=path)
    assert graph.node_names == ("1", "2", "10", "B")
    assert "1 node of labels.csv without edges, such as 'B'" in graph.reading.line()


def test_the_label_column_of_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(NUMBERS)
    with pytest.raises(InputError, match="--label-col: expected a table of labels, got none"):
        read_graph_file(tmp_path / "g.csv", ReadOptions(label="kind"))


def test_rows_by_order_name_isolated_nodes_within_the_numbering(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text("0 1\n1 3\n")
    np.save(tmp_path / "x.npy", np.arange(4.0)[:, None])
    graph = read_graph_file(tmp_path / "g.csv", PLAIN, features=tmp_path / "x.npy")
    assert graph.node_names == ("0", "1", "2", "3")
    assert graph.features.flatten().tolist() == [0, 1, 2, 3]
    assert graph.reading.isolated == 1


@pytest.mark.parametrize("ending", ["npy", "npz", "sparse.npz", "parquet"])
def test_binary_forms_agree(ending: str, tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(RANGE)
    x = np.array([[0, 0, 0, 0, 5.0], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0]])
    path = tmp_path / f"x.{ending}"
    if ending == "npy":
        np.save(path, x)
    elif ending == "npz":
        np.savez(path, x=x)
    elif ending == "parquet":
        frame = pd.DataFrame(x[::-1], columns=list("pqrst"))
        frame.insert(0, "id", [2, 1, 0])
        frame.to_parquet(path)
    else:
        scipy.sparse.save_npz(path, scipy.sparse.csc_array(x))
    result = read_graph_file(tmp_path / "g.csv", PLAIN, features=path).features
    assert (result.layout == torch.sparse_csr) == (ending == "sparse.npz")
    assert np.array_equal(
        result.to_dense().numpy() if result.layout != torch.strided else result, x
    )


def test_a_matrix_lists_its_nodes_so_order_is_sure(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "g.mat", {"net": np.ones((3, 3)) - np.eye(3)})
    np.save(tmp_path / "x.npy", np.eye(3))
    assert torch.equal(
        read_graph_file(tmp_path / "g.mat", PLAIN, features=tmp_path / "x.npy").features,
        torch.eye(3),
    )


@pytest.mark.parametrize(
    ("labels", "y", "class_names"),
    [
        ("a,red\nb,blue\nc,red\n", [0, 1, 1], ("blue", "red")),
        ("id,label\na,red\nc,blue\n", [-1, 1, 0], ("blue", "red")),
        ("node,colour\na,red\nc,\n", [-1, 0, -1], ("red",)),
        ("a,3\nb,0\nc,-1\n", [0, 3, -1], None),
    ],
)
def test_labels_are_words_or_numbers(
    labels: str, y: list[int], class_names: tuple[str, ...] | None, tmp_path: Path
) -> None:
    data = read(tmp_path, STRINGS, labels=labels)
    assert data.labels.tolist() == y
    assert data.class_names == class_names


def test_labels_by_order(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(RANGE)
    np.save(tmp_path / "y.npy", np.array(["x", "y", "x"]))
    data = read_graph_file(tmp_path / "g.csv", labels=tmp_path / "y.npy")
    assert (data.labels.tolist(), data.class_names) == ([0, 1, 0], ("x", "y"))


def test_labels_and_features_share_the_order(tmp_path: Path) -> None:
    graph = read(tmp_path, STRINGS, "id,p\nd,4\na,1\nb,2\nc,3\n", "d,x\na,y\nb,x\n")
    assert graph.node_names == ("b", "a", "c", "d")
    assert graph.features.flatten().tolist() == [2, 1, 3, 4]
    assert graph.labels.tolist() == [0, 1, -1, 0]


PATH = [(0, 1), (1, 2), (2, 3)]
INDEX = torch.tensor(PATH).T
X = np.array([[0, 1], [2, 3], [4, 5], [6, 7]], dtype=np.float32)


def features_of(features: object) -> list[list[float]]:
    """The features that the nodes of a path 0 … 3 are given."""
    return dense(as_graph(PATH, PLAIN, features=features).features).tolist()


def labels_of(labels: object) -> tuple[list[int], object]:
    """The labels that the nodes of a path are given, and the names of the classes."""
    graph = as_graph(PATH, labels=labels)
    return graph.labels.tolist(), graph.class_names


@pytest.mark.parametrize(
    "make",
    [lambda x: x, torch.from_numpy, lambda x: Data(x=torch.from_numpy(x), edge_index=INDEX)],
    ids=["array", "tensor", "Data"],
)
def test_later_changes_of_the_users_values_do_not_reach_the_graph(make: Callable) -> None:
    x, y = X.copy(), np.arange(4)
    given = make(x)
    if isinstance(given, Data):
        given.y = torch.from_numpy(y)
        graph = as_graph(given)
    else:
        graph = as_graph(PATH, PLAIN, features=given, labels=y)
    x[:], y[:] = 9, 9
    assert graph.features.tolist() == X.tolist()
    assert graph.labels.tolist() == [0, 1, 2, 3]


def test_a_mapped_file_is_not_copied(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    edges = Edges(list("0123"), np.array([0]), np.array([1]), complete=True)
    matrix = read_features(tmp_path / "x.npy", edges, PLAIN)[1]
    assert not matrix.flags.owndata


@pytest.mark.parametrize(
    "select",
    [
        lambda frame: frame.iloc[::-1],
        lambda frame: frame.sort_index(ascending=False),
        lambda frame: frame.sample(frac=1, random_state=0),
        lambda frame: frame.iloc[[2, 0, 3, 1]],
    ],
)
def test_rows_of_a_frame_in_another_order_keep_their_nodes(select: Callable) -> None:
    frame = pd.DataFrame(X)
    assert features_of(select(frame)) == X.tolist()
    assert labels_of(select(pd.DataFrame({"y": list("abcd")})))[0] == [0, 1, 2, 3]
    assert labels_of(select(pd.Series(list("abcd"))))[0] == [0, 1, 2, 3]
    with_ids = pd.DataFrame({"id": [3, 2, 1, 0], "p": [3.0, 2, 1, 0]})
    assert features_of(select(with_ids)) == features_of(with_ids) == [[0], [1], [2], [3]]


def test_a_reversed_frame_is_read_as_the_whole_one_wherever_its_ids_are() -> None:
    frame = pd.DataFrame({"p": [3.5, 2.5, 1.5, 0.5], "id": [3, 2, 1, 0], "q": [3.5, 2.5, 1.5, 0.5]})
    assert features_of(frame[::-1]) == features_of(frame) == [[i + 0.5] * 2 for i in range(4)]


def test_names_in_a_data_may_be_an_array() -> None:
    names = np.array(list("abcd"))
    graph = as_graph(Data(edge_index=INDEX, node_names=names, class_names=names[:2]))
    assert graph.node_names == ("a", "b", "c", "d")
    assert graph.class_names == ("a", "b")


def test_a_part_of_a_frame_is_matched_by_its_index() -> None:
    frame = pd.DataFrame({"y": list("abcd")})
    assert labels_of(frame[::2]) == ([0, -1, 1, -1], ("a", "c"))
    assert labels_of(frame[2:]) == ([-1, -1, 0, 1], ("c", "d"))


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (np.array([1.0, np.nan, 0.0, np.nan]), ([1, -1, 0, -1], ("0.0", "1.0"))),
        ([1.0, None, 0.0, None], ([1, -1, 0, -1], ("0.0", "1.0"))),
        (np.array(["b", None, "a", np.nan], dtype=object), ([1, -1, 0, -1], ("a", "b"))),
        (np.array([1, pd.NA, 0, None], dtype=object), ([1, -1, 0, -1], None)),
        (pd.array([1, None, 0, None], dtype="Int64"), ([1, -1, 0, -1], None)),
        (pd.array(["b", None, "a", None], dtype="string"), ([1, -1, 0, -1], ("a", "b"))),
        (pd.Categorical([1, None, 0, None]), ([1, -1, 0, -1], None)),
    ],
)
def test_a_missing_label_is_unknown_in_every_form(labels: object, expected: object) -> None:
    series = pd.Series(labels)
    assert labels_of(series) == labels_of(series.to_frame()) == labels_of(labels) == expected


def test_masked_values_are_missing_ones() -> None:
    mask = [False, True, False, True]
    assert labels_of(np.ma.array([1, 5, 0, 5], mask=mask)) == ([1, -1, 0, -1], None)
    assert labels_of(np.ma.array(list("bxax"), mask=mask)) == ([1, -1, 0, -1], ("a", "b"))
    masked = np.ma.array(X, mask=np.repeat([mask], 2, axis=0).T)
    missing = np.where(masked.mask, np.nan, X)
    prepared = as_graph(PATH, features=masked).features
    assert torch.equal(prepared, as_graph(PATH, features=missing).features)
    assert prepared.isfinite().all()
    with pytest.raises(InputError, match="row 2: expected finite features"):
        features_of(masked)


@pytest.mark.parametrize("scale", [1, 100])
def test_arrays_of_any_type_are_features(scale: int) -> None:
    """With a scale of 100, features are standardised."""
    x = torch.from_numpy(scale * X)
    expected = as_graph(PATH, features=x).features
    kinds: list[Any] = [(scale * X).astype(dtype) for dtype in (">f4", ">f8", "f2", "g", "i2")]
    kinds += [x.bfloat16(), x.half(), x.requires_grad_()]
    for kind in kinds:
        assert torch.allclose(as_graph(PATH, features=kind).features, expected, rtol=1e-2)


def test_int8_features_are_standardised_like_others() -> None:
    x = np.array([[-128], [0], [1], [2]], dtype=np.int8)
    expected = as_graph(PATH, features=x.astype(float)).features
    assert torch.equal(as_graph(PATH, features=x).features, expected)


def test_sparse_features_of_any_kind_are_taken() -> None:
    ends, values = ([0, 0, 1, 3], [0, 0, 1, 0]), np.array([200, 200, 1, 1], dtype=np.uint8)
    matrix = scipy.sparse.coo_array((values, ends), shape=(4, 2))
    parts = torch.tensor(ends), torch.from_numpy(values)
    tensor = torch.sparse_coo_tensor(*parts, (4, 2), check_invariants=True)
    kinds: list[Any] = [matrix, tensor, tensor.bfloat16(), csr_tensor(matrix.astype(float).tocsr())]
    for kind in kinds:
        assert features_of(kind) == [[400, 0], [0, 1], [0, 0], [1, 0]]


@pytest.mark.parametrize(
    ("features", "says"),
    [
        (np.zeros((4, 0)), "features: expected at least one per node, got none"),
        (pd.DataFrame(index=range(4)), "expected columns, got a DataFrame without any"),
        (pd.DataFrame(X, index=[[0, 1, 2, 3]] * 2), "expected an index of node ids, got one of s"),
        (torch.ones(4).to_sparse_coo(), r"expected a matrix with two axes, got \[4\]"),
        (scipy.sparse.csr_array(X * 1j), "expected a sparse matrix of real numbers, got complex"),
        ([[1, 2], [3], [4, 5], [6, 7]], "the features: .*rows of different lengths"),
        (torch.ones(4, 2, dtype=torch.cfloat), r"the features: expected numbers .*complex64"),
        (torch.ones(4, 2, dtype=torch.cfloat).to_sparse_coo(), "expected real numbers"),
    ],
)
def test_what_is_no_matrix_of_features_is_refused(features: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        features_of(features)


@pytest.mark.parametrize("names", [("b", "a", "c"), ("7", "5", "9")])
@pytest.mark.parametrize(
    "head", ["", "label,id\n", "community,member\n", "team,player\n", "label,name\n"]
)
def test_labels_before_the_ids(head: str, names: tuple[str, ...], tmp_path: Path) -> None:
    b, a, c = names
    for words in (("0", "1", "0"), ("red", "white", "red")):
        rows = "".join(f"{word},{name}\n" for word, name in zip(words, names, strict=True))
        graph = read(tmp_path, f"{b},{a}\n{a},{c}\n", labels=head + rows)
        label = dict(zip(graph.node_names, graph.labels.tolist(), strict=True))
        assert label == {b: 0, a: 1, c: 0}


def test_labels_of_a_part_of_the_nodes_before_the_ids(tmp_path: Path) -> None:
    edges = "".join(f"p{i},p{i + 1}\n" for i in range(9))
    graph = read(tmp_path, edges, labels="class;vertex\n1;p3\n0;p4\n")
    assert graph.num_nodes == 10
    assert graph.labels.tolist() == [-1, -1, -1, 1, 0, -1, -1, -1, -1, -1]
    graph = read(tmp_path, edges, labels="red;x\nblue;p3\nred;p4\nblue;p5\n")
    assert graph.node_names[-1] == "x"


@pytest.mark.parametrize("marker", ["", "NA", "n/a", "nan", "NaN", "?", "null", " NULL "])
def test_markers_of_missing_labels_are_no_class(marker: str, tmp_path: Path) -> None:
    graph = read(tmp_path, STRINGS, labels=f"id,label\na,red\nb,{marker}\nc,none\n")
    assert (graph.labels.tolist(), graph.class_names) == ([-1, 1, 0], ("none", "red"))
    graph = read(tmp_path, STRINGS, labels=f"id,label\na,2\nb,{marker}\nc,0\n")
    assert (graph.labels.tolist(), graph.class_names) == ([-1, 2, 0], None)
    graph = read(tmp_path, RANGE, labels=f"label\n2\n{marker or '?'}\n0\n")
    assert graph.labels.tolist() == [2, -1, 0]
