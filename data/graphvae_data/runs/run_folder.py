"""The run folder: a self-contained record of a run.

A folder is created atomically with its first files (settings, environment, split), so an incomplete
run never exists. Later files are written one by one, each atomically.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from graphvae_data.core.errors import InputError
from graphvae_data.files.files import clear_temporary, read_json, write_atomic, write_json
from graphvae_data.files.folders import Claim, Kind, claim_folder, restore_replaced
from graphvae_data.files.locks import FolderLock, InUse
from graphvae_data.machine.environment import environment
from graphvae_data.runs.history import HistoryWriter, read_history, truncate_history

__all__ = [
    "Claim",
    "HistoryWriter",
    "RunFolder",
    "claimed",
    "claimed_next",
    "clear_temporary",
    "environment",
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
    def create(
        cls, path: Path | Claim, *, files: Mapping[str, Writer], overwrite: bool = False
    ) -> "RunFolder":
        """Create the folder with these first files, each written by its function.

        A claim on the path decides about `overwrite`, and goes on holding the new folder. It is
        built under a temporary name and then renamed. Raises `InputError` if `path` exists
        and `overwrite` is false, if it exists and is neither a run nor empty, or if it cannot be
        written; an existing run is then unchanged.
        """

        def write(building: Path) -> None:
            for name, writer in files.items():
                writer(building / name)

        with claimed(path, overwrite=overwrite) as claim:
            return cls(claim.place(write))

    @classmethod
    def open(cls, path: Path, *needs: str, kind: str = "graph") -> "RunFolder":
        """Open an existing run, on a graph or on images, that has the files `needs`.

        Raises `InputError` if `path` is not a folder, not a run, a run of another kind, or lacks
        one of the files.
        """
        restore_replaced(path)
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
            InputError: another process holds it, or replaced it just now.
        """
        try:
            lock = FolderLock(self.path)
        except OSError as error:
            raise InputError(f"cannot open {self.path}: {error.strerror or error}") from error
        try:
            if not lock.is_of(self.path):
                raise InUse(f"{self.path} is in use by another process, which has just replaced it")
            yield
        finally:
            lock.release()

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


def claimed(path: Path | Claim, *, overwrite: bool) -> AbstractContextManager[Claim]:
    """Hold the right to write a run folder (see `claim_folder`); a claim is passed on as it is."""
    if isinstance(path, Claim):
        return nullcontext(path)
    return claim_folder(path, RUN, overwrite=overwrite)


@contextmanager
def claimed_next(parent: Path, stem: str) -> Iterator[Claim]:
    """Hold the first of `stem-1`, `stem-2`, … in `parent` that is neither there nor held.

    Raises:
        InputError: the place cannot be written.
    """
    with ExitStack() as held:
        number = 1
        while True:
            path = parent / f"{stem}-{number}"
            number += 1
            if os.path.lexists(path):
                continue
            try:
                claim = held.enter_context(claim_folder(path, RUN, overwrite=False))
            except InUse:
                continue
            except InputError:
                if os.path.lexists(path):  # another process has just put it there
                    continue
                raise
            break
        yield claim
