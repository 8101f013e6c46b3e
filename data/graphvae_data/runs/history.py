"""The history of a training run as JSON lines, one line per epoch.

A killed run may leave an incomplete last line. Reading ignores it; appending and truncating remove
it, so that the history of a resumed run equals that of an uninterrupted one.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from graphvae_data.core.errors import InputError
from graphvae_data.files.files import plain, sync, unwritable, write_atomic


class HistoryWriter:
    """Appends epochs to a history file; lines are buffered until `flush`.

    As a context manager it flushes at the end, also if training raises.

    Args:
        path: the file, usually `RunFolder.history`; created if missing.
        every: flush automatically after this number of lines.
    """

    def __init__(self, path: Path, *, every: int = 100) -> None:
        self._path = path
        self._every = every
        self._lines: list[str] = []
        _remove_incomplete_line(path)
        content = path.read_bytes() if path.is_file() else b""
        self._hash, self._size = hashlib.sha256(content), len(content)

    @property
    def mark(self) -> dict[str, Any]:
        """The size in bytes and sha256 of the file so far (see `is_marked`)."""
        return {"bytes": self._size, "sha256": self._hash.hexdigest()}

    def append(self, record: Mapping[str, Any]) -> None:
        """Add one epoch; `record` has `epoch`, counted from 1. NaN is written as null."""
        self._lines.append(json.dumps(plain(record), allow_nan=False) + "\n")
        if len(self._lines) >= self._every:
            self.flush()

    def flush(self) -> None:
        """Write the buffered lines.

        Raises:
            InputError: the file cannot be written; it then ends with a complete line.
        """
        content = "".join(self._lines).encode()
        try:
            if content:
                with self._path.open("ab") as stream:
                    stream.write(content)
        except OSError as error:
            with suppress(OSError):
                os.truncate(self._path, self._size)
            raise InputError(unwritable(self._path, error)) from error
        self._lines.clear()
        self._hash.update(content)
        self._size += len(content)

    def sync(self) -> None:
        """Flush the written lines to disk; may run in another thread.

        Raises:
            InputError: the disk refuses them.
        """
        try:
            if self._path.exists():
                sync(self._path)
        except OSError as error:
            raise InputError(unwritable(self._path, error)) from error

    def __enter__(self) -> "HistoryWriter":
        """Return the writer; no file is opened yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Flush."""
        self.flush()


def read_history(path: Path) -> list[dict[str, Any]]:
    """Read all complete lines in order; a missing file is an empty history.

    Raises:
        InputError: a damaged line, except an incomplete last one.
    """
    try:
        return [_record(line) for line in _complete_lines(path)]
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path.name} in {path.parent} is damaged: expected JSON lines, got {error}; "
            "restore the file or run again"
        ) from error


def _record(line: bytes) -> dict[str, Any]:
    record = json.loads(line)
    if not isinstance(record, dict) or not isinstance(record.get("epoch"), int):
        raise ValueError(f"a line without an epoch, {line[:40].decode(errors='replace')}")
    return record


def is_marked(path: Path, mark: Mapping[str, Any]) -> bool:
    """Return whether a history starts with the content of a `HistoryWriter.mark`."""
    try:
        with path.open("rb") as stream:
            content = stream.read(mark["bytes"])
    except OSError:
        content = b""
    return (len(content), hashlib.sha256(content).hexdigest()) == (mark["bytes"], mark["sha256"])


def truncate_history(path: Path, epochs: int) -> None:
    """Keep the lines with `epoch` <= `epochs`, so that training can resume after that epoch."""
    kept = [record for record in read_history(path) if record["epoch"] <= epochs]
    text = "".join(json.dumps(record) + "\n" for record in kept)
    write_atomic(path, lambda temporary: _write_bytes(temporary, text.encode()))


def _complete_lines(path: Path) -> list[bytes]:
    content = path.read_bytes() if path.is_file() else b""
    return content[: content.rfind(b"\n") + 1].splitlines()


def _remove_incomplete_line(path: Path) -> None:
    if path.is_file() and path.read_bytes()[-1:] not in (b"", b"\n"):
        text = b"".join(line + b"\n" for line in _complete_lines(path))
        write_atomic(path, lambda temporary: _write_bytes(temporary, text))


def _write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)
