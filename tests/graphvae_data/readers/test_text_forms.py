"""Texts that are no plain table are read as what they are."""

from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import read_graph_file

LES = nx.convert_node_labels_to_integers(nx.les_miserables_graph())
TREE = nx.random_labeled_tree(12, seed=1)


def read(folder: Path, content: str, name: str = "g.txt", **options: object) -> Graph:
    (folder / name).write_text(content, encoding="utf-8")
    return read_graph_file(folder / name, ReadOptions(**options))


@pytest.mark.parametrize(
    ("content", "weights"),
    [
        ("1 2 {}\n2 3 {'weight': 2}\n1 3 {}\n", [1, 1, 2]),
        ("1 2 {'weight': 3}\n2 3 {'weight': 1}\n1 3 {'weight': 9}\n", [3, 9, 1]),
        ("1 2 {'weight': 3, 'sign': 1}\n2 3 {'weight': 1, 'sign': 1}\n", [3, 1]),
        ("1,2,{'a': {'b': 1}}\n2,3,{}\n", None),
    ],
)
def test_networkxs_lists_with_attributes(
    content: str, weights: list[float] | None, tmp_path: Path
) -> None:
    graph = read(tmp_path, content)
    assert graph.node_names == ("1", "2", "3")
    assert (graph.weights if weights is None else graph.weights.tolist()) == weights
    assert graph.reading is not None
    assert ("sign" in content) == ("sign" in graph.reading.unused)
    with pytest.raises(InputError, match="line 2: expected two ids and a dictionary"):
        read(tmp_path, "1 2 {}\n2 3 {open(1)}\n")


def test_what_networkx_writes_comes_back(tmp_path: Path) -> None:
    nx.write_edgelist(LES, tmp_path / "a.edgelist")
    nx.write_weighted_edgelist(LES, tmp_path / "b.edgelist")
    nx.write_adjlist(LES, tmp_path / "c.txt")
    graphs = [read_graph_file(tmp_path / name) for name in ("a.edgelist", "b.edgelist", "c.txt")]
    assert {graph.fingerprint for graph in graphs} == {graphs[0].fingerprint}
    assert [graph.weights is None for graph in graphs] == [False, False, True]
    nx.write_multiline_adjlist(LES, tmp_path / "d.txt")
    with pytest.raises(InputError, match="multiline format"):
        read_graph_file(tmp_path / "d.txt")


def test_n_triples_keep_resources_and_leave_values(tmp_path: Path) -> None:
    triples = "<http://x/A> <http://p/link> <http://x/B> .\n<http://x/B> <http://p/link> _:c .\n"
    graph = read(tmp_path, triples + '<http://x/A> <http://p/name> "Ana"@en .\n', "g.nt")
    assert graph.node_names == ("http://x/A", "http://x/B", "_:c")
    with pytest.raises(InputError, match="line 2: expected a triple"):
        read(tmp_path, "<a> <b> <c> .\nhello\n")


def test_konects_first_comment_counts(tmp_path: Path) -> None:
    bipartite = read(tmp_path, "% bip unweighted\n1 1\n1 2\n2 2\n", "out.x")
    assert bipartite.reading is not None
    assert bipartite.reading.bipartite
    assert read(tmp_path, "% asym positive\n1 2 3\n2 3 4\n", "out.y").directed
    assert not read(tmp_path, "% asym positive\n1 2 3\n2 3 4\n", "out.y", directed=False).directed
    assert read(tmp_path, "% sym unweighted\n% 2 3 3\n1 2 1\n2 3 1\n", "out.z").weights is None
    with pytest.raises(InputError, match="ratings"):
        read(tmp_path, "% bip weighted\n1 1 4\n1 2 5\n2 2 1\n", "out.w")


def test_matrix_market_counts_from_one(tmp_path: Path) -> None:
    head = "%%MatrixMarket matrix coordinate pattern symmetric\n"
    assert read(tmp_path, head + "3 3 2\n2 1\n3 2\n", "g.mtx").node_names == ("1", "2", "3")
    two = read(tmp_path, head.replace("symmetric", "general") + "2 3 2\n1 1\n2 3\n", "g.mtx")
    assert two.node_names == ("row:1", "row:2", "column:1", "column:2", "column:3")


def test_matrices_in_text_are_matrices(tmp_path: Path) -> None:
    matrix = nx.to_numpy_array(TREE, dtype=int)
    names = [f"n{i}" for i in range(12)]
    expected = read_graph_file(_saved(tmp_path, matrix)).edges
    bare = "\n".join(",".join(map(str, row)) for row in matrix)
    headed = ",".join(names) + "\n" + bare
    labelled = ["," + ",".join(names)]
    labelled += [f"{n},{','.join(map(str, r))}" for n, r in zip(names, matrix, strict=True)]
    for content in (bare, headed, "\n".join(labelled)):
        graph = read(tmp_path, content + "\n", "g.csv")
        assert graph.edges.tolist() == expected.tolist()
        assert graph.node_names[0] == ("0" if content is bare else "n0")


def _saved(folder: Path, matrix: np.ndarray) -> Path:
    from scipy.sparse import csr_array, save_npz

    save_npz(folder / "m.npz", csr_array(matrix))
    return folder / "m.npz"


def test_rows_of_zeros_and_ones_are_two_sides_or_refused(tmp_path: Path) -> None:
    content = "1 0 1 0 0 1\n0 1 0 1 0 0\n1 0 0 0 1 0\n"
    with pytest.raises(InputError, match=r"3 rows of 6 numbers 0 or 1.*--bipartite"):
        read(tmp_path, content)
    assert read(tmp_path, content, bipartite=True).num_nodes == 9


def test_other_forms_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="got JSON"):
        read(tmp_path, '{"nodes": [1], "links": []}\n')
    with pytest.raises(InputError, match="line 2: expected 3 fields"):
        read(tmp_path, "a,b,c\nb,c\nc,d,e,f\n", "g.csv")
    listed = read(tmp_path, "a b c\nb d\ne\n", "g.adjlist")
    assert (listed.node_names, listed.num_edges) == (("a", "b", "c", "d", "e"), 3)


@pytest.mark.parametrize("first", ["n 0 n 11", "n 0 b", "a n 11", "Smith, J Doe, K", "a"])
def test_names_with_blanks_in_networkxs_lists_are_refused(first: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 2: expected two ids and a dictionary") as error:
        read(tmp_path, f"# made by networkx\n{first} {{'weight': 0.5}}\nn 0 n 1 {{'weight': 1}}\n")
    assert 'delimiter=","' in str(error.value)
    graph = read(tmp_path, "n 0,n 11,{'weight': 0.5}\nn 11,b,{}\n")
    assert graph.node_names == ("n 0", "n 11", "b")
