"""The checkpoint of a run, `resume.pt`: the trainer's state, and what it belongs to.

Besides the state it has the sha256 digests of the files that the run began with, and of the history
so far, so that a state never continues with the split, the settings or the history of another run.
The file ends with its own digest, a line after the archive that `torch.save` wrote, which
`torch.load` passes over. All are checked before anything is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from graphvae_data.core.errors import InputError
from graphvae_data.files.files import read_json, sha256_of, write_atomic
from graphvae_data.runs.history import is_marked
from graphvae_data.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

MARK = b"\ngraphvae sha256 "
"""What the last line begins with."""
TAIL = len(MARK) + 64 + 1
FILES = "digests"
"""The key of the digests of files, in the checkpoint, `environment.json` and `metrics.json`."""
HISTORY = "history"
"""The key of the history's size and digest."""

Digests = Mapping[str, Sequence[str]]
"""The sha256 digests that a file of a run may have, by its name."""


class _Digesting(BytesIO):
    """A stream that hashes what it writes, and keeps the first fault for later.

    PyTorch's writer would turn an `OSError` into an error of its own, without the reason.
    """

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self.stream = stream
        self.hash = hashlib.sha256()
        self.fault: OSError | None = None

    def write(self, content: Buffer, /) -> int:
        self.hash.update(content)
        if self.fault is None:
            try:
                self.stream.write(content)
            except OSError as fault:
                self.fault = fault
        return memoryview(content).nbytes


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state of tensors and plain values atomically and durably, with its digest."""

    def write(target: Path) -> None:
        with target.open("wb") as stream:
            digesting = _Digesting(stream)
            torch.save(state, digesting)
            if digesting.fault is not None:
                raise digesting.fault
            stream.write(MARK + digesting.hash.hexdigest().encode() + b"\n")

    write_atomic(path, write, durable=True)


def read_state(path: Path) -> dict[str, Any]:
    """Read a state that `save_state` wrote, without executing code from it.

    Raises:
        InputError: the file is damaged.
    """
    damaged = InputError(f"{path}: damaged checkpoint; start again with --overwrite")
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise InputError(f"{path}: cannot be read ({fault.strerror or fault})") from fault
    body, tail = content[:-TAIL], content[-TAIL:]
    if tail != MARK + hashlib.sha256(body).hexdigest().encode() + b"\n":
        raise damaged
    try:
        return dict(torch.load(BytesIO(body), weights_only=True))
    except Exception as fault:  # torch.load raises half a dozen types
        raise damaged from fault


def first_digests(folder: RunFolder) -> dict[str, list[str]]:
    """Return the digests of the files that a run began with, from its environment.

    Empty if the file is missing or older than digests.
    """
    about = read_json(folder.environment) if folder.environment.is_file() else {}
    held = about.get(FILES, {}) if isinstance(about, dict) else {}
    return {str(name): [str(value)] for name, value in dict(held).items()}


def check_files(folder: RunFolder) -> None:
    """Check that the files of an unfinished run belong together, before any is used.

    Raises:
        InputError: a damaged checkpoint, or a file that is not of this run or was changed.
    """
    digests, history = first_digests(folder), None
    if folder.resume.is_file():
        state = read_state(folder.resume)
        digests, history = state.get(FILES, {}), state.get(HISTORY)
    for name in foreign(folder, digests):
        raise InputError(
            f"{folder.path / name}: not the file of this run, or changed since; restore it, or "
            "start again with --overwrite"
        )
    if history is not None and not is_marked(folder.history, history):
        raise InputError(
            f"{folder.history}: not the history of this run, or changed since; restore it, or "
            "start again with --overwrite"
        )


def foreign(folder: RunFolder, digests: Digests) -> list[str]:
    """Return the names of the files that are missing, or have none of their digests."""
    return [
        name for name, allowed in digests.items() if sha256_of(folder.path / name) not in allowed
    ]


def read_scores(folder: RunFolder) -> dict[str, Any]:
    """Read `metrics.json`, with the digests in it.

    Raises:
        InputError: it is missing or damaged.
    """
    metrics = read_json(folder.metrics)
    if not isinstance(metrics, dict):
        raise InputError(f"{folder.metrics}: damaged, expected scores by name; fit again")
    return metrics


def finished_digests(folder: RunFolder) -> dict[str, list[str]]:
    """Return the digests of the files of a finished run; empty if it is older than digests."""
    held = read_scores(folder).get(FILES, {}) if folder.metrics.is_file() else {}
    if not isinstance(held, dict):
        raise InputError(f"{folder.metrics}: damaged, expected digests by name; fit again")
    return {name: [str(value)] for name, value in held.items()}


def model_digest(folder: RunFolder) -> str | None:
    """Return the digest of a finished run's weights; None if it is not finished, or older."""
    return next(iter(finished_digests(folder).get(folder.model.name, [])), None)
