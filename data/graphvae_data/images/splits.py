"""Which pictures train, validate and test.

A dataset with a test set of its own keeps it. Everything else is dealt out by a hash of (seed,
row), so a split depends on no library's random numbers and is the same on every machine.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from graphvae_data.core.errors import InputError
from graphvae_data.core.hashing import row_keys


@dataclass(frozen=True)
class SplitRule:
    """How large the parts held out are, and which of them are settled by custom."""

    val: int
    """Number of validation pictures."""
    test: int
    """Number of test pictures."""
    test_last: bool = False
    """Whether the last rows are the dataset's own test set; else it is dealt by hash."""
    val_last: bool = False
    """Whether the last rows before the test set validate; else they are dealt by hash."""


@dataclass(frozen=True)
class SplitRows:
    """Rows of each part, ascending; together they are all rows, each once."""

    train: Int[np.ndarray, " train"]
    """Rows to train on."""
    val: Int[np.ndarray, " val"]
    """Rows to validate on."""
    test: Int[np.ndarray, " test"]
    """Rows to test on."""

    def fingerprint(self, content: str) -> str:
        """The sha256 (hex) of the content's fingerprint, then of each part's rows, in order."""
        digest = hashlib.sha256(content.encode())
        for name in ("train", "val", "test"):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(getattr(self, name), dtype="<i8").data)
        return digest.hexdigest()


def tenths(count: int) -> SplitRule:
    """A tenth to validate and a tenth to test, at least one of each; `InputError` below three."""
    if count < 3:
        raise InputError(f"expected at least 3 pictures to split in three parts, got {count}")
    part = max(1, round(count / 10))
    return SplitRule(val=part, test=part)


def split_rows(count: int, rule: SplitRule, seed: int) -> SplitRows:
    """Deal out `count` rows by `rule`; the seed matters only where a hash decides.

    >>> split_rows(6, SplitRule(val=1, test=2, test_last=True, val_last=True), seed=0).train
    array([0, 1, 2])
    """
    rows = np.arange(count, dtype=np.int64)
    rest, test = _hold_out(rows, rule.test, rule.test_last, seed)
    train, val = _hold_out(rest, rule.val, rule.val_last, seed)
    return SplitRows(train, val, test)


def own_rows(parts: Int[np.ndarray, " row"], seed: int) -> SplitRows:
    """Return the split that pictures come with: 0 train, 1 val, 2 test.

    A part that is missing, val or test, is a tenth of the training pictures, dealt by hash.

    Raises:
        InputError: too few training pictures.

    >>> own_rows(np.array([0, 0, 1, 2]), seed=0).test
    array([3])
    """
    train, val, test = (np.flatnonzero(parts == part).astype(np.int64) for part in range(3))
    missing = (not len(val)) + (not len(test))
    if len(train) <= missing:
        raise InputError(f"expected at least {missing + 1} training pictures, got {len(train)}")
    tenth = max(1, round(len(train) / 10))
    if not len(test):
        train, test = _hold_out(train, tenth, last=False, seed=seed)
    if not len(val):
        train, val = _hold_out(train, tenth, last=False, seed=seed)
    return SplitRows(train, val, test)


def _hold_out(
    rows: Int[np.ndarray, " row"], held: int, last: bool, seed: int
) -> tuple[Int[np.ndarray, " kept"], Int[np.ndarray, " held"]]:
    order = rows if last else rows[np.argsort(row_keys(rows, seed), kind="stable")]
    cut = len(rows) - held
    return np.sort(order[:cut]), np.sort(order[cut:])
