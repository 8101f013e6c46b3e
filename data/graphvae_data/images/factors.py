"""Factors of variation: the whole numbers that a generated picture was drawn from.

Notation: factor f takes the values 0, 1, … sizes[f] - 1. In a complete grid each combination
occurs in exactly one picture, which is then found without a search.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from graphvae_data.core.errors import InputError


@dataclass(frozen=True)
class FactorTable:
    """The factors of every picture of a dataset, and the way back from factors to the picture.

    >>> table = grid_table(("x", "y"), ((0.0, 0.5, 1.0), (0.0, 1.0)))
    >>> table.of_row[5].tolist(), table.index_of(np.array([2, 1])).tolist()
    ([2, 1], 5)
    """

    names: tuple[str, ...]
    """What each factor is called."""
    values: tuple[tuple[float, ...], ...]
    """What the numbers 0, 1, … of each factor stand for, in the units of the dataset."""
    of_row: Int[np.ndarray, "row factor"]
    """The factors of every picture."""
    row_at: Int[np.ndarray, " place"] | None
    """The picture at each place of the grid (last factor fastest); None for no complete grid."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many values each factor takes."""
        return tuple(len(values) for values in self.values)

    def index_of(self, factors: Int[np.ndarray, "*batch factor"]) -> Int[np.ndarray, "*batch"]:
        """The rows of the pictures with these factors, each in constant time.

        `InputError` where the grid is not complete, or a factor is outside its range.
        """
        if self.row_at is None:
            raise InputError(
                "expected every combination of the factors in exactly one picture, got an "
                "incomplete grid; pictures of it cannot be found by their factors"
            )
        if factors.shape[-1] != len(self.sizes):
            raise InputError(f"expected {len(self.sizes)} factors, got {factors.shape[-1]}")
        outside = ((factors < 0) | (factors >= np.array(self.sizes))).reshape(-1, len(self.sizes))
        if outside.any():
            place = int(outside.any(axis=0).argmax())
            raise InputError(
                f"expected the factor {self.names[place]} between 0 and {self.sizes[place] - 1}, "
                f"got {factors[..., place].min()} to {factors[..., place].max()}"
            )
        return np.asarray(self.row_at[factors @ _steps(self.sizes)])


def grid_table(names: tuple[str, ...], values: tuple[tuple[float, ...], ...]) -> FactorTable:
    """The table of pictures that lie in the order of the grid, the last factor fastest."""
    sizes = tuple(len(found) for found in values)
    rows = np.arange(int(np.prod(sizes)), dtype=np.int64)
    of_row = np.stack(np.unravel_index(rows, sizes), axis=1).astype(np.int64, copy=False)
    return FactorTable(names, values, of_row, rows)


def found_table(names: tuple[str, ...], of_row: Int[np.ndarray, "row factor"]) -> FactorTable:
    """The table of pictures in any order; each value stands for itself."""
    sizes = tuple(int(size) for size in of_row.max(axis=0) + 1)
    values = tuple(tuple(map(float, range(size))) for size in sizes)
    return FactorTable(names, values, of_row, _rows_by_place(of_row, sizes))


def _rows_by_place(
    of_row: Int[np.ndarray, "row factor"], sizes: tuple[int, ...]
) -> Int[np.ndarray, " place"] | None:
    if np.prod(sizes, dtype=np.float64) != len(of_row):
        return None
    place = of_row @ _steps(sizes)
    order = np.argsort(place, kind="stable")
    return order if np.array_equal(place[order], np.arange(len(of_row))) else None


def _steps(sizes: tuple[int, ...]) -> Int[np.ndarray, " factor"]:
    """How far apart in the grid neighbours of each factor lie."""
    return np.cumprod((1, *sizes[:0:-1]), dtype=np.int64)[::-1]
