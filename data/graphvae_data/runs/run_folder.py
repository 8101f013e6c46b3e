"""The run folder: a self-contained record of a run.

A folder is created atomically with its first files (settings, environment, split), so an incomplete
run never exists. Later files are written one by one, each atomically.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graphvae_data.core.errors import InputError
from graphvae_data.files.files import clear_temporary, read_json, write_atomic, write_json
from graphvae_data.files.folders import Kind, build_folder, check_folder
from graphvae_data.runs.environment import environment
from graphvae_data.runs.history import HistoryWriter, read_history, truncate_history

__all__ = [
    "HistoryWriter",
    "RunFolder",
    "check_place",
    "clear_temporary",
    "environment",
    "next_free",
    "read_history",
    "read_json",
    "truncate_history",
    "write_atomic",
    "write_json",
]

MARKS = ("config.json", "summary.json")
"""A folder with one of these files is a run folder."""

RUN = Kind(
    "a run folder",
    "replace it with --overwrite, continue it with --resume, or choose another folder",
    lambda path: any((path / mark).is_file() for mark in MARKS),
)
KINDS = {"graph": ("a graph", "`graphvae …`"), "image": ("images", "`graphvae image …`")}
"""The data of a run of each kind, and its commands."""

Writer = Callable[[Path], None]


@dataclass(frozen=True)
class RunFolder:
    """One run on disk; the properties are the paths of its files, which may not exist."""

    path: Path
    """The folder."""

    @classmethod
    def create(cls, path: Path, *, overwrite: bool, files: Mapping[str, Writer]) -> "RunFolder":
        """Create the folder with these first files, each written by its function.

        It is built under a temporary name and then renamed. Raises `InputError` if `path` exists
        and `overwrite` is false, if it exists and is neither a run nor empty, or if it cannot be
        written; an existing run is then unchanged.
        """

        def write(building: Path) -> None:
            for name, writer in files.items():
                writer(building / name)

        if overwrite and path.is_dir():
            with cls(path).lock():
                return cls(build_folder(path, RUN, write, overwrite=overwrite))
        return cls(build_folder(path, RUN, write, overwrite=overwrite))

    @classmethod
    def open(cls, path: Path, *needs: str, kind: str = "graph") -> "RunFolder":
        """Open an existing run, on a graph or on images, that has the files `needs`.

        Raises `InputError` if `path` is not a folder, not a run, a run of another kind, or lacks
        one of the files.
        """
        if not path.is_dir():
            found = "a file" if path.exists() else "nothing"
            raise InputError(f"expected a run folder at {path}, found {found}; check the path")
        if not (path / "config.json").is_file():
            hint = "choose one of the runs inside it" if (path / "summary.json").is_file() else ""
            hint = hint or "choose a folder written by fit"
            raise InputError(f"expected a run folder at {path}, found no config.json; {hint}")
        _check_kind(path, kind)
        missing = [name for name in needs if not (path / name).is_file()]
        if missing:
            raise InputError(f"the run {path} lacks {', '.join(missing)}; restore or fit again")
        return cls(path)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder, so that no other process trains or replaces the run meanwhile.

        The lock ends with the process, however it ends, and leaves no file. Where the operating or
        the file system has no such locks, it does nothing.

        Raises:
            InputError: another process holds it.
        """
        try:
            import fcntl
        except ImportError:  # Windows
            yield
            return
        handle = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise InputError(
                f"{self.path} is in use by another process; wait until it ends, or choose another "
                "folder"
            ) from None
        except OSError:  # a file system without locks
            pass
        try:
            yield
        finally:
            os.close(handle)

    @property
    def config(self) -> Path:
        """Every setting, resolved."""
        return self.path / "config.json"

    @property
    def environment(self) -> Path:
        """Versions, device, seed, command line."""
        return self.path / "environment.json"

    @property
    def split(self) -> Path:
        """The exact edges."""
        return self.path / "split.npz"

    @property
    def graph(self) -> Path:
        """The graph, for a run on a user's own graph."""
        return self.path / "graph.npz"

    @property
    def history(self) -> Path:
        """A line per epoch."""
        return self.path / "history.jsonl"

    @property
    def model(self) -> Path:
        """The best weights by validation."""
        return self.path / "model.safetensors"

    @property
    def resume(self) -> Path:
        """The state for resuming: optimiser, random states, step."""
        return self.path / "resume.pt"

    @property
    def metrics(self) -> Path:
        """The scores."""
        return self.path / "metrics.json"

    @property
    def summary(self) -> Path:
        """Mean and spread over repeated runs, in their common folder."""
        return self.path / "summary.json"


def _check_kind(path: Path, kind: str) -> None:
    """Reject a run of the other kind; the kind is recorded in its environment."""
    about = path / "environment.json"
    found = str(read_json(about).get("kind", "graph")) if about.is_file() else kind
    if found != kind:
        what, command = KINDS.get(found, (found, "the version that wrote it"))
        raise InputError(
            f"expected a run on {KINDS[kind][0]}, and {path} is one on {what}; use {command}"
        )


def next_free(parent: Path, stem: str) -> Path:
    """Return the first of `stem-1`, `stem-2`, … that does not exist in `parent`."""
    number = 1
    while os.path.lexists(parent / f"{stem}-{number}"):
        number += 1
    return parent / f"{stem}-{number}"


def check_place(path: Path, *, overwrite: bool) -> None:
    """Reject early a path that `RunFolder.create` would reject."""
    check_folder(path, RUN, overwrite=overwrite)
    if path.is_dir():
        with RunFolder(path).lock():
            pass
