"""Malformed graph files, and what the error message must say of each."""

import gzip
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import scipy.io
import scipy.sparse
import torch
from torch_geometric.data import Data

from graphvae_data.graphs.read_options import ReadOptions

Content = str | bytes | Callable[[Path], object]
TRIANGLE = "a,b\nb,c\nc,a\n"
NUMBERED = "0,1\n1,2\n"
PLAIN = ReadOptions(feature_prep="none")


@dataclass(frozen=True)
class Bad:
    """A graph file, perhaps with features and labels, one of which is malformed.

    `says` is a regular expression for the message; `what` names the case.
    """

    what: str
    name: str
    content: Content | None
    says: str
    options: ReadOptions = field(default_factory=ReadOptions)
    features: tuple[str, Content] | None = None
    labels: tuple[str, Content] | None = None


def dumped(value: object) -> Callable[[Path], object]:
    return lambda path: torch.save(value, path)


def matrix(values: object) -> Callable[[Path], object]:
    return lambda path: scipy.sparse.save_npz(path, scipy.sparse.csr_array(np.array(values)))


def mat(**variables: object) -> Callable[[Path], object]:
    return lambda path: scipy.io.savemat(path, variables)


def arrays(**values: object) -> Callable[[Path], object]:
    return lambda path: np.savez(path, **values)


def array(values: object) -> Callable[[Path], object]:
    return lambda path: np.save(path, np.array(values))


def frame(**columns: object) -> Callable[[Path], object]:
    return lambda path: pd.DataFrame(columns).to_parquet(path)


def folder(path: Path) -> None:
    path.mkdir()


def weighted_graphml(weight: object) -> Callable[[Path], object]:
    graph = nx.Graph()
    graph.add_edge("a", "b", weight=weight)
    return lambda path: nx.write_graphml(graph, path)


def with_nan(path: Path) -> None:
    x = np.eye(3)
    x[1, 2] = np.nan
    scipy.sparse.save_npz(path, scipy.sparse.csr_array(x))


EDGES = ReadOptions()
BAD = [
    # edge lists
    Bad("missing file", "g.csv", None, "found none"),
    Bad("a folder", "g.csv", folder, "got the folder"),
    Bad("empty file", "g.csv", "", "got an empty file"),
    Bad("blank file", "g.txt", " \n\t\n", "got an empty file"),
    Bad("comments alone", "g.txt", "# a\n% b\n", "got an empty file"),
    Bad("header alone", "g.csv", "source,target\n", "only a header"),
    Bad("binary file", "g.csv", b"a,b\n\x00\x01\x02", "line 2: expected text, got binary"),
    Bad("not UTF-8", "g.csv", "a,b\né,c\n".encode("latin1"), "line 2: expected UTF-8.*0xe9"),
    Bad("UTF-16", "g.csv", "a,b\n".encode("utf-16-le"), "got binary"),
    Bad("one column", "g.csv", "a\nb\n", "line 1: expected at least two columns"),
    Bad("short row", "g.csv", "a,b\n\nc\n", "line 3: expected 2 fields.*got 1: 'c'"),
    Bad("long row", "g.txt", "# c\na b\nb c d\n", "line 3: expected 2 fields.*got 3"),
    Bad("long quoted row", "g.csv", '"a,",b\nb,"c",d\n', "line 2: expected 2 fields.*got 3"),
    Bad("open quote", "g.csv", 'a,b\n"b,c\nc,d\n', "expected"),
    Bad("empty id", "g.csv", "source,target\na,b\n,c\n", "line 3: expected a node id in source"),
    Bad("one node", "g.csv", "a,a\n", "at least two nodes, got one"),
    Bad("loops alone", "g.csv", "a,a\nb,b\n", "got only 2 self-loops"),
    Bad("NaN weight", "g.csv", "a,b,1\nb,c,nan\n", "line 2: expected a finite weight.*'nan'"),
    Bad("infinite weight", "g.csv", "a,b,1\nb,c,inf\n", "line 2: expected a finite weight"),
    Bad("negative weight", "g.csv", "u,v,weight\na,b,1\nb,c,-2\n", "line 3.*weight, got '-2'"),
    Bad("a word as weight", "g.csv", "a,b,1\n\n#\nb,c,x\n", "line 4: expected a finite weight"),
    Bad(
        "no weight",
        "g.csv",
        "a,b,1\nb,c,\n",
        "line 2: expected a finite weight.*got an empty field",
    ),
    Bad("huge weights", "g.csv", "a,b,1e38\na,b,3e38\na,b,3e38\n", "weights below 3.4e38"),
    Bad(
        "no such column",
        "g.csv",
        "from,to\na,b\n",
        "no column 'form'.*mean from.*source-col",
        ReadOptions(source="form", target="to"),
    ),
    Bad(
        "no such weight",
        "g.csv",
        "u,v,score\na,b,1\n",
        "did you mean score",
        ReadOptions(weight="scores"),
    ),
    Bad(
        "no such number",
        "g.csv",
        "a,b\n",
        "a number from 1 to 2",
        ReadOptions(source="3", header=False),
    ),
    Bad(
        "same column twice",
        "g.csv",
        "u,v\na,b\n",
        "two different columns",
        ReadOptions(source="u", target="u"),
    ),
    Bad("columns of one name", "g.csv", "source,target,w,w\na,b,1,1\n", "'w' twice"),
    Bad(
        "a word as time",
        "g.csv",
        "u,v,t\na,b,2020-01-01\nb,c,soon\n",
        "line 3.*ISO date.*soon",
        ReadOptions(time="t"),
    ),
    Bad(
        "NaN time",
        "g.csv",
        "u,v,t\na,b,5\nb,c,nan\n",
        "line 3: expected a finite number as time",
        ReadOptions(time="t"),
    ),
    Bad("unknown ending", "g.xlsx", "a,b\n", "ending in one of .csv"),
    Bad("near ending", "g.graphm", "x", r"did you mean \.graphml"),
    Bad("packed matrix", "g.npz.gz", b"", "ending in one of"),
    Bad("truncated gzip", "g.csv.gz", gzip.compress(TRIANGLE.encode() * 99)[:-12], "complete gzip"),
    Bad("text called .gz", "g.csv.gz", TRIANGLE, "complete gzip file"),
    # Parquet
    Bad("no Parquet", "g.parquet", TRIANGLE, "expected a Parquet file"),
    Bad("empty Parquet", "g.parquet", frame(u=[], v=[]), "empty table"),
    Bad(
        "fractions as ids",
        "g.parquet",
        frame(u=[1.5, 2], v=[2.0, 3]),
        "ends of an edge: u .numbers, such as 1.5",
    ),
    Bad("null as id", "g.parquet", frame(u=["a", None], v=["b", "c"]), "row 2: expected a node id"),
    # networks
    Bad("malformed XML", "g.graphml", "<graphml><node", "expected a .graphml file, got .*line 1"),
    Bad("other XML", "g.graphml", "<html></html>", "expected a .graphml file"),
    Bad("empty GraphML", "g.graphml", "", "got an empty one"),
    Bad("no GML", "g.gml", "hello", "expected a .gml file"),
    Bad("binary GML", "g.gml", b"\xff\x00", "expected a .gml file"),
    Bad("no GEXF", "g.gexf", "<gexf/>", "expected a .gexf file"),
    Bad("no edges", "g.graphml", lambda p: nx.write_graphml(nx.empty_graph(3), p), "0 edges"),
    Bad("no nodes", "g.graphml", lambda p: nx.write_graphml(nx.Graph(), p), "0 nodes and 0 edges"),
    Bad(
        "negative attribute", "g.graphml", weighted_graphml(-1.0), "edge from 'a' to 'b'.*got -1.0"
    ),
    Bad("words as weights", "g.graphml", weighted_graphml("x"), "edge from 'a' to 'b'.*got 'x'"),
    Bad(
        "no attribute",
        "g.graphml",
        weighted_graphml(1.0),
        "no edge attribute 'wieght'.*weight",
        ReadOptions(weight="wieght"),
    ),
    Bad(
        "undirected GraphML",
        "g.graphml",
        weighted_graphml(1.0),
        "got an undirected one",
        ReadOptions(directed=True),
    ),
    # matrices
    Bad(
        "not square",
        "g.npz",
        matrix(np.ones((2, 3))),
        "square adjacency matrix, got 2 x 3",
        ReadOptions(bipartite=False),
    ),
    Bad("NaN entry", "g.npz", matrix([[0, 1], [np.nan, 0]]), "row 2, column 1.*got nan"),
    Bad("negative entry", "g.npz", matrix([[0, -1], [-1, 0]]), "row 1, column 2.*got -1"),
    Bad("empty matrix", "g.npz", matrix(np.zeros((3, 3))), "3 nodes and 0 edges"),
    Bad("pickled npz", "g.npz", arrays(a=np.array([{}], dtype=object)), "without pickled"),
    Bad("strange npz", "g.npz", arrays(a=np.ones(3)), "got arrays a"),
    Bad("no npz", "g.npz", "text", "expected plain NumPy arrays"),
    Bad(
        "no net",
        "g.mat",
        mat(nets=np.eye(2)),
        "expected a matrix net.*mean nets.*got nets",
        ReadOptions(mat_variable="net"),
    ),
    Bad("two nets", "g.mat", mat(p=np.eye(2), q=np.eye(3)), "p 2 x 2, q 3 x 3.*--mat-variable"),
    Bad("net of words", "g.mat", mat(net="abc"), "g.mat: expected"),
    Bad("no mat", "g.mat", "hello", "expected a MATLAB file"),
    Bad("half a mat", "g.mat", b"MATLAB 5.0 MAT-file" + b" " * 150, "expected a MATLAB file"),
    # PyG
    Bad("pickle", "g.pt", lambda p: p.write_bytes(pickle.dumps(nx.path_graph(3))), "pickled"),
    Bad("pickled graph", "g.pt", dumped(nx.path_graph(3)), "without other pickled objects"),
    Bad("no pt", "g.pt", "hello", "expected a PyTorch Geometric Data"),
    Bad("a tensor", "g.pt", dumped(torch.eye(3)), "got Tensor"),
    Bad("no edge_index", "g.pt", dumped({"x": torch.eye(3)}), "with edge_index, got x"),
    Bad("wrong edge_index", "g.pt", dumped({"edge_index": torch.eye(3)}), "edge_index .2, edge."),
    Bad(
        "ids beyond",
        "g.pt",
        dumped(Data(edge_index=torch.tensor([[0], [9]]), num_nodes=3)),
        "from 0 to 2 in edge_index, got 0 to 9",
    ),
    Bad(
        "NaN features",
        "g.pt",
        dumped(Data(edge_index=torch.tensor([[0], [1]]), x=torch.tensor([[1.0], [np.nan]]))),
        "row 2: expected finite features",
    ),
    Bad(
        "names that are none",
        "g.pt",
        dumped({"edge_index": torch.tensor([[0], [1]]), "node_names": 5}),
        "2 distinct node_names",
    ),
    Bad(
        "too few weights",
        "g.pt",
        dumped({"edge_index": torch.tensor([[0], [1]]), "edge_weight": torch.ones(3)}),
        "one value of edge_weight for each of 1 edges",
    ),
    Bad(
        "column of a matrix",
        "g.mat",
        mat(net=np.eye(2)),
        "no option --weight-col for a .mat",
        ReadOptions(weight="w"),
    ),
    Bad(
        "column of a network",
        "g.gml",
        "graph [ ]",
        "no option --source-col for a .gml",
        ReadOptions(source="s"),
    ),
    # features
    Bad("features missing", "g.csv", TRIANGLE, "f.csv, found none", features=("f.csv", folder)),
    Bad("no feature file", "g.csv", TRIANGLE, "features in a file ending", features=("f.doc", "x")),
    Bad(
        "node without features",
        "g.csv",
        TRIANGLE,
        "row for every node, got none for 'c'",
        features=("f.csv", "id,x\na,1\nb,2\n"),
    ),
    Bad(
        "duplicate id",
        "g.csv",
        TRIANGLE,
        "line 4: expected each node once, got 'a' again.*line 2",
        features=("f.csv", "id,x\na,1\nb,2\na,3\nc,1\n"),
    ),
    Bad(
        "NaN feature",
        "g.csv",
        TRIANGLE,
        "f.csv, line 3: expected a finite number in x, got 'nan'",
        options=PLAIN,
        features=("f.csv", "id,x\na,1\nb,nan\nc,3\n"),
    ),
    Bad(
        "infinite feature",
        "g.csv",
        TRIANGLE,
        "f.csv, line 1: expected a finite number",
        features=("f.csv", "a,inf\nb,2\nc,3\n"),
    ),
    Bad(
        "a word as feature",
        "g.csv",
        TRIANGLE,
        "f.csv, line 4: expected a finite number in y",
        options=PLAIN,
        features=("f.csv", "id,x,y\na,1,1\nb,2,2\nc,3,red\n"),
    ),
    Bad(
        "ragged features",
        "g.csv",
        TRIANGLE,
        "f.csv, line 2: expected 3 fields",
        features=("f.csv", "a,1,2\nb,2\nc,1,2\n"),
    ),
    Bad("ids alone", "g.csv", TRIANGLE, "f.csv: expected", features=("f.csv", "id\na\nb\nc\n")),
    Bad(
        "order of names",
        "g.csv",
        TRIANGLE,
        "order of named nodes",
        features=("f.npy", array(np.eye(3))),
    ),
    Bad(
        "too few rows",
        "g.csv",
        NUMBERED,
        "3 rows, one for each node, got 2",
        features=("f.npy", array(np.eye(2))),
    ),
    Bad("too many rows", "g.csv", NUMBERED, "3 rows.*got 5", features=("f.csv", ".5,1\n" * 5)),
    Bad(
        "NaN in npy",
        "g.csv",
        NUMBERED,
        "f.npy, row 2: expected finite",
        options=PLAIN,
        features=("f.npy", array([[1, 0], [np.nan, 1], [0, 0]])),
    ),
    Bad(
        "NaN in sparse",
        "g.csv",
        NUMBERED,
        "f.npz, row 2: expected finite",
        features=("f.npz", with_nan),
    ),
    Bad(
        "words in npy",
        "g.csv",
        NUMBERED,
        "expected numbers",
        features=("f.npy", array([["a"]] * 3)),
    ),
    Bad("one axis", "g.csv", NUMBERED, "expected numbers", features=("f.npy", array([1, 2, 3]))),
    Bad("no x", "g.csv", NUMBERED, "an array x", features=("f.npz", arrays(z=np.eye(3)))),
    Bad(
        "too large for float32",
        "g.csv",
        NUMBERED,
        "row 1: expected a finite",
        features=("f.npy", array([[1e300], [0], [0]])),
    ),
    Bad(
        "id not in the graph",
        "g.mat",
        mat(net=np.ones((3, 3))),
        "line 5: expected a node of the graph, got '3'",
        features=("f.csv", "id,x\n0,1\n1,1\n2,1\n3,1\n"),
    ),
    # labels
    Bad(
        "label of nobody",
        "g.csv",
        TRIANGLE,
        "l.csv, line 2: expected a node of the graph, got 'z'",
        features=("f.csv", "id,x\na,1\nb,2\nc,3\n"),
        labels=("l.csv", "a,red\nz,blue\n"),
    ),
    Bad(
        "label twice",
        "g.csv",
        TRIANGLE,
        "l.csv, line 2: expected each node once",
        labels=("l.csv", "a,red\na,blue\n"),
    ),
    Bad("three columns", "g.csv", TRIANGLE, "expected two columns", labels=("l.csv", "a,1,2\n")),
    Bad(
        "negative label",
        "g.csv",
        TRIANGLE,
        "l.csv, line 2: expected a label from 0",
        labels=("l.csv", "a,1\nb,-7\n"),
    ),
    Bad(
        "labels too few",
        "g.csv",
        NUMBERED,
        "l.npy: expected 3 rows",
        labels=("l.npy", array([1, 2])),
    ),
    Bad(
        "labels as matrix",
        "g.csv",
        NUMBERED,
        "one-dimensional array",
        labels=("l.npy", array([[1]] * 3)),
    ),
]


def put(path: Path, content: Content | None) -> Path:
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8", newline="")
    elif isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        content(path)
    return path


@dataclass(frozen=True)
class Paths:
    """The paths of the files of a malformed graph."""

    graph: Path
    features: Path | None
    labels: Path | None

    @property
    def faulty(self) -> str:
        """The name of the malformed file, which the message must contain."""
        return (self.labels or self.features or self.graph).name


def put_all(bad: Bad, folder: Path) -> Paths:
    graph = put(folder / bad.name, bad.content)
    features = put(folder / bad.features[0], bad.features[1]) if bad.features else None
    labels = put(folder / bad.labels[0], bad.labels[1]) if bad.labels else None
    if bad.what == "features missing" and features is not None:
        features.rmdir()
    return Paths(graph, features, labels)
