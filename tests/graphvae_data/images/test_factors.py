"""From an image to its factors and back."""

import numpy as np
import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.images.factors import grid_table, row_table

VALUES = ((0.0, 1.0), (0.5, 0.6, 0.7), (0.0, 1.0, 2.0, 3.0))


def test_a_grid_counts_the_last_factor_fastest() -> None:
    table = grid_table(("a", "b", "c"), VALUES)
    assert table.sizes == (2, 3, 4)
    assert table.of_row[[0, 1, 4, 12, 23]].tolist() == [
        [0, 0, 0],
        [0, 0, 1],
        [0, 1, 0],
        [1, 0, 0],
        [1, 2, 3],
    ]
    assert table.index_of(table.of_row).tolist() == list(range(24))


def test_a_shuffled_grid_is_found_again(generator: object) -> None:
    shuffled = np.random.default_rng(0).permutation(24)
    table = row_table(("a", "b", "c"), grid_table(("a", "b", "c"), VALUES).of_row[shuffled])
    assert table.sizes == (2, 3, 4)
    assert np.array_equal(table.index_of(table.of_row), np.arange(24))
    assert int(table.index_of(np.array([1, 2, 3]))) == int(np.flatnonzero(shuffled == 23)[0])
    assert table.index_of(table.of_row.reshape(4, 6, 3)).shape == (4, 6)


@pytest.mark.parametrize("rows", [[0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 3, 3]])
def test_an_incomplete_grid_has_no_way_back(rows: list[int]) -> None:
    of_row = grid_table(("a", "b"), ((0.0, 1.0), (0.0, 1.0))).of_row[rows]
    with pytest.raises(InputError, match="incomplete grid"):
        row_table(("a", "b"), of_row).index_of(np.array([1, 0]))


def test_factors_outside_their_range_are_refused() -> None:
    table = grid_table(("a", "b", "c"), VALUES)
    with pytest.raises(InputError, match=r"factor b between 0 and 2, got 3 to 3"):
        table.index_of(np.array([[0, 3, 0]]))
    with pytest.raises(InputError, match=r"factor c between 0 and 3, got -1 to -1"):
        table.index_of(np.array([0, 0, -1]))
    with pytest.raises(InputError, match="expected 3 factors, got 2"):
        table.index_of(np.array([0, 1]))
