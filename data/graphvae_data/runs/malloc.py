"""Keeping the memory that a training step frees for the next step.

glibc gives large blocks back to the system when they are freed, and takes them anew, page by page
and filled with zeros, a moment later. A step through convolutions on 64×64 images frees and takes
tens of megabytes; told to keep them, it loses no time to the system.
"""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Numbers of the parameters, of glibc's malloc.h."""
KEPT = 1 << 30
"""Bytes that may be free at the top of the heap before they are given back."""
LARGE = 32 << 20
"""Bytes from which a block is taken from the system on its own; glibc allows no more."""


def keep_freed() -> bool:
    """Tell the allocator of this process to keep what is freed; return whether it heard.

    It holds for the whole process and cannot be taken back: for a command, not for a library. Only
    glibc hears it.
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(M_TRIM_THRESHOLD, KEPT)) and bool(mallopt(M_MMAP_THRESHOLD, LARGE))
