"""Checks of sparse matrices from files, before compiled code uses their indices."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray


def check_sparse(matrix: Any) -> None:
    """Raise `ValueError` unless all indices of a SciPy sparse matrix are within its bounds.

    SciPy's own check is skipped if the last pointer is negative, and most of its functions do not
    check at all.
    """
    if matrix.format in ("csr", "csc", "bsr"):
        blocks = matrix.blocksize if matrix.format == "bsr" else (1, 1)
        rows, columns = (
            length // block for length, block in zip(matrix.shape, blocks, strict=True)
        )
        major, minor = (columns, rows) if matrix.format == "csc" else (rows, columns)
        _check_pointers(matrix.indptr, major, min(len(matrix.indices), len(matrix.data)))
        _check_inside(matrix.indices, minor)
    elif matrix.format == "coo":
        for ends, length in zip(matrix.coords, matrix.shape, strict=True):
            if len(ends) != len(matrix.data):
                raise ValueError("row, column and data differ in length")
            _check_inside(ends, length)


def _check_pointers(pointers: NDArray[Any], count: int, stored: int) -> None:
    if pointers.ndim != 1 or len(pointers) != count + 1:
        raise ValueError(f"expected {count + 1} index pointers, got {pointers.shape}")
    if pointers[0] != 0 or pointers[-1] > stored or (pointers[1:] < pointers[:-1]).any():
        raise ValueError(f"index pointers must increase from 0 to at most {stored}")


def _check_inside(indices: NDArray[Any], length: int) -> None:
    if indices.ndim != 1 or indices.dtype.kind not in "iu":
        raise ValueError(f"expected whole numbers as indices, got {indices.dtype}")
    if len(indices) and not (indices.min() >= 0 and indices.max() < length):
        raise ValueError(f"expected indices from 0 to {length - 1}")
