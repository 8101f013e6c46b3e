"""Adjacency matrices written as text: rows of numbers, perhaps with the names of the nodes."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from graphvae_data.core.errors import InputError
from graphvae_data.files.tabular import is_number
from graphvae_data.graphs.edges import Edges
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.formats.matrices import edges_of_matrix

WIDE = 5
"""Columns from which rows of nothing but 0 and 1 are a matrix, and no edges with attributes."""


def matrix_of_rows(columns: list[Any], path: Path, options: ReadOptions) -> Edges | None:
    """Return the edges of a text that is an adjacency matrix; None if it is something else.

    Raises:
        InputError: rows of 0 and 1 that are not as many as the columns.
    """
    width, count = len(columns), len(columns[0])
    if width < 3 or options.columns or abs(count - width) > 1:
        return None if width < WIDE or options.columns else _rectangle(columns, path, options)
    first = [str(column[0].as_py()).strip() for column in columns]
    side = [str(value).strip() for value in columns[0].to_pylist()]
    if count == width and first[1:] == side[1:]:
        values = _numbers([column[1:] for column in columns[1:]])
        if (values is not None and not all(map(is_number, [*first[1:], "0"]))) or (
            values is not None and not is_number(first[0])
        ):
            return edges_of_matrix(values, str(path), options, names=first[1:])
    if count == width and options.header is not True:
        values = _numbers(columns)
        if values is not None and _like_adjacency(values):
            return edges_of_matrix(values, str(path), options)
    if count == width + 1 and options.header is not False and len(set(first)) == width:
        values = _numbers([column[1:] for column in columns])
        if values is not None and _like_adjacency(values) and _are_names(first):
            return edges_of_matrix(values, str(path), options, names=first)
    return None


def _are_names(first: list[str]) -> bool:
    """Tell whether the first row names the nodes: by words, or by 0, 1, … or 1, 2, …."""
    numbers = [[str(i + start) for i in range(len(first))] for start in (0, 1)]
    return first in numbers or not all(map(is_number, first))


def _like_adjacency(values: Float[np.ndarray, "row column"]) -> bool:
    """Tell whether a square of numbers is rather an adjacency than edges with attributes."""
    if (values < 0).any() or not np.isfinite(values).all():
        return False
    symmetric = bool((values == values.T).all())
    no_loops = not np.diag(values).any()
    binary = bool(np.isin(values, (0, 1)).all())
    if len(values) == 3:
        return symmetric and no_loops
    return symmetric or (len(values) >= WIDE and (no_loops or binary))


def _rectangle(columns: list[Any], path: Path, options: ReadOptions) -> Edges | None:
    """Many columns of nothing but 0 and 1: the adjacency of two sides, or no graph at all."""
    if not {str(column[0].as_py()).strip() for column in columns} <= {"0", "1"}:
        return None
    values = _numbers(columns)
    if values is None or not np.isin(values, (0, 1)).all():
        return None
    if options.bipartite:
        return edges_of_matrix(values, str(path), options)
    raise InputError(
        f"{path}: expected edges, got {len(values):,} rows of {len(columns)} numbers 0 or 1; "
        "if rows and columns are the nodes of two sides, say so with --bipartite"
    )


def _numbers(columns: list[Any]) -> Float[np.ndarray, "row column"] | None:
    """Return the columns as numbers; None if any is no number."""
    import pyarrow as pa

    try:
        arrays = [c.cast(pa.float64()).to_numpy(zero_copy_only=False) for c in columns]
    except pa.ArrowInvalid:
        return None
    return np.column_stack(arrays) if arrays and len(arrays[0]) else None
