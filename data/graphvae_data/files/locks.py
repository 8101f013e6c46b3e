"""Locks on folders, held by a living process: the system frees them when it ends, however it ends.

The lock is `flock` on the folder itself, so it leaves no file, and it stays with the folder when
that is renamed. Windows and some network file systems have no such locks: there nothing is locked.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from graphvae_data.core.errors import InputError

PATIENCE = 0.3
"""Seconds to wait for a lock: another process may hold it for a moment to see whether it can."""


class InUse(InputError):
    """Another living process holds the folder."""


class FolderLock:
    """The lock on a folder, from the call to `release`.

    Args:
        path: an existing folder.
        patience: seconds to wait for it.

    Raises:
        InUse: another process holds it.
        OSError: the folder is not there.
    """

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self._handle: int | None = None
        self.works = False
        """Whether the system has such locks here."""
        try:
            import fcntl
        except ImportError:  # Windows
            return
        self._handle = os.open(path, os.O_RDONLY)
        end = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.works = True
            except BlockingIOError:
                if time.monotonic() < end:
                    time.sleep(0.02)
                    continue
                owner = owner_of(self._handle)
                self.release()
                raise InUse(
                    f"{path} is in use by {owner}; wait until it ends, or choose another folder"
                ) from None
            except OSError:  # a file system without locks
                pass
            return

    def is_of(self, path: Path) -> bool:
        """Whether this folder still stands at `path`."""
        try:
            there = os.stat(path)
        except OSError:
            return False
        return self._handle is None or os.path.samestat(os.fstat(self._handle), there)

    def release(self) -> None:
        """Free the lock; a second time it does nothing."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def owner_of(handle: int) -> str:
    """Name the process that holds the lock on an open folder, where the system tells (Linux)."""
    inode = str(os.fstat(handle).st_ino)
    try:
        with open("/proc/locks", encoding="ascii") as stream:
            rows = [line.split() for line in stream]
    except (OSError, ValueError):
        rows = []
    for row in rows:
        if len(row) > 5 and row[1] == "FLOCK" and row[5].rpartition(":")[2] == inode:
            return f"process {row[4]}" if int(row[4]) > 0 else "another process"
    return "another process"
