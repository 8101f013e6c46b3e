"""Settings of malloc that keep freed memory in the process for the next training step.

By default glibc returns large freed blocks to the system and allocates them again a moment later,
with page faults and zeroing. A step with convolutions on 64×64 images frees and allocates tens of
megabytes; keeping them in the process saves this time.
"""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Parameter numbers from glibc's malloc.h."""
TRIM_BYTES = 1 << 30
"""Free bytes at the top of the heap above which malloc trims it."""
MMAP_BYTES = 32 << 20
"""Block size in bytes from which malloc uses mmap; the maximum that glibc allows."""


def keep_freed() -> bool:
    """Disable trimming in malloc; return True on success.

    This affects the whole process and cannot be undone, so only commands should call it, not
    libraries. It needs glibc.
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(M_TRIM_THRESHOLD, TRIM_BYTES)) and bool(
        mallopt(M_MMAP_THRESHOLD, MMAP_BYTES)
    )
