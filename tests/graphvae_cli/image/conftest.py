"""Fixtures of the tests of `graphvae image`: a finished run, and runs in a comparable form."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

TIMED = {"seconds": None, "digests": None, "history": None}
"""What differs between equal runs: times, and the digests of files with times."""
SMALL = ("--latent", 3, "--hidden", 16)


@pytest.fixture(scope="session")
def digits_run(invoke: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs that all tests share; tests that change it take `own_digits`."""
    folder = tmp_path_factory.mktemp("digits") / "run"
    arguments = ("--dataset", "digits", *SMALL, "--epochs", 2, "--out", folder, "--quiet")
    result = invoke("image", "fit", *arguments)
    assert (result.exit_code, result.output) == (0, "")
    return folder


@pytest.fixture
def own_digits(digits_run: Path, here: Path) -> Path:
    """A copy of the run in the working directory, which a test may change."""
    return Path(shutil.copytree(digits_run, here / "run"))


@pytest.fixture(scope="session")
def outcome() -> Callable[[Path], dict[str, Any]]:
    """A function that returns the results of a run in a form that == compares."""
    return _outcome


def _outcome(folder: Path) -> dict[str, Any]:
    """All results of a run, pictures included, except for times."""
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    kept = (folder / "resume.pt").is_file()
    state = torch.load(folder / "resume.pt", weights_only=True) if kept else {}
    files = ("model.safetensors", "split.json", "config.json")
    pictures = sorted(path.name for path in folder.glob("*.png"))
    return {
        "history": [{**record, "step_seconds": None} for record in history],
        "metrics": {**json.loads((folder / "metrics.json").read_text()), **TIMED},
        "state": _bits({**state, **TIMED}),
        **{name: (folder / name).read_bytes() for name in (*files, *pictures)},
    }


def _bits(state: Any) -> Any:
    """Return a state with its tensors as lists, so that == compares values."""
    if isinstance(state, torch.Tensor):
        return state.tolist()
    if isinstance(state, dict):
        return {key: _bits(value) for key, value in state.items()}
    return [_bits(value) for value in state] if isinstance(state, list | tuple) else state
