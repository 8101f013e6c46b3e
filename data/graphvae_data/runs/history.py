"""The record of a training run: one JSON object a line, one line an epoch.

A killed run may leave half a last line. Reading passes over it, appending and truncating remove
it, so that a resumed history equals one that was never interrupted.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from graphvae_data.core.errors import InputError
from graphvae_data.files.files import plain, unwritable, write_atomic


class HistoryWriter:
    """Appends epochs to a history file; lines wait in memory until `flush`.

    Used as a context manager it flushes at the end, also when training raises.

    Args:
        path: the file, usually `RunFolder.history`; made when missing.
        every: flush by itself after this many lines.
    """

    def __init__(self, path: Path, *, every: int = 100) -> None:
        self._path = path
        self._every = every
        self._lines: list[str] = []
        _drop_torn_tail(path)

    def append(self, record: Mapping[str, Any]) -> None:
        """Add one epoch; `record` holds `epoch`, counted from 1. NaN is kept as null."""
        self._lines.append(json.dumps(plain(record), allow_nan=False) + "\n")
        if len(self._lines) >= self._every:
            self.flush()

    def flush(self) -> None:
        """Write the waiting lines; `InputError` when the file cannot be written."""
        if not self._lines:
            return
        try:
            with self._path.open("a", encoding="utf-8", newline="\n") as stream:
                stream.write("".join(self._lines))
        except OSError as error:
            raise InputError(unwritable(self._path, error)) from error
        self._lines.clear()

    def __enter__(self) -> "HistoryWriter":
        """Start; nothing is opened yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what waits."""
        self.flush()


def read_history(path: Path) -> list[dict[str, Any]]:
    """Read every whole line, oldest first; a missing file is an empty history.

    `InputError` when a line other than a torn last one is damaged.
    """
    lines = _whole_lines(path)
    try:
        return [json.loads(line) for line in lines]
    except ValueError as error:
        raise InputError(
            f"{path.name} in {path.parent} is damaged: expected JSON lines, got {error}; "
            "restore the file or run again"
        ) from error


def truncate_history(path: Path, epochs: int) -> None:
    """Keep the lines with `epoch` <= `epochs`, so that training resumes after that epoch."""
    kept = [record for record in read_history(path) if record["epoch"] <= epochs]
    text = "".join(json.dumps(record) + "\n" for record in kept)
    write_atomic(path, lambda temporary: _write_bytes(temporary, text.encode()))


def _whole_lines(path: Path) -> list[bytes]:
    content = path.read_bytes() if path.exists() else b""
    return content[: content.rfind(b"\n") + 1].splitlines()


def _drop_torn_tail(path: Path) -> None:
    if path.exists() and path.read_bytes()[-1:] not in (b"", b"\n"):
        text = b"".join(line + b"\n" for line in _whole_lines(path))
        write_atomic(path, lambda temporary: _write_bytes(temporary, text))


def _write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)
