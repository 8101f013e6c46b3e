"""Callbacks: what they are told, in which order, also of a run that fails or is resumed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import graphvae
from graphvae_data.tracking.callbacks import Callback, RunStart, Watched
from graphvae_data.training.records import EpochRecord

pytestmark = pytest.mark.usefixtures("blank_graph_pictures", "no_image_pictures")

SMALL: dict[str, Any] = {"epochs": 3, "baselines": False}


class Notes(Callback):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def start(self, run: RunStart) -> None:
        self.told.append(run.name)

    def epoch(self, record: EpochRecord) -> None:
        self.told.append(record.epoch)

    def end(self, metrics: Mapping[str, Any]) -> None:
        self.told.append(dict(metrics))


class Stop(Callback):
    def epoch(self, record: EpochRecord) -> None:
        if record.epoch == 2:
            raise KeyboardInterrupt


def test_a_run_is_told_from_start_to_end(tmp_path: Path) -> None:
    notes = Notes()
    options = graphvae.FitOptions(callbacks=(notes,))
    result = graphvae.fit("karate", "gae", out=tmp_path / "run", options=options, **SMALL)
    assert notes.told == ["run", 1, 2, 3, dict(result.metrics)]


def test_a_resumed_run_is_told_from_its_first_epoch(tmp_path: Path) -> None:
    notes = Notes()
    options = graphvae.FitOptions(callbacks=(notes, Stop()), checkpoint_seconds=0.0)
    with pytest.raises(KeyboardInterrupt):
        graphvae.fit("karate", "gae", out=tmp_path / "run", options=options, **SMALL)
    assert notes.told == ["run", 1, 2, {}]
    notes.told.clear()
    result = graphvae.resume(tmp_path / "run", options=graphvae.FitOptions(callbacks=(notes,)))
    assert notes.told == ["run", 1, 2, 3, dict(result.metrics)]


def test_callbacks_do_not_change_the_result() -> None:
    plain = graphvae.fit("karate", "gae", **SMALL)
    watched = graphvae.fit(
        "karate", "gae", options=graphvae.FitOptions(callbacks=(Notes(),)), **SMALL
    )
    assert watched.metrics["test"] == plain.metrics["test"]


def test_a_start_that_fails_ends_the_callbacks_before_it() -> None:
    class Fails(Callback):
        def start(self, run: RunStart) -> None:
            raise OSError("full")

    first, last = Notes(), Notes()
    with pytest.raises(OSError, match="full"), Watched([first, Fails(), last], _run()):
        pass
    assert first.told == ["gae", {}]
    assert last.told == []


def test_the_last_callback_ends_first() -> None:
    order: list[str] = []

    class Named(Callback):
        def __init__(self, name: str) -> None:
            self.name = name

        def end(self, metrics: Mapping[str, Any]) -> None:
            order.append(self.name)

    with Watched([Named("a"), Named("b")], _run()):
        pass
    assert order == ["b", "a"]


def _run() -> RunStart:
    return RunStart("gae", {}, None)
