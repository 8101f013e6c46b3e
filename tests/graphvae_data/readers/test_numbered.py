"""Edges and features in .npy files: memory-mapped, and read like any other format."""

from pathlib import Path

import numpy as np
import pytest
import torch

from graphvae_data.core.errors import InputError
from graphvae_data.files.arrays import map_array
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import read_graph_file

PLAIN = ReadOptions(feature_prep="none")
EDGES = np.array([[0, 2], [2, 1], [1, 0], [5, 5], [1, 2], [4, 0]])


def written(tmp_path: Path, array: np.ndarray, name: str = "edges.npy") -> Path:
    np.save(tmp_path / name, array)
    return tmp_path / name


@pytest.mark.parametrize("kind", ["int64", "int32", "uint16"])
@pytest.mark.parametrize("turned", [False, True])
def test_both_layouts_and_all_whole_numbers_give_the_graph(
    tmp_path: Path, kind: str, turned: bool
) -> None:
    array = EDGES.astype(kind)
    own = read_graph_file(written(tmp_path, array.T if turned else array))
    assert own.node_names == ("0", "1", "2", "3", "4", "5")
    pairs = own.edges.T.tolist()
    assert pairs == [[0, 1], [0, 2], [0, 4], [1, 2]]
    assert (own.reading.self_loops, own.reading.isolated) == (1, 2)


def test_the_graph_is_that_of_the_same_edges_as_text(tmp_path: Path) -> None:
    edges = np.random.default_rng(0).integers(50, size=(400, 2))
    edges = np.concatenate([edges, np.stack([np.arange(49), np.arange(1, 50)], 1)])
    np.savetxt(tmp_path / "edges.csv", edges, fmt="%d", delimiter=",")
    text, mapped = (
        read_graph_file(tmp_path / "edges.csv"),
        read_graph_file(written(tmp_path, edges)),
    )
    assert text.node_names == mapped.node_names
    assert text.fingerprint == mapped.fingerprint
    columns = "; source column 1, target column 2"
    assert text.reading.line().replace(columns, "") == mapped.reading.line()


@pytest.mark.parametrize(
    ("array", "wrong"),
    [
        (np.zeros((3, 3), int), "integers"),
        (np.zeros((2, 3)), "integers"),
        (np.zeros((2, 0), int), "0 edges"),
        (np.array([[0, 1, -1], [1, 2, 0]]), "from 0"),
        (np.array([[0, 1, 2**31], [1, 2, 0]]), "at most 2147483647"),
        (np.array([[{}, {}, {}], [1, 2, 3]], dtype=object), "plain .npy"),
    ],
)
def test_anything_else_is_refused_in_one_line(
    tmp_path: Path, array: np.ndarray, wrong: str
) -> None:
    path = tmp_path / "edges.npy"
    np.save(path, array, allow_pickle=True)
    with pytest.raises(InputError, match=wrong) as caught:
        read_graph_file(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.npy"):
        map_array(tmp_path / "none.npy", "edges")


def test_single_precision_features_are_used_where_they_lie(tmp_path: Path) -> None:
    """The tensor sees a change of the file: it holds no copy."""
    edges = written(tmp_path, EDGES)
    path = written(tmp_path, np.arange(12, dtype=np.float32).reshape(6, 2), "x.npy")
    x = read_graph_file(edges, PLAIN, features=path).features
    assert torch.equal(x, torch.arange(12.0).reshape(6, 2))
    stored = np.load(path, mmap_mode="r+")
    stored[0, 0] = 7
    stored.flush()
    assert x[0, 0] == 7
    x[1, 1] = -1  # a change of the tensor stays out of the file
    assert np.load(path)[1, 1] == 3


@pytest.mark.parametrize("kind", ["float16", "float64", "int8"])
def test_other_numbers_are_brought_to_single_precision(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, np.arange(12).reshape(6, 2).astype(kind), "x.npy")
    x = read_graph_file(written(tmp_path, EDGES), PLAIN, features=path).features
    assert x.dtype == torch.float32
    assert torch.equal(x, torch.arange(12.0).reshape(6, 2))


def test_a_feature_that_is_not_finite_is_named_by_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphvae_data.readers.nodetables.BLOCK_ROWS", 2)
    features = np.ones((6, 2), dtype=np.float32)
    features[4, 1] = np.nan
    path = written(tmp_path, features, "x.npy")
    with pytest.raises(InputError, match="row 5: expected finite"):
        read_graph_file(written(tmp_path, EDGES), PLAIN, features=path)
