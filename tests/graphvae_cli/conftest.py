"""Fixtures of the command's tests: run it here or as a process, a finished run, bad input."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from click.testing import CliRunner, Result

from graphvae_cli.main import main

ROOT = Path(__file__).resolve().parents[2]


class Invoke(Protocol):
    """Runs the command in this process."""

    def __call__(self, *arguments: object) -> Result: ...


@pytest.fixture(scope="session")
def invoke() -> Invoke:
    """The command as a function; an unhandled exception fails the test."""

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(
            main, list(map(str, arguments)), prog_name="graphvae", catch_exceptions=False
        )

    return run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, made the working directory."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@dataclass(frozen=True)
class Run:
    """A finished run on the karate club."""

    folder: Path
    """The run folder."""
    printed: str
    """What `fit --json` wrote to stdout."""


@pytest.fixture(scope="session")
def karate_run(invoke: Invoke, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that all tests share; tests that change it take `own_run`."""
    folder = tmp_path_factory.mktemp("karate") / "run"
    options = ("--epochs", 20, "--seed", 3, "--val-fraction", 0.1)
    result = invoke("fit", "--dataset", "karate", *options, "--out", folder, "--json")
    assert result.exit_code == 0, result.stderr
    return Run(folder, result.stdout)


@pytest.fixture
def own_run(karate_run: Run, here: Path) -> Path:
    """A copy of the run in the working directory, which a test may change."""
    return Path(shutil.copytree(karate_run.folder, here / "run"))


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every path under `folder`, hidden ones too, and the bytes of each file."""
    paths = sorted(folder.rglob("*"))
    return {str(path): path.read_bytes() if path.is_file() else None for path in paths}


@pytest.fixture
def refused(invoke: Invoke, here: Path) -> Callable[..., str]:
    """A function that runs the command on bad input and returns the error message.

    It asserts exit status 2, one line on stderr, nothing on stdout, and no change on the disk.
    """

    def check(*arguments: object) -> str:
        before = contents(here)
        result = invoke(*arguments)
        assert (result.exit_code, result.stdout) == (2, ""), result.output
        lines = result.stderr.splitlines()
        assert len(lines) == 1, result.stderr
        assert lines[0].startswith("Error: ")
        assert contents(here) == before
        return lines[0]

    return check


@pytest.fixture(scope="session")
def start() -> Callable[..., Any]:
    """A function that starts the command as a process, with pipes for stdout and stderr."""
    roots = os.pathsep.join(str(ROOT / part) for part in ("", "cli", "data"))
    environment = {**os.environ, "PYTHONPATH": roots, "OMP_NUM_THREADS": "1"}

    def begin(*arguments: object, encoding: str = "utf-8", **more: Any) -> subprocess.Popen[str]:
        streams = {**environment, "PYTHONIOENCODING": encoding}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        command = [sys.executable, "-m", "graphvae_cli", *map(str, arguments)]
        return subprocess.Popen(
            command, encoding=encoding, env=streams, preexec_fn=heed_ctrl_c, **pipes
        )

    return begin


def heed_ctrl_c() -> None:
    """Undo that a shell lets its background jobs, and their children, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
