"""Pipes, bombs, depth and odd names: one line, and nothing that a terminal or a picture obeys."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from graphvae_data.core.errors import InputError, printable
from graphvae_data.files import figures, packed
from graphvae_data.files.files import read_json, write_json
from graphvae_data.files.packed import read_bytes
from graphvae_data.readers.any_graph import read_graph_file


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("name", ["g.csv", "g.npz", "g.npy", "g.mat", "g.parquet", "g.pt"])
def test_a_pipe_or_a_device_is_no_file(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError, match="got the pipe or device"):
        read_graph_file(tmp_path / name)
    with pytest.raises(InputError, match="got the pipe or device"):
        read_json(tmp_path / name)
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("/dev/zero")
    with pytest.raises(InputError, match="got the pipe or device"):
        read_graph_file(tmp_path / name)
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to(tmp_path / name)
    with pytest.raises(InputError):
        read_graph_file(tmp_path / name)


def test_a_packed_file_that_grows_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "MIN_LIMIT", 1_000)
    (tmp_path / "g.csv.gz").write_bytes(gzip.compress(b"a,b\n" * 1_000_000))
    with pytest.raises(InputError, match=r"g\.csv\.gz: expected at most .* decompress it yourself"):
        read_bytes(tmp_path / "g.csv.gz")


def test_json_that_is_too_deep_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match=r"config\.json in .* is damaged"):
        read_json(tmp_path / "config.json")


def test_a_name_that_is_no_utf8_is_written_and_read(tmp_path: Path) -> None:
    name = os.fsdecode(b"g\xff\xe9.csv")
    write_json(tmp_path / "a.json", {"dataset": name})
    assert read_json(tmp_path / "a.json") == {"dataset": name}


@pytest.mark.parametrize("name", ["$x", "$\\frac{1$", "a$b$c", os.fsdecode(b"\xff")])
def test_a_name_is_no_formula(tmp_path: Path, name: str) -> None:
    with figures.panels(tmp_path / "a.png", columns=1) as (axes,):
        figures.scatter_classes(axes, np.eye(2), np.array([0, 1]), lambda label: f"{name} {label}")
        axes.set_title(name)
    assert (tmp_path / "a.png").stat().st_size > 0


def test_control_characters_are_written_out() -> None:
    assert printable("a\x1b]0;b\x07\x9b") == "a\\x1b]0;b\\x07\\x9b"
    assert printable("naïve – ∞ 漢") == "naïve – ∞ 漢"
