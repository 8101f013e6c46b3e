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

MARKERS = ("config.json", "summary.json")
"""A folder with one of these files is a run folder."""

RUN = Kind(
    "a run folder",
    "replace it with --overwrite, continue it with --resume, or choose another folder",
    lambda path: any((path / marker).is_file() for marker in MARKERS),
)
KINDS = {
    "graph": ("a graph", "`graphvae --help` lists its commands"),
    "image": ("images", "`graphvae image --help` lists its commands"),
}
"""The data of each kind of run, and where its commands are."""

Writer = Callable[[Path], None]


@dataclass(frozen=True)
class RunFolder:
    """A run on disk; the properties are the paths of its files, which may not exist."""

    path: Path
    """The folder."""

    @classmethod
    def create(
        cls, path: Path | Claim, *, files: Mapping[str, Writer], overwrite: bool = False
    ) -> "RunFolder":
        """Create the folder with its initial files under a temporary name, then rename it.

        Args:
            path: the folder, or a claim on it, which keeps the new folder locked.
            files: a function for each file, which writes it to the path that it receives.
            overwrite: replace an existing run; a claim has its own setting.

        Raises:
            InputError: `path` exists and `overwrite` is false, it exists and is neither a run nor
                empty, or it cannot be written; an existing run is then unchanged.
        """

        def write(building: Path) -> None:
            for name, writer in files.items():
                writer(building / name)

        with claimed(path, overwrite=overwrite) as claim:
            return cls(claim.commit(write))

    @classmethod
    def open(cls, path: Path, *needs: str, kind: str = "graph") -> "RunFolder":
        """Open an existing run.

        Args:
            path: the run folder.
            *needs: names of files that it must have.
            kind: "graph" or "image".

        Raises:
            InputError: `path` is not a run folder of this kind, or lacks one of the files.
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
        """Lock the folder inside the block: no other process trains or replaces the run.

        The lock is released when the process ends for any reason, and leaves no file. It does
        nothing if the operating system or the file system does not support it.

        Raises:
            InputError: another process uses the folder, or has just replaced it.
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
        """All resolved settings."""
        return self.path / "config.json"

    @property
    def environment(self) -> Path:
        """Versions, device, seed, command line."""
        return self.path / "environment.json"

    @property
    def split(self) -> Path:
        """The edges of each part."""
        return self.path / "split.npz"

    @property
    def graph(self) -> Path:
        """The graph, for a run on a user's graph."""
        return self.path / "graph.npz"

    @property
    def history(self) -> Path:
        """The history, one line per epoch."""
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
    """Reject a run of the other kind, which is recorded in its environment."""
    file = path / "environment.json"
    recorded = str(read_json(file).get("kind", "graph")) if file.is_file() else kind
    if recorded != kind:
        data, hint = KINDS.get(recorded, (recorded, "use the version that wrote it"))
        raise InputError(
            f"expected a run on {KINDS[kind][0]}, got a run on {data} in {path}; {hint}"
        )


def claimed(path: Path | Claim, *, overwrite: bool) -> AbstractContextManager[Claim]:
    """Claim a run folder (see `claim_folder`); an existing claim is returned unchanged."""
    if isinstance(path, Claim):
        return nullcontext(path)
    return claim_folder(path, RUN, overwrite=overwrite)


@contextmanager
def claimed_next(parent: Path, stem: str) -> Iterator[Claim]:
    """Claim the first of `stem-1`, `stem-2`, … in `parent` that neither exists nor is claimed.

    Raises:
        InputError: `parent` cannot be written.
    """
    with ExitStack() as stack:
        number = 1
        while True:
            path = parent / f"{stem}-{number}"
            number += 1
            if os.path.lexists(path):
                continue
            try:
                claim = stack.enter_context(claim_folder(path, RUN, overwrite=False))
            except InUse:
                continue
            except InputError:
                if os.path.lexists(path):  # another process has just created it
                    continue
                raise
            break
        yield claim
