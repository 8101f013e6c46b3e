"""Files are written atomically."""

import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import pytest
import torch

from graphvae_data.core.errors import InputError
from graphvae_data.files.files import read_json, write_atomic, write_json


class Colour(Enum):
    """A closed choice."""

    RED = "red"


@dataclass(frozen=True)
class Setting:
    """A setting."""

    path: Path
    colour: Colour


def test_a_failing_writer_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    path.write_text("old")

    def fail(temporary: Path) -> None:
        temporary.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomic(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_name_keeps_the_ending(tmp_path: Path) -> None:
    write_atomic(tmp_path / "new" / "z.npy", lambda path: np.save(path, np.ones(2)))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["z.npy"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"cannot write .*z.json"):
        write_json(tmp_path / "file" / "z.json", {})


def test_json_holds_what_settings_and_results_are_made_of(tmp_path: Path) -> None:
    obj = {
        "setting": Setting(Path("runs/a"), Colour.RED),
        "auc": np.float32(0.5),
        "worst": float("nan"),
        "scores": torch.tensor([1.0, 2.0]),
        "count": np.int64(3),
        "on": np.bool_(True),
        "names": ("é", None),
        1: {2, 1},
    }
    write_json(tmp_path / "a.json", obj)
    assert read_json(tmp_path / "a.json") == {
        "setting": {"path": "runs/a", "colour": "red"},
        "auc": 0.5,
        "worst": None,
        "scores": [1.0, 2.0],
        "count": 3,
        "on": True,
        "names": ["é", None],
        "1": [1, 2],
    }
    with pytest.raises(TypeError, match="JSON can represent"):
        write_json(tmp_path / "b.json", object())


def test_missing_and_damaged_json_name_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"metrics.json in {tmp_path}, found none"):
        read_json(tmp_path / "metrics.json")
    (tmp_path / "metrics.json").write_text(json.dumps({"a": 1})[:-1])
    with pytest.raises(InputError, match=rf"metrics.json in {tmp_path} is damaged"):
        read_json(tmp_path / "metrics.json")
