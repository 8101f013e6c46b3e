"""The checkpoint of a run, `resume.pt`: the trainer's state, and digests of the run's files.

The sha256 digests of the initial files and of the history ensure that a state is never resumed with
the split, settings or history of another run. The last line of the file is its own digest, after
the archive of `torch.save`, and is ignored by `torch.load`. All digests are checked before the
state is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from graphvae_data.core.errors import InputError
from graphvae_data.files.files import put_in_place, read_json, sha256_of, stage
from graphvae_data.runs.history import is_marked
from graphvae_data.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

MARK = b"\ngraphvae sha256 "
"""The prefix of the last line."""
TAIL = len(MARK) + 64 + 1
FILES = "digests"
"""The key of the digests of files, in the checkpoint, `environment.json` and `metrics.json`."""
HISTORY = "history"
"""The key of the history's size and digest."""

Digests = Mapping[str, Sequence[str]]
"""The allowed sha256 digests of each file of a run, by name."""


class _Digesting(BytesIO):
    """A stream that hashes its content, and stores the first error.

    PyTorch's writer would replace an `OSError` by an error without the reason.
    """

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self.stream = stream
        self.hash = hashlib.sha256()
        self.error: OSError | None = None

    def write(self, content: Buffer, /) -> int:
        self.hash.update(content)
        if self.error is None:
            try:
                self.stream.write(content)
            except OSError as error:
                self.error = error
        return memoryview(content).nbytes


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state of tensors and plain values atomically and durably, with its digest."""
    put_in_place(stage_state(path, state), path, durable=True)


def stage_state(path: Path, state: Mapping[str, Any]) -> Path:
    """Write a state and its digest to a temporary file next to `path`, and return that file."""

    def write(target: Path) -> None:
        with target.open("wb") as stream:
            digesting = _Digesting(stream)
            torch.save(state, digesting)
            if digesting.error is not None:
                raise digesting.error
            stream.write(MARK + digesting.hash.hexdigest().encode() + b"\n")

    return stage(path, write)


def read_state(path: Path) -> dict[str, Any]:
    """Read a state written by `save_state`, without executing code from it.

    Raises:
        InputError: the file is damaged.
    """
    damaged = InputError(f"{path}: damaged checkpoint; start again with --overwrite")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    body, tail = content[:-TAIL], content[-TAIL:]
    if tail != MARK + hashlib.sha256(body).hexdigest().encode() + b"\n":
        raise damaged
    try:
        return dict(torch.load(BytesIO(body), weights_only=True))
    except Exception as error:  # torch.load raises many types
        raise damaged from error


def initial_digests(folder: RunFolder) -> dict[str, list[str]]:
    """Return the digests of the initial files of a run, recorded in its environment.

    Empty if the file is missing, or written by a version without digests.
    """
    environment = read_json(folder.environment) if folder.environment.is_file() else {}
    digests = environment.get(FILES, {}) if isinstance(environment, dict) else {}
    return {str(name): [str(value)] for name, value in dict(digests).items()}


def check_files(folder: RunFolder) -> None:
    """Check the digests of the files of an unfinished run before they are used.

    Raises:
        InputError: a damaged checkpoint, or a file that was changed or is of another run.
    """
    digests, history = initial_digests(folder), None
    if folder.resume.is_file():
        state = read_state(folder.resume)
        digests, history = state.get(FILES, {}), state.get(HISTORY)
    for name in mismatched(folder, digests):
        raise InputError(
            f"{folder.path / name}: changed, or from another run; restore it, or "
            "start again with --overwrite"
        )
    if history is not None and not is_marked(folder.history, history):
        raise InputError(
            f"{folder.history}: changed, or from another run; restore it, or "
            "start again with --overwrite"
        )


def mismatched(folder: RunFolder, digests: Digests) -> list[str]:
    """Return the names of missing files, and of files with none of the allowed digests."""
    return [
        name for name, allowed in digests.items() if sha256_of(folder.path / name) not in allowed
    ]


def read_scores(folder: RunFolder) -> dict[str, Any]:
    """Read `metrics.json`, including the digests.

    Raises:
        InputError: it is missing or damaged.
    """
    metrics = read_json(folder.metrics)
    if not isinstance(metrics, dict):
        raise InputError(f"{folder.metrics}: damaged, expected scores by name; fit again")
    return metrics


def finished_digests(folder: RunFolder) -> dict[str, list[str]]:
    """Return the digests of the files of a finished run; empty if it was saved without."""
    digests = read_scores(folder).get(FILES, {}) if folder.metrics.is_file() else {}
    if not isinstance(digests, dict):
        raise InputError(f"{folder.metrics}: damaged, expected digests by name; fit again")
    return {name: [str(value)] for name, value in digests.items()}


def model_digest(folder: RunFolder) -> str | None:
    """Return the digest of a finished run's weights; None if unfinished or saved without."""
    return next(iter(finished_digests(folder).get(folder.model.name, [])), None)
