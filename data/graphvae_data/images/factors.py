"""Factors of variation: the integers from which an image was generated.

Notation: factor f has the values 0, 1, … sizes[f] - 1. In a complete grid each combination occurs
in exactly one image, which is then looked up in constant time.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from graphvae_data.core.errors import InputError


@dataclass(frozen=True)
class FactorTable:
    """The factors of all images of a dataset, and the look-up of images by factors.

    >>> table = grid_table(("x", "y"), ((0.0, 0.5, 1.0), (0.0, 1.0)))
    >>> table.of_row[5].tolist(), table.index_of(np.array([2, 1])).tolist()
    ([2, 1], 5)
    """

    names: tuple[str, ...]
    """Name of each factor."""
    values: tuple[tuple[float, ...], ...]
    """The value of each factor for 0, 1, …, in the units of the dataset."""
    of_row: Int[np.ndarray, "row factor"]
    """The factors of each image."""
    row_at: Int[np.ndarray, " cell"] | None
    """The image in each cell of the grid (last factor fastest); None if the grid is incomplete."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of each factor."""
        return tuple(len(values) for values in self.values)

    def index_of(self, factors: Int[np.ndarray, "*batch factor"]) -> Int[np.ndarray, "*batch"]:
        """Return the rows of the images with these factors.

        Raises:
            InputError: an incomplete grid, or a factor out of range.
        """
        if self.row_at is None:
            raise InputError(
                "expected every combination of factors in exactly one image, got an incomplete "
                "grid, in which images cannot be looked up by factors"
            )
        if factors.shape[-1] != len(self.sizes):
            raise InputError(f"expected {len(self.sizes)} factors, got {factors.shape[-1]}")
        outside = ((factors < 0) | (factors >= np.array(self.sizes))).reshape(-1, len(self.sizes))
        if outside.any():
            factor = int(outside.any(axis=0).argmax())
            raise InputError(
                f"expected the factor {self.names[factor]} between 0 and {self.sizes[factor] - 1}, "
                f"got {factors[..., factor].min()} to {factors[..., factor].max()}"
            )
        return np.asarray(self.row_at[factors @ _strides(self.sizes)])


def grid_table(names: tuple[str, ...], values: tuple[tuple[float, ...], ...]) -> FactorTable:
    """Return the table of images in the order of the grid, the last factor fastest."""
    sizes = tuple(len(each) for each in values)
    rows = np.arange(int(np.prod(sizes)), dtype=np.int64)
    of_row = np.stack(np.unravel_index(rows, sizes), axis=1).astype(np.int64, copy=False)
    return FactorTable(names, values, of_row, rows)


def row_table(names: tuple[str, ...], of_row: Int[np.ndarray, "row factor"]) -> FactorTable:
    """Return the table of images in any order; values are the integers themselves."""
    sizes = tuple(int(size) for size in of_row.max(axis=0) + 1)
    values = tuple(tuple(map(float, range(size))) for size in sizes)
    return FactorTable(names, values, of_row, _rows_by_cell(of_row, sizes))


def _rows_by_cell(
    of_row: Int[np.ndarray, "row factor"], sizes: tuple[int, ...]
) -> Int[np.ndarray, " cell"] | None:
    if np.prod(sizes, dtype=np.float64) != len(of_row):
        return None
    cell = of_row @ _strides(sizes)
    order = np.argsort(cell, kind="stable")
    return order if np.array_equal(cell[order], np.arange(len(of_row))) else None


def _strides(sizes: tuple[int, ...]) -> Int[np.ndarray, " factor"]:
    """Return the stride of each factor in the flattened grid."""
    return np.cumprod((1, *sizes[:0:-1]), dtype=np.int64)[::-1]
