"""The history of a training run in JSON lines, one line per epoch.

A killed run may leave an incomplete last line. Reading ignores it, appending and truncating remove
it, so that the history of a resumed run equals that of an uninterrupted one.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from graphvae_data.core.errors import InputError
from graphvae_data.files.files import plain, unwritable, write_atomic


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
        _drop_torn_tail(path)

    def append(self, record: Mapping[str, Any]) -> None:
        """Add one epoch; `record` has `epoch`, counted from 1. NaN is written as null."""
        self._lines.append(json.dumps(plain(record), allow_nan=False) + "\n")
        if len(self._lines) >= self._every:
            self.flush()

    def flush(self) -> None:
        """Write the buffered lines; raise `InputError` if the file cannot be written."""
        if not self._lines:
            return
        try:
            with self._path.open("a", encoding="utf-8", newline="\n") as stream:
                stream.write("".join(self._lines))
        except OSError as error:
            raise InputError(unwritable(self._path, error)) from error
        self._lines.clear()

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
    """Read every complete line in order; a missing file is an empty history.

    Raises `InputError` if a line other than an incomplete last one is damaged.
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
    """Keep the lines with `epoch` <= `epochs`, so that training can resume after that epoch."""
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
