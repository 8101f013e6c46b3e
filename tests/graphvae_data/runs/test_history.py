"""A resumed history equals an uninterrupted one."""

from pathlib import Path

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.runs.history import HistoryWriter, read_history, truncate_history


def write(path: Path, first: int, last: int) -> None:
    with HistoryWriter(path) as history:
        for epoch in range(first, last + 1):
            history.append({"epoch": epoch, "loss": 1 / epoch})


def test_lines_wait_until_flushed(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    history = HistoryWriter(path, every=3)
    history.append({"epoch": 1})
    history.append({"epoch": 2})
    assert read_history(path) == []
    history.append({"epoch": 3, "val_auc": float("nan")})
    assert read_history(path)[-1] == {"epoch": 3, "val_auc": None}


def test_what_was_recorded_survives_an_exception(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"

    def train() -> None:
        with HistoryWriter(path) as history:
            history.append({"epoch": 1})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train()
    assert read_history(path) == [{"epoch": 1}]


@pytest.mark.parametrize("torn", [b"", b'{"epoch": 8, "lo'])
def test_truncate_and_go_on_gives_the_same_bytes(torn: bytes, tmp_path: Path) -> None:
    whole, resumed = tmp_path / "whole.jsonl", tmp_path / "resumed.jsonl"
    write(whole, 1, 10)
    write(resumed, 1, 7)
    resumed.write_bytes(resumed.read_bytes() + torn)
    assert [record["epoch"] for record in read_history(resumed)] == list(range(1, 8))
    truncate_history(resumed, 5)
    write(resumed, 6, 10)
    assert resumed.read_bytes() == whole.read_bytes()


def test_appending_removes_a_torn_tail(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b'{"epoch": 1}\n{"epo')
    write(path, 2, 2)
    assert [record["epoch"] for record in read_history(path)] == [1, 2]


@pytest.mark.parametrize(
    "first", [b'{"epo', b"5", b"[1]", b"null", b'{"loss": 1}', b'{"epoch": "1"}']
)
def test_damage_before_the_end_is_refused(tmp_path: Path, first: bytes) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(first + b'\n{"epoch": 2}\n')
    with pytest.raises(InputError, match=r"history.jsonl in .* is damaged"):
        read_history(path)
