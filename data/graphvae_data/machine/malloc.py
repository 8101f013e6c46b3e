"""Settings of malloc that keep freed memory in the process for the next training step.

By default glibc returns large freed blocks to the system and allocates them again a moment later,
with page faults and zeroing. A step with convolutions on 64×64 images frees and allocates tens of
megabytes, and so does a score over many images at a time, where blocks are larger than those that
a higher threshold for mmap would keep. Keeping the memory in the process saves this time.
"""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Parameter numbers from glibc's malloc.h."""
NEVER = -1
"""As trim threshold: never return free memory at the top of the heap to the system."""
NO_BLOCKS = 0
"""Number of blocks that may be allocated by mmap, which are unmapped when they are freed."""


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
    return bool(mallopt(M_TRIM_THRESHOLD, NEVER)) and bool(mallopt(M_MMAP_MAX, NO_BLOCKS))
