"""The hash noise is SplitMix64, and is distributed like noise."""

import numpy as np
import pytest

from graphvae_data.core.hashing import mixed, row_keys


def test_the_sequence_from_zero_is_the_published_one() -> None:
    """The first outputs of the reference implementation for the seed 0."""
    result = mixed(np.uint64(0), np.arange(3))
    assert [hex(value) for value in result.tolist()] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]


def test_keys_depend_on_row_and_seed_alone() -> None:
    rows = np.array([5, 0, 9])
    assert np.array_equal(row_keys(rows, 1), row_keys(np.arange(10), 1)[rows])
    assert not np.array_equal(row_keys(rows, 1), row_keys(rows, 2))


@pytest.mark.parametrize("bit", [0, 31, 63])
def test_each_bit_is_a_fair_coin(bit: int) -> None:
    bits = (row_keys(np.arange(40_000), 3) >> np.uint64(bit)) & np.uint64(1)
    assert abs(float(bits.mean()) - 0.5) < 4 * 0.5 / 200
    assert abs(np.corrcoef(bits[:-1], bits[1:])[0, 1]) < 4 / 200
