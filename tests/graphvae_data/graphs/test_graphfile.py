"""Graph files: a graph is read back unchanged, and the file contains no pickle."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphfile import read_graph, save_graph
from graphvae_data.graphs.graphs import load_graph


@pytest.mark.parametrize("name", ["karate", "les-miserables", "digits-knn", "citeseer"])
def test_round_trip(name: str, tmp_path: Path) -> None:
    before = load_graph(name)
    save_graph(tmp_path / "graph.npz", before)
    after = read_graph(tmp_path / "graph.npz")
    assert torch.equal(before.edges, after.edges)
    assert (before.name, before.node_names) == (after.name, after.node_names)
    assert before.content_fingerprint == after.content_fingerprint
    assert before.features is None or before.features.layout == after.features.layout
    assert before.labels is None or torch.equal(before.labels, after.labels)


def test_a_bare_graph_gets_numbers_for_names(tmp_path: Path) -> None:
    save_graph(tmp_path / "g.npz", Graph.from_edges(torch.tensor([[1], [0]]), 3))
    data = read_graph(tmp_path / "g.npz")
    assert data.node_names == ("0", "1", "2")
    assert data.edges.tolist() == [[0], [1]]


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
    with pytest.raises(InputError, match=r"bad\.npz: .*expected"):
        read_graph(path)


def test_missing_files_and_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found none"):
        read_graph(tmp_path / "absent.npz")
    with pytest.raises(InputError, match=r"ending in \.npz"):
        save_graph(tmp_path / "graph.txt", load_graph("karate"))


@pytest.mark.parametrize("directed", [True, False])
def test_direction_weights_times_and_classes_are_kept(directed: bool, tmp_path: Path) -> None:
    karate = load_graph("karate")
    edges = torch.cat([karate.edges, karate.edges.flip(0)[:, 7:]], 1)
    before = Graph.from_edges(
        edges,
        34,
        directed=directed,
        labels=karate.labels,
        class_names=("Mr. Hi", "Officer"),
        name="k",
    )
    before = replace(
        before,
        weights=torch.arange(before.num_edges).float(),
        times=(before.edges[0] * 34 + before.edges[1]).double(),
    )
    save_graph(tmp_path / "g.npz", before)
    after = read_graph(tmp_path / "g.npz")
    for name in ("edges", "weights", "times", "labels"):
        assert torch.equal(getattr(after, name), getattr(before, name))
        assert getattr(after, name).dtype == getattr(before, name).dtype
    assert (after.directed, after.class_names) == (directed, before.class_names)
    assert after.fingerprint == before.fingerprint


def test_a_file_without_direction_is_undirected(tmp_path: Path) -> None:
    path = tmp_path / "g.npz"
    save_graph(path, load_graph("karate"))
    with np.load(path) as archive:
        arrays = {key: archive[key] for key in archive.files if key != "directed"}
    np.savez(path, **arrays)
    assert read_graph(path).fingerprint == load_graph("karate").fingerprint
