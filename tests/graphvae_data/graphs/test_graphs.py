"""Each dataset is the graph of the papers, whatever its source."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch_geometric.datasets import Planetoid
from torch_geometric.utils import coalesce

from graphvae_data.core.errors import FetchError, InputError
from graphvae_data.download.fetch import fetch
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphs import graph_facts, load_graph, reader_of
from graphvae_data.registry.graphs import GRAPHS

CITATIONS = ["cora", "citeseer", "pubmed"]


def assert_same(one: Graph, other: Graph) -> None:
    assert (one.name, one.num_nodes) == (other.name, other.num_nodes)
    assert one.node_names == other.node_names
    assert torch.equal(one.edges, other.edges)
    assert torch.equal(one.labels, other.labels)
    assert one.features.layout == other.features.layout == torch.sparse_csr
    assert torch.equal(one.features.crow_indices(), other.features.crow_indices())
    assert torch.equal(one.features.col_indices(), other.features.col_indices())
    assert torch.equal(one.features.values(), other.features.values())


FROM_GITHUB = ["usair", "ns", "pb", "yeast", "celegans", "power", "router", "ecoli"]


@pytest.mark.slow
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
        with pytest.raises(FetchError, match=r"expected nodes 297, got 332; remove Celegans\.mat"):
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
    with pytest.raises(FetchError, match=r"Power\.mat has sha256 \w+, expected a non-empty file"):
        load_graph("power")


@pytest.mark.slow
def test_bloggers_in_one_group_have_its_label() -> None:
    data = load_graph("blogcatalog")
    assert int((data.labels >= 0).sum()) == 7460
    assert data.node_names[0] == "1"
    assert data.node_names[-1] == "10312"


def assert_facts_and_form(name: str, data: Graph) -> None:
    result, expected = graph_facts(data), GRAPHS[name].facts
    for fact, value in vars(expected).items():
        assert value is None or getattr(result, fact) == value
    assert data.name == name
    assert len(set(data.node_names)) == data.num_nodes
    assert not data.directed
    assert (data.features is None) == (expected.features is None)
    assert (data.labels is None) == (expected.classes is None)


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
    assert_same(reader_of(source.reader)(files, GRAPHS[name]), from_mirror)


@pytest.mark.slow
@pytest.mark.parametrize("name", CITATIONS)
def test_nodes_agree_with_pytorch_geometric(name: str, raw_data: Path, tmp_path: Path) -> None:
    raw = tmp_path / name.capitalize() / "raw"
    raw.mkdir(parents=True)
    for path in (raw_data / "planetoid").glob(f"ind.{name}.*"):
        shutil.copyfile(path, raw / path.name)
    theirs = Planetoid(str(tmp_path), name.capitalize())[0]
    ours = load_graph(name).to_pyg()
    known = ours.y >= 0
    assert torch.equal(ours.edge_index, coalesce(theirs.edge_index))
    assert torch.equal(ours.x, theirs.x)
    assert torch.equal(ours.y[known], theirs.y[known])
    assert int((~known).sum()) == (15 if name == "citeseer" else 0)
    assert not ours.x[~known].any()


def test_a_graph_that_misses_a_fact_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    karate = GRAPHS["karate"]
    monkeypatch.setitem(
        GRAPHS, "karate", replace(karate, facts=replace(karate.facts, edges=79, fingerprint=None))
    )
    with pytest.raises(FetchError, match=r"karate .*expected edges 79, got 78"):
        load_graph("karate")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InputError, match=re.escape("(did you mean karate?)")):
        load_graph("karat")
