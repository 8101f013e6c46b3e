"""Processor time of a step, for benchmarks on shared machines."""

from __future__ import annotations

import time
from collections.abc import Callable


def timed(work: Callable[[], object]) -> float:
    """Return the processor's seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start
