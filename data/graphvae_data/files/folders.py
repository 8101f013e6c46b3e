"""Atomic writing of folders: built under a hidden name, then renamed.

An existing folder is replaced only on request, and only if it is of the same `Kind` or empty, so
that a mistyped path does not delete other files.

A folder `runs/a` is built as `runs/.a.graphvae-building`, locked by its process. This reserves the
name: two processes never write the same folder. The lock stays with the folder when it is renamed.
A replaced folder is called `runs/.a.graphvae-replaced` between the two renames, and is restored if
the process is killed there. Hidden folders of dead processes are removed before a new folder is
built beside them.
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
HIDDEN = re.compile(rf"\.(?P<name>.+)\.(?P<state>{BUILDING}|{REPLACED})")
"""Pattern of the hidden names of folders that are being built or replaced."""


@dataclass(frozen=True)
class Kind:
    """A kind of folder that this project writes."""

    noun: str
    """Its name in messages, with an article: `a run folder`."""
    remedy: str
    """The advice in the message if the path exists."""
    ours: Callable[[Path], bool]
    """Returns whether an existing folder is of this kind."""


@dataclass(frozen=True)
class Claim:
    """The exclusive right of this process to write the folder at a path."""

    path: Path
    """The folder; until `commit` it does not exist, or is the old one to be replaced."""
    building: Path
    """The hidden folder in which it is built."""
    replaces: bool
    """Whether an old folder is replaced."""

    def commit(self, write: Callable[[Path], None]) -> Path:
        """Call `write` with the hidden folder, rename it to `path`, and return `path`.

        The folder stays locked until the claim ends.

        Raises:
            InputError: it cannot be written, or another folder was created there meanwhile.
        """
        try:
            write(self.building)
            _move_into_place(self.building, self.path, replaces=self.replaces)
        except OSError as error:
            raise InputError(unwritable(self.path, error)) from error
        return self.path


@contextmanager
def claim_folder(path: Path, kind: Kind, *, overwrite: bool) -> Iterator[Claim]:
    """Claim the folder at `path` inside the block; without a commit, nothing is left behind.

    Args:
        path: the folder.
        kind: its kind.
        overwrite: replace a folder of this kind; it is unchanged until the new one is complete.

    Raises:
        InputError: `path` exists and `overwrite` is false, it exists and is neither of this kind
            nor empty, another process uses it, or it cannot be written.
    """
    path = _resolved(path)
    _check_taken(path, kind, overwrite)
    with ExitStack() as stack:
        try:
            _make_parents(path.parent, stack)
            building, lock = _hidden_folder(path)
        except OSError as error:
            raise InputError(unwritable(path, error)) from error
        stack.callback(_discard, building, lock)
        clear_hidden(path.parent, keep=building)
        _check_taken(path, kind, overwrite)  # another process may have created it meanwhile
        replaces = path.is_dir()
        if replaces:
            _lock_old(path, stack)
        yield Claim(path, building, replaces)


def build_folder(path: Path, kind: Kind, write: Callable[[Path], None], *, overwrite: bool) -> Path:
    """Call `write` with a new folder, rename it to `path`, and return `path`.

    Raises:
        InputError: as `claim_folder` and `Claim.commit`; an old folder is then unchanged.
    """
    with claim_folder(path, kind, overwrite=overwrite) as claim:
        return claim.commit(write)


def check_folder(path: Path, kind: Kind, *, overwrite: bool) -> None:
    """Reject early a path that `claim_folder` would reject."""
    path = _resolved(path)
    _check_taken(path, kind, overwrite)
    parent = next(folder for folder in path.parents if folder.exists())
    if not parent.is_dir():
        raise InputError(unwritable(path, OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))))
    if not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(unwritable(path, OSError(errno.EACCES, os.strerror(errno.EACCES))))


def clear_hidden(parent: Path, *, keep: Path | None = None) -> None:
    """Remove hidden folders of dead processes, and restore the folders they were replacing.

    A hidden folder is skipped if a living process holds its lock, or if locks are not supported.

    Args:
        parent: the folder to search.
        keep: a hidden folder to skip.
    """
    with suppress(OSError):
        for entry in list(os.scandir(parent)):
            match = HIDDEN.fullmatch(entry.name)
            if match and Path(entry.path) != keep and entry.is_dir(follow_symlinks=False):
                _clear(Path(entry.path), parent / match["name"], match["state"])


def restore_replaced(path: Path) -> None:
    """Restore the folder at `path` if a process was killed while replacing it."""
    hidden = _hidden(path, REPLACED)
    if hidden.is_dir() and not path.exists():
        _clear(hidden, path, REPLACED)


def _clear(hidden: Path, path: Path, state: str) -> None:
    with suppress(InUse, OSError):
        lock = FolderLock(hidden, patience=0.0)
        try:
            if not (lock.works and lock.is_of(hidden)):
                return
            if state == REPLACED and not path.exists():
                hidden.rename(path)
            else:
                shutil.rmtree(hidden, ignore_errors=True)
        finally:
            lock.release()


def _hidden(path: Path, state: str) -> Path:
    return path.with_name(f".{path.name}.{state}")


def _make_parents(parent: Path, stack: ExitStack) -> None:
    """Create the missing parent folders; those still empty are removed when the block ends."""
    missing = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    parent.mkdir(parents=True, exist_ok=True)

    def remove() -> None:
        with suppress(OSError):  # not empty
            for folder in missing:
                folder.rmdir()

    stack.callback(remove)


def _hidden_folder(path: Path) -> tuple[Path, FolderLock]:
    """Create and lock the hidden folder of `path`; remove what a dead process left in it."""
    building = _hidden(path, BUILDING)
    while True:
        building.mkdir(exist_ok=True)
        try:
            lock = FolderLock(building)
        except FileNotFoundError:  # another process removed it
            continue
        except InUse as error:
            raise InUse(str(error).replace(str(building), str(path), 1)) from None
        if not lock.works:  # without locks, use a name that is unique to this process
            lock.release()
            unique = temporary_sibling(path)
            unique.mkdir()
            return unique, lock
        if lock.is_of(building):
            _empty(building)
            return building, lock
        lock.release()


def _discard(building: Path, lock: FolderLock) -> None:
    """Remove the hidden folder unless it was renamed, and release its lock."""
    if lock.is_of(building):
        shutil.rmtree(building, ignore_errors=True)
    lock.release()


def _empty(folder: Path) -> None:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)


def _lock_old(path: Path, stack: ExitStack) -> None:
    """Lock the folder to be replaced and its subfolders, such as repeated runs."""
    try:
        for folder in (path, *(child for child in path.iterdir() if child.is_dir())):
            stack.callback(FolderLock(folder).release)
    except OSError as error:
        raise InputError(unwritable(path, error)) from error


def _resolved(path: Path) -> Path:
    """Return an absolute path; a symbolic link is resolved."""
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
            f"{path} is not {kind.noun} and will not be overwritten; choose another folder"
        )


def _move_into_place(building: Path, path: Path, *, replaces: bool) -> None:
    """Rename the new folder to `path`, which must be empty or absent unless it is replaced."""
    if not replaces:
        building.rename(path)
        return
    backup = _hidden(path, REPLACED)
    path.rename(backup)
    try:
        building.rename(path)
    except OSError:
        backup.rename(path)
        raise
    shutil.rmtree(backup, ignore_errors=True)
