"""The run folder: everything a run used and found, complete enough to be mailed to someone.

A folder appears in one step with its first files in it (settings, environment, split), so a
half-made run never exists. Later files are written one by one, each atomically.
"""

import os
from collections.abc import Callable, Mapping
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
"""A folder that holds one of these was made by a run."""

RUN = Kind(
    "a run folder",
    "replace it with --overwrite, continue it with --resume, or name another folder",
    lambda path: any((path / mark).is_file() for mark in MARKS),
)
KINDS = {"graph": ("a graph", "`graphvae …`"), "image": ("images", "`graphvae image …`")}
"""What a run of each kind is on, and the commands that take it."""

Writer = Callable[[Path], None]


@dataclass(frozen=True)
class RunFolder:
    """One run on disk; the properties give the place of each file, there or not."""

    path: Path
    """The folder."""

    @classmethod
    def create(cls, path: Path, *, overwrite: bool, files: Mapping[str, Writer]) -> "RunFolder":
        """Make the folder with these first files, each written by its function.

        It is built under a temporary name and renamed into place. `InputError` when `path` exists
        and `overwrite` is false, when it exists and is neither a run nor empty, or when the place
        cannot be written; the old run is untouched then.
        """

        def write(building: Path) -> None:
            for name, writer in files.items():
                writer(building / name)

        return cls(build_folder(path, RUN, write, overwrite=overwrite))

    @classmethod
    def open(cls, path: Path, *needs: str, kind: str = "graph") -> "RunFolder":
        """Open an existing run, on a graph or on images, that holds the files named in `needs`.

        `InputError` when `path` is no folder, no run, a run of another kind, or lacks one of them.
        """
        if not path.is_dir():
            found = "a file" if path.exists() else "nothing"
            raise InputError(f"expected a run folder at {path}, found {found}; check the path")
        if not (path / "config.json").is_file():
            hint = "name one of the runs inside it" if (path / "summary.json").is_file() else ""
            hint = hint or "name a folder that a fit made"
            raise InputError(f"expected a run folder at {path}, found no config.json; {hint}")
        _check_kind(path, kind)
        missing = [name for name in needs if not (path / name).is_file()]
        if missing:
            raise InputError(f"the run {path} lacks {', '.join(missing)}; restore or fit again")
        return cls(path)

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
        """The graph itself, for a run on a person's own."""
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
        """What continuing needs: optimiser, random states, step."""
        return self.path / "resume.pt"

    @property
    def metrics(self) -> Path:
        """The scores."""
        return self.path / "metrics.json"

    @property
    def summary(self) -> Path:
        """Mean and spread over repeated runs, in the folder that holds them."""
        return self.path / "summary.json"


def _check_kind(path: Path, kind: str) -> None:
    """Refuse a run of the other kind; what a run says of itself stands in its environment."""
    about = path / "environment.json"
    found = str(read_json(about).get("kind", "graph")) if about.is_file() else kind
    if found != kind:
        what, command = KINDS.get(found, (found, "the version that made it"))
        raise InputError(
            f"expected a run on {KINDS[kind][0]}, and {path} is one on {what}; use {command}"
        )


def next_free(parent: Path, stem: str) -> Path:
    """The first of `stem-1`, `stem-2`, … that does not exist in `parent`."""
    number = 1
    while os.path.lexists(parent / f"{stem}-{number}"):
        number += 1
    return parent / f"{stem}-{number}"


def check_place(path: Path, *, overwrite: bool) -> None:
    """Refuse, before any work is done, a place that `RunFolder.create` would refuse after it."""
    check_folder(path, RUN, overwrite=overwrite)
