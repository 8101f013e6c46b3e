"""Every graph is the one the papers used, whichever source its bytes came from."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch_geometric.data import Data
from torch_geometric.datasets import Planetoid
from torch_geometric.utils import coalesce

from graphvae_data.core.errors import FetchError, InputError
from graphvae_data.download.fetch import fetch
from graphvae_data.graphs import graphs
from graphvae_data.graphs.graphs import (
    canonical_pairs,
    content_fingerprint,
    graph_facts,
    graph_fingerprint,
    load_graph,
    to_data,
)
from graphvae_data.registry.graphs import GRAPHS

CITATIONS = ["cora", "citeseer", "pubmed"]


def dense(x: torch.Tensor) -> torch.Tensor:
    return x.to_dense() if x.layout != torch.strided else x


def assert_same(one: Data, other: Data) -> None:
    assert one.keys() == other.keys()
    assert one.num_nodes == other.num_nodes
    assert one.node_names == other.node_names
    assert torch.equal(one.edge_index, other.edge_index)
    assert torch.equal(one.y, other.y)
    assert one.x.layout == other.x.layout == torch.sparse_csr
    assert torch.equal(one.x.crow_indices(), other.x.crow_indices())
    assert torch.equal(one.x.col_indices(), other.x.col_indices())
    assert torch.equal(one.x.values(), other.x.values())


FROM_GITHUB = ["usair", "ns", "pb", "yeast", "celegans", "power", "router", "ecoli"]


@pytest.mark.parametrize("name", [name for name in GRAPHS if name not in FROM_GITHUB])
def test_facts_and_form(name: str) -> None:
    assert_facts_and_form(name, load_graph(name))


@pytest.mark.parametrize("name", FROM_GITHUB[:4])
def test_facts_and_form_of_seals(
    name: str, raw_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHVAE_MIRROR", str(raw_data))
    assert_facts_and_form(name, load_graph(name))


@pytest.mark.parametrize("right", [True, False])
def test_of_a_file_that_is_not_pinned_the_facts_judge(
    right: bool, raw_data: Path, empty_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any file is taken under its name; only the right number of nodes and edges is a graph."""
    seal = tmp_path / "mirror" / "seal"
    seal.mkdir(parents=True)
    shutil.copyfile(raw_data / "seal" / "USAir.mat", seal / "Celegans.mat")
    monkeypatch.setenv("GRAPHVAE_MIRROR", str(seal.parent))
    if right:
        celegans = replace(GRAPHS["celegans"], facts=GRAPHS["usair"].facts)
        monkeypatch.setitem(GRAPHS, "celegans", celegans)
        assert_facts_and_form("celegans", load_graph("celegans"))
    else:
        with pytest.raises(FetchError, match=r"nodes should be 297, got 332; remove Celegans\.mat"):
            load_graph("celegans")


def test_an_empty_file_is_never_right(
    empty_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seal").mkdir()
    (tmp_path / "seal" / "Power.mat").touch()
    monkeypatch.setenv("GRAPHVAE_MIRROR", str(tmp_path))
    power = GRAPHS["power"]
    source = replace(power.sources[0], base="http://127.0.0.1:9")
    monkeypatch.setitem(GRAPHS, "power", replace(power, sources=(source,)))
    with pytest.raises(
        FetchError, match=r"Power\.mat has sha256 \w+, expected a file with content"
    ):
        load_graph("power")


def test_bloggers_in_one_group_have_its_label() -> None:
    data = load_graph("blogcatalog")
    assert int((data.y >= 0).sum()) == 7460
    assert data.node_names[0] == "1"
    assert data.node_names[-1] == "10312"


def assert_facts_and_form(name: str, data: Data) -> None:
    found, expected = graph_facts(data), GRAPHS[name].facts
    for fact, value in vars(expected).items():
        assert value is None or getattr(found, fact) == value
    assert data.name == name
    assert len(set(data.node_names)) == data.num_nodes
    assert data.is_undirected()
    assert data.is_coalesced()
    assert not data.has_self_loops()
    assert (data.x is None) == (expected.features is None)
    assert data.x is None or data.x.dtype == torch.float32
    assert (data.y is None) == (expected.classes is None)
    assert data.validate()


@pytest.mark.parametrize("name", CITATIONS)
def test_wheel_and_planetoid_files_give_the_same_bits(
    name: str, raw_data: Path, empty_home: Path, shared_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHVAE_MIRROR", str(raw_data))
    from_mirror = load_graph(name)
    assert not empty_home.exists()
    monkeypatch.delenv("GRAPHVAE_MIRROR")
    monkeypatch.setenv("GRAPHVAE_HOME", str(shared_home))
    source = GRAPHS[name].sources[0]
    files = fetch(source, name, False)
    assert_same(to_data(graphs._reader(source.reader)(files, GRAPHS[name]), name), from_mirror)


@pytest.mark.parametrize("name", CITATIONS)
def test_nodes_agree_with_pytorch_geometric(name: str, raw_data: Path, tmp_path: Path) -> None:
    raw = tmp_path / name.capitalize() / "raw"
    raw.mkdir(parents=True)
    for path in (raw_data / "planetoid").glob(f"ind.{name}.*"):
        shutil.copyfile(path, raw / path.name)
    theirs = Planetoid(str(tmp_path), name.capitalize())[0]
    ours = load_graph(name)
    known = ours.y >= 0
    assert torch.equal(ours.edge_index, coalesce(theirs.edge_index))
    assert torch.equal(dense(ours.x), theirs.x)
    assert torch.equal(ours.y[known], theirs.y[known])
    assert int((~known).sum()) == (15 if name == "citeseer" else 0)
    assert not dense(ours.x)[~known].any()


def test_a_graph_that_misses_a_fact_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    karate = GRAPHS["karate"]
    monkeypatch.setitem(
        GRAPHS, "karate", replace(karate, facts=replace(karate.facts, edges=79, fingerprint=None))
    )
    with pytest.raises(FetchError, match=r"karate .*edges should be 79, got 78"):
        load_graph("karate")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InputError, match=re.escape("(did you mean karate?)")):
        load_graph("karat")


def test_structure_fingerprint_ignores_order_features_and_labels() -> None:
    data = load_graph("karate")
    order = torch.randperm(data.edge_index.shape[1], generator=torch.Generator().manual_seed(0))
    other = Data(edge_index=data.edge_index[:, order], num_nodes=34, x=torch.ones(34, 2))
    assert graph_fingerprint(other) == graph_fingerprint(data)
    assert content_fingerprint(other) != content_fingerprint(data)
    one_way = Data(edge_index=canonical_pairs(data.edge_index, 34), num_nodes=34)
    assert graph_fingerprint(one_way) == graph_fingerprint(data)
    fewer = Data(edge_index=one_way.edge_index[:, 1:], num_nodes=34)
    larger = Data(edge_index=one_way.edge_index, num_nodes=35)
    assert len({graph_fingerprint(each) for each in (data, fewer, larger)}) == 3


def test_direction_is_part_of_the_fingerprint() -> None:
    edge_index = torch.tensor([[0, 1, 2], [1, 2, 0]])
    prints = {
        graph_fingerprint(Data(edge_index=edges, num_nodes=3, directed=directed))
        for edges in (edge_index, edge_index.flip(0))
        for directed in (True, False)
    }
    assert len(prints) == 3
    upward = torch.tensor([[0, 1], [1, 2]])
    same_pairs = {
        graph_fingerprint(Data(edge_index=upward, num_nodes=3, directed=directed))
        for directed in (True, False)
    }
    assert len(same_pairs) == 2
    shuffled = Data(edge_index=edge_index[:, [2, 0, 1]], num_nodes=3, directed=True)
    assert graph_fingerprint(shuffled) in prints
    absent = Data(edge_index=edge_index, num_nodes=3)
    undirected = Data(edge_index=edge_index, num_nodes=3, directed=False)
    assert graph_fingerprint(absent) == graph_fingerprint(undirected)


def test_undirected_fingerprints_stay_as_they_were() -> None:
    """The registry's digests were made before graphs could be directed."""
    assert graph_fingerprint(load_graph("karate")) == GRAPHS["karate"].facts.fingerprint


def test_weights_are_part_of_the_content_in_any_order_of_edges() -> None:
    data = load_graph("karate")
    plain = content_fingerprint(data)
    data.edge_weight = (data.edge_index[0] + data.edge_index[1]).float()
    weighted = content_fingerprint(data)
    assert weighted != plain
    order = torch.randperm(156, generator=torch.Generator().manual_seed(0))
    data.edge_index, data.edge_weight = data.edge_index[:, order], data.edge_weight[order]
    assert content_fingerprint(data) == weighted


def test_content_fingerprint_is_the_same_for_sparse_and_dense() -> None:
    data = load_graph("cora")
    plain = Data(edge_index=data.edge_index, num_nodes=2708, x=data.x.to_dense())
    coo = Data(edge_index=data.edge_index, num_nodes=2708, x=plain.x.to_sparse_coo())
    prints = {content_fingerprint(each) for each in (data, plain, coo)}
    assert len(prints) == 1
    plain.x[5, 7] += 1
    assert content_fingerprint(plain) not in prints
