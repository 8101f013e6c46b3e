"""A graph written and read is the same graph, and a file holds no pickle."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graphs import (
    content_fingerprint,
    graph_fingerprint,
    load_graph,
    read_graph,
    save_graph,
)


@pytest.mark.parametrize("name", ["karate", "les-miserables", "digits-knn", "citeseer"])
def test_round_trip(name: str, tmp_path: Path) -> None:
    before = load_graph(name)
    save_graph(tmp_path / "graph.npz", before)
    after = read_graph(tmp_path / "graph.npz")
    assert before.keys() == after.keys()
    assert torch.equal(before.edge_index, after.edge_index)
    assert (before.name, before.node_names) == (after.name, after.node_names)
    assert content_fingerprint(before) == content_fingerprint(after)
    assert before.x is None or before.x.layout == after.x.layout
    assert before.y is None or torch.equal(before.y, after.y)


def test_a_bare_graph_gets_numbers_for_names(tmp_path: Path) -> None:
    save_graph(tmp_path / "g.npz", Data(edge_index=torch.tensor([[1], [0]]), num_nodes=3))
    data = read_graph(tmp_path / "g.npz")
    assert data.node_names == ["0", "1", "2"]
    assert data.edge_index.tolist() == [[0, 1], [1, 0]]


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path) -> None:
    data = load_graph("karate")
    for name in ("a.npz", "b.npz"):
        save_graph(tmp_path / name, data)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    np.savez(path, num_nodes=np.array(1), pairs=np.array([object()]))
    with pytest.raises(InputError, match=r"bad.npz.*allow_pickle"):
        read_graph(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"text"])
def test_damage_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot read the graph file .*bad\.npz"):
        read_graph(path)


def test_flipped_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    save_graph(path, load_graph("karate"))
    content = bytearray(path.read_bytes())
    middle = content.index(b"pairs.npy") + 60
    content[middle : middle + 20] = bytes(20)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot read the graph file .*bad\.npz"):
        read_graph(path)


@pytest.mark.parametrize(
    ("key", "value"), [("y", np.zeros(3)), ("pairs", np.full((2, 4), 99)), ("pairs", np.ones(3))]
)
def test_arrays_that_disagree_are_refused(key: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    save_graph(path, load_graph("karate"))
    with np.load(path) as archive:
        arrays = dict(archive)
    np.savez(path, **{**arrays, key: value})
    with pytest.raises(InputError, match=r"bad\.npz: expected"):
        read_graph(path)


def test_missing_files_and_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found none"):
        read_graph(tmp_path / "absent.npz")
    with pytest.raises(InputError, match=r"ending in \.npz"):
        save_graph(tmp_path / "graph.txt", load_graph("karate"))


@pytest.mark.parametrize("directed", [True, False])
def test_direction_weights_times_and_classes_are_kept(directed: bool, tmp_path: Path) -> None:
    karate = load_graph("karate")
    edge_index = karate.edge_index[:, 7:] if directed else karate.edge_index
    count = edge_index.shape[1]
    key = (edge_index.amin(0) * 34 + edge_index.amax(0)).double()
    before = Data(
        edge_index=edge_index,
        num_nodes=34,
        name="k",
        node_names=karate.node_names,
        y=karate.y,
        class_names=("Mr. Hi", "Officer"),
        directed=directed,
        edge_weight=torch.arange(count).float() if directed else key.float(),
        edge_time=key,
    )
    save_graph(tmp_path / "g.npz", before)
    after = read_graph(tmp_path / "g.npz")
    assert set(after.keys()) == set(before.keys())
    for name in ("edge_index", "edge_weight", "edge_time", "y"):
        assert torch.equal(after[name], before[name])
        assert after[name].dtype == before[name].dtype
    assert (after.directed, after.class_names) == (directed, before.class_names)
    assert graph_fingerprint(after) == graph_fingerprint(before)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(0))
    for name in ("edge_index", "edge_weight", "edge_time"):
        before[name] = before[name][..., order]
    save_graph(tmp_path / "shuffled.npz", before)
    assert (tmp_path / "shuffled.npz").read_bytes() == (tmp_path / "g.npz").read_bytes()


def test_weights_of_an_edge_given_twice_are_refused(tmp_path: Path) -> None:
    data = Data(edge_index=torch.tensor([[0, 0], [1, 1]]), num_nodes=2, edge_weight=torch.ones(2))
    with pytest.raises(InputError, match="each edge once"):
        save_graph(tmp_path / "g.npz", data)
