"""Atomic writing of folders: built under a temporary name, then renamed.

An existing folder is replaced only on request, and only if it is of the same `Kind` or empty, so
that a mistyped path does not delete other files.
"""

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from graphvae_data.core.errors import InputError
from graphvae_data.files.files import temporary_sibling, unwritable


@dataclass(frozen=True)
class Kind:
    """A kind of folder that this project writes."""

    noun: str
    """Its name in messages, with article: `a run folder`."""
    remedy: str
    """The advice in the message if the path exists."""
    ours: Callable[[Path], bool]
    """Returns whether an existing folder is of this kind."""


def build_folder(path: Path, kind: Kind, write: Callable[[Path], None], *, overwrite: bool) -> Path:
    """Let `write` fill a new folder, put it at `path`, and return that place.

    `InputError` when `path` exists and `overwrite` is false, when it exists and is neither of this
    kind nor empty, or when the place cannot be written; an old folder is untouched then.
    """
    path = _real_place(path)
    _check_taken(path, kind, overwrite)
    building = temporary_sibling(path)
    try:
        building.mkdir(parents=True)
        write(building)
        _move_into_place(building, path)
    except OSError as error:
        raise InputError(unwritable(path, error)) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return path


def check_folder(path: Path, kind: Kind, *, overwrite: bool) -> None:
    """Reject early a path that `build_folder` would reject."""
    path = _real_place(path)
    _check_taken(path, kind, overwrite)
    above = next(folder for folder in path.parents if folder.exists())
    if not above.is_dir():
        raise InputError(unwritable(path, OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))))
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(unwritable(path, OSError(errno.EACCES, os.strerror(errno.EACCES))))


def _real_place(path: Path) -> Path:
    """Return an absolute path with links to folders resolved."""
    try:
        return path.resolve() if path.is_symlink() else Path(os.path.abspath(path))
    except OSError as error:
        raise InputError(unwritable(path, error)) from error


def _check_taken(path: Path, kind: Kind, overwrite: bool) -> None:
    try:
        taken = path.exists()
    except OSError as error:
        raise InputError(unwritable(path, error)) from error
    if not taken:
        return
    if not overwrite:
        raise InputError(f"{path} already exists; {kind.remedy}")
    if not (path.is_dir() and (kind.ours(path) or not any(path.iterdir()))):
        raise InputError(
            f"{path} is not {kind.noun} and will not be overwritten; name another folder"
        )


def _move_into_place(building: Path, path: Path) -> None:
    """Rename; an existing folder is moved away first, and restored if the rename fails."""
    if not path.exists():
        building.rename(path)
        return
    aside = temporary_sibling(path)
    path.rename(aside)
    try:
        building.rename(path)
    except OSError:
        aside.rename(path)
        raise
    shutil.rmtree(aside, ignore_errors=True)
