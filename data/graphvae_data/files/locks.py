"""Locks on folders, which the operating system releases when their process ends for any reason.

The lock is `flock` on the folder itself: it leaves no file, and stays with a renamed folder.
Windows and some network file systems do not support it; nothing is locked there.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from graphvae_data.core.errors import InputError

PATIENCE = 0.3
"""Seconds to wait for a lock: another process may hold it for a moment to test it."""


class InUse(InputError):
    """Another process uses the folder."""


class FolderLock:
    """An exclusive lock on a folder, held until `release`.

    Args:
        path: an existing folder.
        patience: seconds to wait for the lock.

    Raises:
        InUse: another process holds the lock.
        OSError: the folder does not exist.
    """

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self._handle: int | None = None
        self.works = False
        """Whether the file system supports the lock."""
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
        """Return whether the locked folder is still at `path`."""
        try:
            current = os.stat(path)
        except OSError:
            return False
        return self._handle is None or os.path.samestat(os.fstat(self._handle), current)

    def release(self) -> None:
        """Release the lock; may be called twice."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def owner_of(handle: int) -> str:
    """Return `process 123`, which holds the lock on an open folder; known on Linux only."""
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
