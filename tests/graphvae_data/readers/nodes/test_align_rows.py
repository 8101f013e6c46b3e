"""Ids match whether integers are written as such or as floats."""

from pathlib import Path

import pandas as pd
import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import read_graph_file

EDGES = [(2, 1), (1, 10), (10, 0)]
X = {0: 0.5, 1: 1.5, 2: 2.5, 10: 3.5}
Y = {1: "b", 2: "c", 10: "b"}


def write(path: Path, frame: pd.DataFrame, index: bool = False) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=index)
    else:
        frame.to_csv(path, index=index)
    return path


def read(folder: Path, edges: str, ending: str, *, title: str = "id") -> Graph:
    """The graph from tables with ids of the types `edges` and float."""
    ends = pd.DataFrame(EDGES, columns=["source", "target"]).astype(edges)
    x = pd.DataFrame({title: list(X)[::-1], "x": list(X.values())[::-1]}).astype({title: float})
    y = pd.DataFrame({title: list(Y), "y": list(Y.values())}).astype({title: float})
    return read_graph_file(
        write(folder / f"g.{ending}", ends),
        ReadOptions(feature_prep="none"),
        features=write(folder / f"x.{ending}", x),
        labels=write(folder / f"y.{ending}", y),
    )


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("edges", ["int64", "float64", "float32"])
def test_whole_floats_are_integer_ids(edges: str, ending: str, tmp_path: Path) -> None:
    graph = read(tmp_path, edges, ending)
    assert graph.node_names == ("0", "1", "2", "10")
    assert graph.features is not None
    assert graph.features.flatten().tolist() == list(X.values())
    assert graph.labels is not None
    assert graph.labels.tolist() == [-1, 0, 1, 0]


def test_labels_with_a_title_nobody_knows(tmp_path: Path) -> None:
    graph = (tmp_path / "g.csv", tmp_path / "y.csv")
    graph[0].write_text("0.0,1.0\n1.0,2.0\n")
    graph[1].write_text("person,team\n0.0,red\n1.0,white\n2.0,red\n")
    labels = read_graph_file(graph[0], labels=graph[1]).labels
    assert labels is not None
    assert labels.tolist() == [0, 1, 0]


def test_fractions_and_missing_ids(tmp_path: Path) -> None:
    ends = pd.DataFrame({"source": [0.5, 1.0], "target": [1.0, 2.0]})
    with pytest.raises(InputError, match="text or integers in source, got double"):
        read_graph_file(write(tmp_path / "g.parquet", ends), ReadOptions(source="1", target="2"))
    ends["source"] = [0.0, None]
    with pytest.raises(InputError, match="row 2: expected a node id in source, got an empty field"):
        read_graph_file(write(tmp_path / "g.parquet", ends), ReadOptions(source="1", target="2"))
    (tmp_path / "g.csv").write_text("1.0,2.5\n2.5,3.0\n")
    (tmp_path / "x.csv").write_text("id,x\n1.0,1\n2.5,2\n3.0,3\n")
    graph = read_graph_file(tmp_path / "g.csv", features=tmp_path / "x.csv")
    assert graph.num_nodes == 3


def test_features_by_order_may_be_whole_floats(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text("0,1\n1,2\n")
    features = pd.DataFrame({"x": [2.0, 1.0, 0.0], "y": [1.0, 1.0, 2.0]})
    for name in ("x.csv", "x.parquet"):
        graph = read_graph_file(
            tmp_path / "g.csv",
            ReadOptions(feature_prep="none"),
            features=write(tmp_path / name, features),
        )
        assert graph.features is not None
        assert graph.features.tolist() == features.to_numpy().tolist()


@pytest.mark.parametrize("header", ["", "person,x\n"])
def test_ids_as_floats_in_edges_are_ids_in_features_too(header: str, tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text("0.0,1.0\n1.0,2.0\n")
    (tmp_path / "x.csv").write_text(header + "2.0,7.5\n1.0,6.5\n0.0,5.5\n")
    options = ReadOptions(feature_prep="none")
    graph = read_graph_file(tmp_path / "g.csv", options, features=tmp_path / "x.csv")
    assert graph.features is not None
    assert graph.features.tolist() == [[5.5], [6.5], [7.5]]
