"""Counter-based random numbers: a pure function of seed and index, the same on every machine.

SplitMix64 (Steele, Lea, Flood 2014, "Fast Splittable Pseudorandom Number Generators"): add an odd
constant for each number, then mix the bits. All arithmetic is modulo 2^64.
"""

import hashlib

import numpy as np
from jaxtyping import Int, UInt64

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def row_keys(rows: Int[np.ndarray, " row"], seed: int) -> UInt64[np.ndarray, " row"]:
    """Return 64 pseudo-random bits per row."""
    start = np.uint64(int(hashlib.sha256(str(seed).encode()).hexdigest()[:16], 16))
    return mixed(start, rows)


def mixed(
    start: np.uint64 | UInt64[np.ndarray, "*#shape"], numbers: Int[np.ndarray, "*#shape"]
) -> UInt64[np.ndarray, "..."]:
    """Return 64 bits for each index of the sequence that begins at `start`; both broadcast."""
    bits = np.asarray(start + (numbers.astype(np.uint64) + np.uint64(1)) * _STEP)
    bits ^= bits >> np.uint64(30)
    bits *= _FIRST
    bits ^= bits >> np.uint64(27)
    bits *= _SECOND
    bits ^= bits >> np.uint64(31)
    return bits
