"""A checkpoint continues its own run, whole, or is refused; a full disk harms nothing."""

import errno
import json
import random
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import torch

import graphvae
import image_vae
from graphvae.audit import audit
from graphvae_data.core.errors import InputError
from graphvae_data.runs import driver, recorder
from graphvae_data.runs.checkpoint import read_state, save_state
from graphvae_data.runs.history import HistoryWriter
from graphvae_data.runs.options import FitOptions
from tests.graphvae_data.runs.results import results

pytestmark = pytest.mark.usefixtures("blank_graph_pictures", "no_image_pictures")

OFTEN = FitOptions(checkpoint_seconds=0.0, keep_checkpoint=True)
SETTINGS: dict[str, Any] = {"epochs": 6, "baselines": False}


class Killed(BaseException):
    """What ends a run in these tests, as nothing in the library catches it."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with its checkpoint."""
    path = tmp_path_factory.mktemp("whole") / "run"
    graphvae.fit("karate", "gae", out=path, options=OFTEN, seed=1, **SETTINGS)
    return path


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with another seed."""
    path = tmp_path_factory.mktemp("other") / "run"
    graphvae.fit("karate", "gae", out=path, options=OFTEN, seed=2, **SETTINGS)
    return path


@pytest.fixture
def cut(whole: Path, tmp_path: Path) -> Path:
    """An unfinished run, cut between its last checkpoint and its scores."""
    path = Path(shutil.copytree(whole, tmp_path / "cut"))
    (path / "metrics.json").unlink()
    return path


def test_a_checkpoint_is_read_by_torch_too(whole: Path) -> None:
    state = torch.load(whole / "resume.pt", weights_only=True)
    assert state["epoch"] == read_state(whole / "resume.pt")["epoch"] == 6
    assert set(state["digests"]) == {"config.json", "split.npz"}


def test_every_flipped_bit_of_a_checkpoint_is_refused(cut: Path) -> None:
    content = (cut / "resume.pt").read_bytes()
    draw = random.Random(0)
    places = [0, len(content) - 1, *(draw.randrange(len(content)) for _ in range(60))]
    for place in places:
        flipped = bytearray(content)
        flipped[place] ^= 1 << draw.randrange(8)
        (cut / "resume.pt").write_bytes(flipped)
        with pytest.raises(InputError, match=r"resume\.pt: damaged checkpoint"):
            read_state(cut / "resume.pt")
    with pytest.raises(InputError, match=r"resume\.pt: damaged checkpoint"):
        graphvae.resume(cut)


@pytest.mark.parametrize("name", ["split.npz", "config.json", "history.jsonl"])
def test_a_foreign_file_is_not_continued(cut: Path, other: Path, name: str) -> None:
    shutil.copy(other / name, cut / name)
    before = {path.name: path.read_bytes() for path in cut.iterdir()}
    with pytest.raises(InputError, match=rf"{name}: changed, or from another run"):
        graphvae.resume(cut)
    assert before == {path.name: path.read_bytes() for path in cut.iterdir()}


@pytest.mark.parametrize("content", [None, b""])
def test_a_history_that_is_missing_is_not_continued(cut: Path, content: bytes | None) -> None:
    (cut / "history.jsonl").unlink()
    if content is not None:
        (cut / "history.jsonl").write_bytes(content)
    with pytest.raises(InputError, match=r"history\.jsonl: changed, or from another run"):
        graphvae.resume(cut)


@pytest.mark.parametrize("name", ["split.npz", "config.json"])
def test_a_foreign_file_is_refused_before_the_first_checkpoint(
    cut: Path, other: Path, name: str
) -> None:
    (cut / "resume.pt").unlink()
    shutil.copy(other / name, cut / name)
    with pytest.raises(InputError, match=rf"{name}: changed, or from another run"):
        graphvae.resume(cut)


def test_the_run_goes_on_where_nothing_was_changed(cut: Path, whole: Path) -> None:
    graphvae.resume(cut, options=OFTEN)
    assert results(cut) == results(whole)


@pytest.mark.slow
def test_other_weights_are_not_loaded_and_the_audit_names_the_file(
    whole: Path, other: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(whole, tmp_path / "run"))
    assert all(check.passed is not False for check in audit(run).checks)
    shutil.copy(other / "model.safetensors", run)
    with pytest.raises(InputError, match=r"model\.safetensors: damaged, or not the weights"):
        graphvae.load(run)
    failures = {check.name: check.detail for check in audit(run).failures}
    assert failures["files as written"] == "model.safetensors is missing, or was changed"


@pytest.mark.slow
def test_other_weights_of_an_image_model_are_not_loaded(tmp_path: Path) -> None:
    for seed in (1, 2):
        settings = {"latent": (2,), "hidden": (4,), "epochs": 1, "seed": seed}
        image_vae.fit("digits", out=tmp_path / str(seed), **settings)
    shutil.copy(tmp_path / "2" / "model.safetensors", tmp_path / "1")
    with pytest.raises(InputError, match=r"model\.safetensors: damaged, or not the weights"):
        image_vae.load(tmp_path / "1")


@pytest.mark.slow
@pytest.mark.parametrize("after", ["_allow", "write_json", "truncate_history"])
def test_a_kill_while_a_run_is_extended_loses_nothing(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    graphvae.fit("karate", "gae", out=tmp_path / "whole", seed=1, **{**SETTINGS, "epochs": 9})
    run = Path(shutil.copytree(whole, tmp_path / "run"))
    act: Callable[..., Any] = getattr(driver, after)

    def killed(*arguments: Any, **options: Any) -> None:
        act(*arguments, **options)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(driver, after, killed)
        with pytest.raises(Killed):
            graphvae.resume(run, epochs=9)
    graphvae.resume(run, epochs=9)
    assert results(run) == results(tmp_path / "whole")


class FullDisk(BytesIO):
    """A stream of a disk that has room for `room` bytes."""

    def __init__(self, stream: Any, room: int) -> None:
        super().__init__()
        self.stream, self.room = stream, room

    def __exit__(self, *error: object) -> None:
        self.stream.close()

    def write(self, content: Any, /) -> int:
        self.room -= memoryview(content).nbytes
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return int(self.stream.write(content))


@pytest.mark.parametrize("room", [0, 500, 10_000])
def test_a_full_disk_keeps_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    path = tmp_path / "resume.pt"
    save_state(path, {"epoch": 1})
    opened = Path.open

    def full(self: Path, mode: str = "r", *rest: Any, **options: Any) -> Any:
        stream = opened(self, mode, *rest, **options)
        return FullDisk(stream, room) if "w" in mode else stream

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(InputError, match=r"resume\.pt: No space left on device \(the disk at /"):
        save_state(path, {"epoch": 2, "weights": torch.zeros(10_000)})
    assert read_state(path) == {"epoch": 1}
    assert [each.name for each in tmp_path.iterdir()] == ["resume.pt"]


def test_a_full_disk_leaves_whole_lines_of_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "history.jsonl"
    writer = HistoryWriter(path)
    writer.append({"epoch": 1})
    writer.flush()
    opened = Path.open
    with monkeypatch.context() as patch:

        def full(self: Path, mode: str = "r", *rest: Any, **options: Any) -> Any:
            stream = opened(self, mode, *rest, **options)
            stream.write(b'{"epo')
            return FullDisk(stream, 0)

        patch.setattr(Path, "open", full)
        writer.append({"epoch": 2})
        with pytest.raises(InputError, match="No space left"):
            writer.flush()
    writer.flush()
    assert [json.loads(line)["epoch"] for line in path.read_text().splitlines()] == [1, 2]
    assert writer.mark["bytes"] == path.stat().st_size


def test_a_checkpoint_is_on_the_disk_before_it_replaces_the_last(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    files = "graphvae_data.files.files"
    monkeypatch.setattr(f"{files}.sync", lambda path: events.append(f"sync {path.suffix}"))
    replace = Path.replace

    def replaced(self: Path, target: Path) -> Path:
        events.append(f"rename {target.name}")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replaced)
    save_state(tmp_path / "resume.pt", {"epoch": 1})
    assert events == ["sync .pt", "rename resume.pt"]


def test_the_history_is_on_the_disk_before_a_checkpoint_is_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    sync, replace = HistoryWriter.sync, Path.replace

    def synced(self: HistoryWriter) -> None:
        events.append("history")
        sync(self)

    def replaced(self: Path, target: Path) -> Path:
        if target.name == "resume.pt":
            events.append("checkpoint")
        return replace(self, target)

    monkeypatch.setattr(HistoryWriter, "sync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    graphvae.fit("karate", "gae", out=tmp_path / "run", options=OFTEN, **SETTINGS)
    assert events
    assert events == ["history", "checkpoint"] * (len(events) // 2)


def test_a_disk_that_refuses_a_flush_stops_training_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: HistoryWriter) -> None:
        raise InputError("cannot write history.jsonl: Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(HistoryWriter, "sync", refused)
        with pytest.raises(InputError, match="Input/output error"):
            graphvae.fit("karate", "gae", out=tmp_path / "run", options=OFTEN, **SETTINGS)
    assert not (tmp_path / "run" / "resume.pt").exists()
    assert graphvae.resume(tmp_path / "run").metrics["epochs"] == 6


@pytest.mark.slow
def test_a_full_disk_in_training_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise InputError("cannot write resume.pt: No space left on device")

    monkeypatch.setattr(recorder, "stage_state", full)
    with pytest.raises(InputError, match="No space left"):
        graphvae.fit("karate", "gae", out=tmp_path / "run", **SETTINGS)
    monkeypatch.undo()
    assert graphvae.resume(tmp_path / "run").metrics["epochs"] == 6
