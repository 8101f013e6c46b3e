"""Runs in forked processes, which start at once as everything is imported, and can be killed."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import graphvae
from graphvae_data.core.errors import InputError
from graphvae_data.files import figures
from graphvae_data.runs.options import FitOptions
from tests.graphvae_cli.outcome import outcome

figures.DPI, figures.LAYOUT = 20, None
SETTINGS: dict[str, Any] = {"epochs": 40, "baselines": False}
OPTIONS = FitOptions(progress=False, checkpoint_seconds=0.0, keep_checkpoint=True)
REFUSED, TRACEBACK = 2, 70


def start(act: Callable[[], object], words: Path) -> int:
    """Run `act` in a process of its own; it exits with 0, 2 for an input error, or 70."""
    pid = os.fork()
    if pid:
        return pid
    status = 0
    try:
        with words.open("w") as stream:
            try:
                act()
            except InputError as error:
                stream.write(str(error))
                status = REFUSED if "\n" not in str(error) else TRACEBACK
            except BaseException:
                traceback.print_exc(file=stream)
                status = TRACEBACK
    finally:
        os._exit(status)


def ended(pid: int, seconds: float = 60.0) -> int:
    """Wait for a process; return its status, or minus the signal that ended it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return -signal.SIGALRM


def fit(path: Path, seed: int = 0, **options: Any) -> Callable[[], object]:
    """Return what fits a small model into a folder."""
    return lambda: graphvae.fit(
        "karate", "vgae", out=path, options=OPTIONS, seed=seed, **options, **SETTINGS
    )


def go_on(path: Path) -> Callable[[], object]:
    """Return what starts a run, or continues it if it is there."""
    return lambda: graphvae.resume(path, options=OPTIONS) if path.exists() else fit(path)()


def bits(path: Path) -> dict[str, Any]:
    """All results of a run, except for times."""
    return dict(outcome(path))


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
