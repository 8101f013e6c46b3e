"""OGB datasets, read offline from OGB's own folders, silently, without changing them."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import graphvae_data
from graphvae_data.core.errors import FetchError, InputError
from graphvae_data.datasets import ogb_folder as folders
from graphvae_data.datasets.ogb_graphs import load_ogb
from graphvae_data.datasets.ogb_quiet import load_split_part, quiet_ogb
from graphvae_data.graphs.pairs import canonical_pairs
from graphvae_data.registry.ogb import OGB, ogb_dataset
from tests.small_ogb import HELD, NODES, TRAIN, Small

PACKAGE_ROOT = str(Path(graphvae_data.__file__).parents[1])


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Small]:
    """A function from a dataset's name to a small one under the folder `root`."""

    def make(name: str) -> Small:
        generated = Small(tmp_path / "root", name)
        monkeypatch.setitem(OGB, name, replace(OGB[name], facts=generated.facts))
        return generated

    return make


def read_only(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.parametrize("name", OGB)
def test_a_small_dataset_in_ogbs_layout(
    name: str,
    small: Callable[[str], Small],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generated = small(name)
    before = read_only(generated.folder)
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked on the terminal"))
    loaded = load_ogb(name, root=tmp_path / "root")
    assert capfd.readouterr() == ("", "")
    assert read_only(generated.folder) == before
    assert loaded.metric == generated.entry.metric
    train, split = torch.from_numpy(generated.edges[:TRAIN].T), loaded.split
    assert torch.equal(split.train, train)
    assert torch.equal(split.val, torch.from_numpy(generated.edges[TRAIN : TRAIN + HELD].T))
    assert torch.equal(split.test, torch.from_numpy(generated.edges[TRAIN + HELD :].T))
    assert loaded.graph.node_names == tuple(f"P{node * 7}" for node in range(NODES))
    assert loaded.graph.directed == split.directed == (name == "ogbl-citation2")
    if split.directed:
        assert loaded.graph.edges.T.tolist() == sorted(train.T.tolist())
    else:
        assert torch.equal(loaded.graph.edges, canonical_pairs(train, NODES))
    assert name == "ogbl-ddi" or np.allclose(loaded.graph.features.numpy(), generated.features)


def test_negatives_of_each_edge_follow_the_edges(
    small: Callable[[str], Small], tmp_path: Path
) -> None:
    generated = small("ogbl-citation2")
    split = load_ogb("ogbl-citation2", root=tmp_path / "root").split
    assert split.negatives_per_positive == 1000
    sources, targets = split.val_negatives.reshape(2, HELD, 1000)
    assert (sources == split.val[0][:, None]).all()
    assert np.array_equal(targets.numpy(), generated.negatives["valid"])


def test_shared_negatives(small: Callable[[str], Small], tmp_path: Path) -> None:
    generated = small("ogbl-ppa")
    split = load_ogb("ogbl-ppa", root=tmp_path / "root").split
    assert split.negatives_per_positive == 0
    assert np.array_equal(split.test_negatives.T.numpy(), generated.negatives["test"])


def test_weights_and_years_of_collab(small: Callable[[str], Small], tmp_path: Path) -> None:
    generated = small("ogbl-collab")
    loaded = load_ogb("ogbl-collab", root=tmp_path / "root")
    assert loaded.split.train_weight is not None
    assert np.array_equal(loaded.split.train_weight.numpy(), generated.weights[:TRAIN])
    assert np.array_equal(loaded.split.test_year.numpy(), generated.years[TRAIN + HELD :])
    assert float(loaded.graph.weights.sum()) == generated.weights[:TRAIN].sum()
    u, v = generated.edges[0]
    result = loaded.graph.find_edges(torch.tensor([[u], [v]]))
    assert loaded.graph.times[result].tolist() == [generated.years[0]]


def test_ogbs_own_class_reads_the_same(small: Callable[[str], Small], tmp_path: Path) -> None:
    generated = small("ogbl-collab")
    (generated.folder / "processed").mkdir()
    with quiet_ogb():
        from ogb.linkproppred import LinkPropPredDataset

        theirs = LinkPropPredDataset("ogbl-collab", root=str(tmp_path / "root"))[0]
    ours = load_ogb("ogbl-collab", root=tmp_path / "root").graph
    pairs = canonical_pairs(torch.from_numpy(theirs["edge_index"]), NODES)
    assert torch.equal(ours.edges, pairs)
    assert np.array_equal(ours.features.numpy(), theirs["node_feat"])


@pytest.fixture
def ddi_home(raw_data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRAPHVAE_MIRROR", str(raw_data))
    return raw_data / "ogbl_ddi"


@pytest.mark.slow
def test_the_real_ddi(ddi_home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    loaded = load_ogb("ogbl-ddi")
    assert capfd.readouterr() == ("", "")
    assert loaded.graph.num_nodes == 4267
    assert loaded.graph.edges.shape == (2, 1_067_911)
    assert loaded.graph.node_names[:2] == ("DB00001", "DB00002")
    parts = [loaded.split.train, loaded.split.val, loaded.split.test]
    whole = canonical_pairs(torch.cat(parts, dim=1), 4267)
    assert whole.shape[1] == sum(part.shape[1] for part in parts) == 1_334_889
    assert loaded.split.val_negatives.shape == (2, 101_882)
    assert loaded.split.test_negatives.shape == (2, 95_599)
    assert loaded.metric == "hits@20"


@pytest.mark.slow
def test_importing_ogb_starts_no_thread_and_reaches_for_no_network() -> None:
    code = (
        f"import sys; sys.path.insert(0, {PACKAGE_ROOT!r})\n"
        "import socket, threading\n"
        "def refuse(*a, **k): raise SystemExit('network')\n"
        "socket.socket.connect = refuse; socket.getaddrinfo = refuse\n"
        "from graphvae_data.datasets.ogb_quiet import quiet_ogb\n"
        "before = threading.active_count()\n"
        "with quiet_ogb():\n"
        "    import ogb.linkproppred\n"
        "assert threading.active_count() == before\n"
        "assert 'outdated' not in sys.modules\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (process.returncode, process.stdout) == (0, ""), process.stderr


def test_without_folder_or_network_the_place_is_named(
    empty_home: Path, closed_port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = OGB["ogbl-ppa"]
    monkeypatch.setitem(OGB, "ogbl-ppa", replace(entry, url=f"{closed_port}/ppassoc.zip"))
    with pytest.raises(FetchError) as caught:
        load_ogb("ogbl-ppa")
    message = str(caught.value)
    assert "\n" not in message
    assert str(empty_home / "ogb" / "ogbl_ppa") in message
    assert "GRAPHVAE_OGB" in message
    assert not [path for path in empty_home.rglob("*") if path.is_file()]


def test_a_download_is_unpacked_whole(
    small: Callable[[str], Small],
    empty_home: Path,
    tmp_path: Path,
    serve: Callable[[Path], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generated = small("ogbl-ddi")
    (tmp_path / "web").mkdir()
    with zipfile.ZipFile(tmp_path / "web" / "ddi.zip", "w") as archive:
        for path in generated.folder.rglob("*"):
            archive.write(path, Path("ddi") / path.relative_to(generated.folder))
    server = serve(tmp_path / "web")
    monkeypatch.setitem(OGB, "ogbl-ddi", replace(OGB["ogbl-ddi"], url=f"{server.base}/ddi.zip"))
    assert load_ogb("ogbl-ddi").split.train.shape == (2, TRAIN)
    load_ogb("ogbl-ddi")
    assert server.asked["/ddi.zip"] == 1
    assert [path.name for path in (empty_home / "ogb").iterdir()] == ["ogbl_ddi"]


def test_places_are_tried_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHVAE_OGB", str(tmp_path / "a"))
    monkeypatch.setenv("GRAPHVAE_MIRROR", str(tmp_path / "b"))
    assert folders._roots()[:2] == [tmp_path / "a", tmp_path / "b"]


@pytest.mark.parametrize("part", ["RELEASE_v1.txt", "raw/edge.csv.gz", "split/target/test.pt"])
def test_a_folder_that_is_not_whole_is_named(
    part: str, small: Callable[[str], Small], tmp_path: Path
) -> None:
    generated = small("ogbl-ddi")
    (generated.folder / part).unlink()
    with pytest.raises(FetchError, match=f"{part}, found none"):
        load_ogb("ogbl-ddi", root=tmp_path / "root")


@pytest.mark.parametrize(
    ("part", "content", "says"),
    [
        ("raw/edge.csv.gz", b"no gzip", "expected OGB's tables"),
        ("split/target/valid.pt", b"no pickle", "valid.pt: expected OGB's split file"),
        ("split/target/valid.pt", b"PK\x05\x06" + bytes(18), "valid.pt: expected"),
    ],
)
def test_damaged_files_are_named(
    part: str, content: bytes, says: str, small: Callable[[str], Small], tmp_path: Path
) -> None:
    generated = small("ogbl-ddi")
    (generated.folder / part).write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        load_ogb("ogbl-ddi", root=tmp_path / "root")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_pickle_that_names_more_than_arrays_does_not_run(protocol: int, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (eval, (f"open({str(tmp_path / 'ran')!r}, 'w')",))

    torch.save({"edge": Trap()}, tmp_path / "t.pt", pickle_protocol=protocol)
    with pytest.raises(InputError, match=r"t\.pt"):
        load_split_part(tmp_path / "t.pt")
    assert not (tmp_path / "ran").exists()


def test_sizes_that_differ_are_refused(
    small: Callable[[str], Small], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated = small("ogbl-ddi")
    wrong = replace(generated.facts, train=31)
    monkeypatch.setitem(OGB, "ogbl-ddi", replace(OGB["ogbl-ddi"], facts=wrong))
    with pytest.raises(FetchError, match="expected train 31, got 30"):
        load_ogb("ogbl-ddi", root=tmp_path / "root")


def test_the_registry_agrees_with_ogbs_own_table() -> None:
    with quiet_ogb():
        import ogb

    table = Path(ogb.__file__).parent / "linkproppred" / "master.csv"
    master = pd.read_csv(table, index_col=0, keep_default_na=False)
    for name, entry in OGB.items():
        assert (entry.metric, entry.split, entry.url) == tuple(
            master[name][["eval metric", "split", "url"]]
        )
        assert all((entry.title, entry.description, entry.licence, entry.citation))


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(InputError, match=r"did you mean ogbl-ddi\?"):
        ogb_dataset("ogbl-dd")


def test_an_archive_that_grows_beyond_measure_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ddi/raw/edge.csv", b"0" * 5_000_000)
    with pytest.raises(FetchError, match="expected at most 1000 files of"):
        folders._unpack(tmp_path / "a.zip", tmp_path / "to", tmp_path / "ogbl_ddi", OGB["ogbl-ddi"])
    assert not (tmp_path / "to").exists()
