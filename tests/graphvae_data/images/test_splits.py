"""Splits of images are complete, disjoint and reproducible."""

import numpy as np
import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.images.splits import SplitRule, split_rows, tenths


@pytest.mark.parametrize("test_last", [True, False])
@pytest.mark.parametrize("val_last", [True, False])
def test_every_row_is_in_one_part(test_last: bool, val_last: bool) -> None:
    split = split_rows(1000, SplitRule(50, 120, test_last, val_last), 4)
    assert (len(split.train), len(split.val), len(split.test)) == (830, 50, 120)
    everything = np.concatenate([split.train, split.val, split.test])
    assert np.array_equal(np.sort(everything), np.arange(1000))
    assert all((np.diff(part) > 0).all() for part in (split.train, split.val, split.test))
    assert np.array_equal(split.test, np.arange(880, 1000)) == test_last
    assert np.array_equal(split.val, np.arange(830, 880)) == (test_last and val_last)


def test_the_seed_decides_and_nothing_else() -> None:
    def prints(seed: int, rule: SplitRule) -> str:
        return split_rows(1000, rule, seed).fingerprint("content")

    by_hash, by_custom = SplitRule(100, 100), SplitRule(100, 100, True, True)
    assert prints(0, by_hash) == prints(0, by_hash) != prints(1, by_hash)
    assert prints(0, by_custom) == prints(1, by_custom)
    one = split_rows(1000, by_hash, 0)
    assert one.fingerprint("content") != one.fingerprint("other content")


def test_parts_by_hash_are_spread_over_all_rows() -> None:
    split = split_rows(10_000, tenths(10_000), 0)
    for part in (split.val, split.test):
        assert len(part) == 1000
        assert abs(part.mean() - 5000) < 4 * 10_000 / np.sqrt(12 * 1000)
    other = split_rows(10_000, tenths(10_000), 1)
    assert 50 < len(np.intersect1d(split.test, other.test)) < 150


def test_three_pictures_are_needed() -> None:
    assert tenths(3) == SplitRule(1, 1)
    with pytest.raises(InputError, match="at least 3 images"):
        tenths(2)
