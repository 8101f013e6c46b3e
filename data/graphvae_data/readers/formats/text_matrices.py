"""Adjacency matrices in text files, with or without node names."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from graphvae_data.core.errors import InputError
from graphvae_data.files.tabular import is_number
from graphvae_data.graphs.edges import Edges
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.formats.matrices import edges_of_matrix

MIN_COLUMNS = 5
"""Columns from which rows of 0 and 1 are a matrix rather than edges with attributes."""


def matrix_of_rows(columns: list[Any], path: Path, options: ReadOptions) -> Edges | None:
    """Return the edges of an adjacency matrix; None if the text is something else.

    Raises:
        InputError: a non-square matrix of 0 and 1.
    """
    width, count = len(columns), len(columns[0])
    if width < 3 or options.columns or abs(count - width) > 1:
        if width < MIN_COLUMNS or options.columns:
            return None
        return _rectangle(columns, path, options)
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
    """Return whether the first row names the nodes: words, or 0, 1, 2, … or 1, 2, 3, … in order."""
    numbers = [[str(i + start) for i in range(len(first))] for start in (0, 1)]
    return first in numbers or not all(map(is_number, first))


def _like_adjacency(values: Float[np.ndarray, "row column"]) -> bool:
    """Return whether a square of numbers is an adjacency matrix rather than a table of edges."""
    if (values < 0).any() or not np.isfinite(values).all():
        return False
    symmetric = bool((values == values.T).all())
    no_loops = not np.diag(values).any()
    binary = bool(np.isin(values, (0, 1)).all())
    if len(values) == 3:
        return symmetric and no_loops
    return symmetric or (len(values) >= MIN_COLUMNS and (no_loops or binary))


def _rectangle(columns: list[Any], path: Path, options: ReadOptions) -> Edges | None:
    """Return the edges of a non-square matrix of 0 and 1, if the graph is bipartite."""
    if not {str(column[0].as_py()).strip() for column in columns} <= {"0", "1"}:
        return None
    values = _numbers(columns)
    if values is None or not np.isin(values, (0, 1)).all():
        return None
    if options.bipartite:
        return edges_of_matrix(values, str(path), options)
    raise InputError(
        f"{path}: expected edges, got {len(values):,} rows of {len(columns)} numbers 0 or 1; "
        "if rows and columns are the two sides of a bipartite graph, pass --bipartite"
    )


def _numbers(columns: list[Any]) -> Float[np.ndarray, "row column"] | None:
    """Return the columns as numbers; None if a value is not a number."""
    import pyarrow as pa

    try:
        arrays = [c.cast(pa.float64()).to_numpy(zero_copy_only=False) for c in columns]
    except pa.ArrowInvalid:
        return None
    return np.column_stack(arrays) if arrays and len(arrays[0]) else None
