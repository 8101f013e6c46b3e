"""Atomic writing of folders: built under a hidden name, then renamed.

An existing folder is replaced only on request, and only if it is of the same `Kind` or empty, so
that a mistyped path does not delete other files.

A folder `runs/a` is built as `runs/.a.graphvae-building`, which the building process locks. So a
name is taken from the moment it is chosen, and two processes never write one folder. The lock stays
with the folder when it is renamed. A folder that is replaced stands as `runs/.a.graphvae-replaced`
between two renames, and is put back if the process ends there. What dead processes left beside a
new folder is cleared.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from graphvae_data.core.errors import InputError
from graphvae_data.files.files import temporary_sibling, unwritable
from graphvae_data.files.locks import FolderLock, InUse

BUILDING, REPLACED = "graphvae-building", "graphvae-replaced"
LEFT = re.compile(rf"\.(?P<name>.+)\.(?P<state>{BUILDING}|{REPLACED})")
"""Pattern of the hidden names of folders that are being built or replaced."""


@dataclass(frozen=True)
class Kind:
    """A kind of folder that this project writes."""

    noun: str
    """Its name in messages, with article: `a run folder`."""
    remedy: str
    """The advice in the message if the path exists."""
    ours: Callable[[Path], bool]
    """Returns whether an existing folder is of this kind."""


@dataclass(frozen=True)
class Claim:
    """The right to write the folder at a path, held by this process until its block ends."""

    path: Path
    """The folder; it is not there until `place`, or is an old one to be replaced."""
    building: Path
    """The hidden folder in which it is built."""
    replaces: bool
    """Whether there is an old one."""

    def place(self, write: Callable[[Path], None]) -> Path:
        """Let `write` fill the new folder, put it at `path`, and return that path.

        The lock on it is held further, until the claim ends.

        Raises:
            InputError: it cannot be written, or another folder was put there meanwhile.
        """
        try:
            write(self.building)
            _move_into_place(self.building, self.path, replaces=self.replaces)
        except OSError as error:
            raise InputError(unwritable(self.path, error)) from error
        return self.path


@contextmanager
def claim_folder(path: Path, kind: Kind, *, overwrite: bool) -> Iterator[Claim]:
    """Hold the right to write the folder at `path`; if the block ends without it, nothing is left.

    Args:
        path: the folder.
        kind: its kind.
        overwrite: replace a folder of this kind, which is untouched until the new one is complete.

    Raises:
        InputError: `path` exists and `overwrite` is false, it exists and is neither of this kind
            nor empty, another process holds it, or the place cannot be written.
    """
    path = _real_place(path)
    _check_taken(path, kind, overwrite)
    with ExitStack() as held:
        try:
            _make_parents(path.parent, held)
            building, lock = _hidden_folder(path)
        except OSError as error:
            raise InputError(unwritable(path, error)) from error
        held.callback(_discard, building, lock)
        clear_left(path.parent, but=building)
        _check_taken(path, kind, overwrite)  # again: another may have put it there meanwhile
        replaces = path.is_dir()
        if replaces:
            _hold_old(path, held)
        yield Claim(path, building, replaces)


def build_folder(path: Path, kind: Kind, write: Callable[[Path], None], *, overwrite: bool) -> Path:
    """Let `write` fill a new folder, put it at `path`, and return that place.

    Raises:
        InputError: as `claim_folder` and `Claim.place`; an old folder is untouched then.
    """
    with claim_folder(path, kind, overwrite=overwrite) as claim:
        return claim.place(write)


def check_folder(path: Path, kind: Kind, *, overwrite: bool) -> None:
    """Reject early a path that `claim_folder` would reject."""
    path = _real_place(path)
    _check_taken(path, kind, overwrite)
    above = next(folder for folder in path.parents if folder.exists())
    if not above.is_dir():
        raise InputError(unwritable(path, OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))))
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(unwritable(path, OSError(errno.EACCES, os.strerror(errno.EACCES))))


def clear_left(parent: Path, *, but: Path | None = None) -> None:
    """Remove what dead processes left half built in a folder, and put back what they replaced.

    A hidden folder is left alone if a living process holds it, or if there are no locks here.
    """
    with suppress(OSError):
        for entry in list(os.scandir(parent)):
            match = LEFT.fullmatch(entry.name)
            if match and Path(entry.path) != but and entry.is_dir(follow_symlinks=False):
                _clear(Path(entry.path), parent / match["name"], match["state"])


def restore_replaced(path: Path) -> None:
    """Put back the folder that stood at `path` if a process ended while it replaced it."""
    hidden = _hidden(path, REPLACED)
    if hidden.is_dir() and not path.exists():
        _clear(hidden, path, REPLACED)


def _clear(left: Path, path: Path, state: str) -> None:
    with suppress(InUse, OSError):
        lock = FolderLock(left, patience=0.0)
        try:
            if not (lock.works and lock.is_of(left)):
                return
            if state == REPLACED and not path.exists():
                left.rename(path)
            else:
                shutil.rmtree(left, ignore_errors=True)
        finally:
            lock.release()


def _hidden(path: Path, state: str) -> Path:
    return path.with_name(f".{path.name}.{state}")


def _make_parents(parent: Path, held: ExitStack) -> None:
    """Create the missing folders above; those that are still empty go when the block ends."""
    missing = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    parent.mkdir(parents=True, exist_ok=True)

    def remove() -> None:
        with suppress(OSError):  # not empty
            for folder in missing:
                folder.rmdir()

    held.callback(remove)


def _hidden_folder(path: Path) -> tuple[Path, FolderLock]:
    """Create and lock the hidden folder of `path`, emptied of what a dead process left."""
    building = _hidden(path, BUILDING)
    while True:
        building.mkdir(exist_ok=True)
        try:
            lock = FolderLock(building)
        except FileNotFoundError:  # another process cleared it
            continue
        except InUse as error:
            raise InUse(str(error).replace(str(building), str(path), 1)) from None
        if not lock.works:  # then two processes must not share a name
            lock.release()
            unique = temporary_sibling(path)
            unique.mkdir()
            return unique, lock
        if lock.is_of(building):
            _empty(building)
            return building, lock
        lock.release()


def _discard(building: Path, lock: FolderLock) -> None:
    """Remove the hidden folder, unless it was put in its place, and free it."""
    if lock.is_of(building):
        shutil.rmtree(building, ignore_errors=True)
    lock.release()


def _empty(folder: Path) -> None:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def _hold_old(path: Path, held: ExitStack) -> None:
    """Hold the folder that is to be replaced, and the folders in it, such as repeated runs."""
    try:
        for folder in (path, *(child for child in path.iterdir() if child.is_dir())):
            held.callback(FolderLock(folder).release)
    except OSError as error:
        raise InputError(unwritable(path, error)) from error


def _real_place(path: Path) -> Path:
    """Return an absolute path with links to folders resolved."""
    try:
        return path.resolve() if path.is_symlink() else Path(os.path.abspath(path))
    except (OSError, RuntimeError) as error:  # a link to itself
        reason = error if isinstance(error, OSError) else OSError(errno.ELOOP, str(error))
        raise InputError(unwritable(path, reason)) from error


def _check_taken(path: Path, kind: Kind, overwrite: bool) -> None:
    try:
        taken = os.path.lexists(path)
    except (OSError, ValueError) as error:
        reason = error if isinstance(error, OSError) else OSError(errno.EINVAL, str(error))
        raise InputError(unwritable(path, reason)) from error
    if not taken:
        return
    if not overwrite:
        raise InputError(f"{path} already exists; {kind.remedy}")
    if not (path.is_dir() and (kind.ours(path) or not any(path.iterdir()))):
        raise InputError(
            f"{path} is not {kind.noun} and will not be overwritten; name another folder"
        )


def _move_into_place(building: Path, path: Path, *, replaces: bool) -> None:
    """Rename, which fails on a folder with content; the one that is replaced is moved aside."""
    if not replaces:
        building.rename(path)
        return
    aside = _hidden(path, REPLACED)
    path.rename(aside)
    try:
        building.rename(path)
    except OSError:
        aside.rename(path)
        raise
    shutil.rmtree(aside, ignore_errors=True)
