"""Splits of image datasets into training, validation and test sets.

An official test set is kept. Other images are assigned by a hash of (seed, row), so a split does
not depend on a library's random numbers, and is the same on every machine.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from graphvae_data.core.errors import InputError
from graphvae_data.core.hashing import row_keys


@dataclass(frozen=True)
class SplitRule:
    """The sizes of the held-out parts, and how they are chosen."""

    val: int
    """Number of validation images."""
    test: int
    """Number of test images."""
    test_last: bool = False
    """Whether the test set is the last rows; otherwise it is chosen by hash."""
    val_last: bool = False
    """Whether the validation set is the last rows before it; otherwise it is chosen by hash."""


@dataclass(frozen=True)
class SplitRows:
    """The rows of each part in ascending order: a partition of all rows."""

    train: Int[np.ndarray, " train"]
    """Training rows."""
    val: Int[np.ndarray, " val"]
    """Validation rows."""
    test: Int[np.ndarray, " test"]
    """Test rows."""

    def fingerprint(self, content: str) -> str:
        """Return the SHA-256 (hex) of the content's fingerprint and of each part's rows."""
        digest = hashlib.sha256(content.encode())
        for name in ("train", "val", "test"):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(getattr(self, name), dtype="<i8").data)
        return digest.hexdigest()


def tenths(count: int) -> SplitRule:
    """Return a rule with a tenth each for validation and test; `InputError` below three images."""
    if count < 3:
        raise InputError(f"expected at least 3 images to split into three parts, got {count}")
    part = max(1, round(count / 10))
    return SplitRule(val=part, test=part)


def split_rows(count: int, rule: SplitRule, seed: int) -> SplitRows:
    """Split `count` rows by a rule; the seed only affects parts chosen by hash.

    >>> split_rows(6, SplitRule(val=1, test=2, test_last=True, val_last=True), seed=0).train
    array([0, 1, 2])
    """
    rows = np.arange(count, dtype=np.int64)
    rest, test = _hold_out(rows, rule.test, rule.test_last, seed)
    train, val = _hold_out(rest, rule.val, rule.val_last, seed)
    return SplitRows(train, val, test)


def own_rows(parts: Int[np.ndarray, " row"], seed: int) -> SplitRows:
    """Return a user's split: 0 train, 1 val, 2 test.

    If val or test is missing, it is a tenth of the training images, chosen by hash.

    Raises:
        InputError: too few training images.

    >>> own_rows(np.array([0, 0, 1, 2]), seed=0).test
    array([3])
    """
    train, val, test = (np.flatnonzero(parts == part).astype(np.int64) for part in range(3))
    missing = (not len(val)) + (not len(test))
    if len(train) <= missing:
        raise InputError(f"expected at least {missing + 1} training images, got {len(train)}")
    tenth = max(1, round(len(train) / 10))
    if not len(test):
        train, test = _hold_out(train, tenth, last=False, seed=seed)
    if not len(val):
        train, val = _hold_out(train, tenth, last=False, seed=seed)
    return SplitRows(train, val, test)


def _hold_out(
    rows: Int[np.ndarray, " row"], count: int, last: bool, seed: int
) -> tuple[Int[np.ndarray, " kept"], Int[np.ndarray, " held"]]:
    order = rows if last else rows[np.argsort(row_keys(rows, seed), kind="stable")]
    cut = len(rows) - count
    return np.sort(order[:cut]), np.sort(order[cut:])
