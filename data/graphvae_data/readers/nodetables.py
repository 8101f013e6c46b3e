"""Features and labels of nodes from tables and arrays (see `align_rows` for whose a row is)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import csr_array, issparse

from graphvae_data.core.errors import InputError
from graphvae_data.files.arrays import load_arrays, map_array, sparse_of
from graphvae_data.files.tabular import TEXT_ENDINGS, Table, is_integer, is_number, read_table
from graphvae_data.graphs.edges import Edges
from graphvae_data.readers.align_rows import by_id, by_order, order_is_sure

Matrix: TypeAlias = csr_array | Float[np.ndarray, "node feature"]

_ID_NAMES = ("id", "node", "node_id", "nodeid", "name", "ids", "key", "label_id")
_TABLES = (*TEXT_ENDINGS, ".parquet")
UNKNOWN = -1
ROWS_AT_ONCE = 1 << 14
"""Rows of a mapped matrix that are checked at once."""


@dataclass(frozen=True)
class Labels:
    """Labels of the graph's nodes."""

    y: Int[np.ndarray, " node"]
    """A number per node, -1 where unknown."""
    class_names: tuple[str, ...] | None
    """Names of the numbers, where the labels were words."""


def read_features(path: Path, edges: Edges) -> tuple[Edges, Matrix]:
    """Return the graph, with nodes that only the features have, and each node's features.

    A `.npy` file is mapped into memory: float32 is used in place, another type is copied once.
    """
    if _ending(path) in _TABLES:
        table = read_table(path, lambda sample: _has_header(sample, set(edges.names)))
        columns = list(range(len(table.columns)))
        if _is_keyed(table, edges):
            edges, rows = by_id(table, edges, complete=True)
            columns = columns[1:]
        else:
            edges, rows = by_order(path, len(table), edges)
        if not columns:
            raise InputError(f"{path}: expected feature columns beside the node ids, got none")
        values = np.column_stack([table.numbers(column) for column in columns])
        return edges, _fits(values[rows], path)
    matrix = _read_matrix(path)
    edges, rows = by_order(path, matrix.shape[0], edges)
    _check_finite(path, matrix)
    if len(rows) == matrix.shape[0] and (rows == np.arange(len(rows))).all():
        return edges, _fits(matrix, path)  # in order already: no copy
    return edges, _fits(matrix[rows], path)


def read_labels(path: Path, edges: Edges, *, known: bool) -> tuple[Edges, Labels]:
    """Return the graph and each node's label; if `known`, unknown node ids are an error."""
    if _ending(path) in _TABLES:
        table = read_table(path, lambda sample: _label_header(sample, set(edges.names)))
        if len(table.columns) == 2:
            if known:
                edges = replace(edges, complete=True)
            edges, rows = by_id(table, edges, complete=False)
            return edges, _numbers_or_words(table.columns[1].to_pylist(), rows, table)
        if len(table.columns) != 1:
            raise InputError(
                f"{path}: expected two columns, node id and label, got {len(table.columns)}"
            )
        edges, rows = by_order(path, len(table), edges)
        return edges, _numbers_or_words(table.columns[0].to_pylist(), rows, table)
    values = load_arrays(path, "labels")
    if not isinstance(values, np.ndarray) or values.ndim != 1:
        raise InputError(f"{path}: expected labels as one row of values [node]")
    edges, rows = by_order(path, len(values), edges)
    return edges, _numbers_or_words(values.tolist(), rows, path)


def _ending(path: Path) -> str:
    return Path(path.stem).suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()


def _has_header(sample: list[list[str]], nodes: set[str]) -> bool:
    first, *rest = sample
    if first[0].strip().lower() in _ID_NAMES and first[0].strip() not in nodes:
        return True
    numeric_below = [row for row in rest if len(row) == len(first) and all(map(is_number, row[1:]))]
    if len(first) == 1:
        return bool(rest) and not is_number(first[0]) and is_number(rest[0][0])
    return bool(numeric_below) and not any(map(is_number, first[1:]))


def _label_header(sample: list[list[str]], nodes: set[str]) -> bool:
    first, *rest = ([field.strip() for field in row] for row in sample)
    if len(first) < 2 or first[0] in nodes:
        return len(first) == 1 and first[0].lower() in ("label", "y", "class", "group")
    return first[0].lower() in _ID_NAMES or any(row[0] in nodes for row in rest)


def _is_keyed(table: Table, edges: Edges) -> bool:
    """Tell whether the first column holds node ids rather than the first feature."""
    if table.names is not None and table.names[0].strip().lower() in _ID_NAMES:
        return True
    if len(table.columns) == 1:
        return False
    try:
        ids = table.identifiers(0).to_pylist()
    except InputError:
        return False
    distinct, nodes = set(ids), set(edges.names)
    if 2 * len(distinct) > len(ids) and 2 * len(distinct & nodes) >= len(nodes):
        return True
    return not order_is_sure(edges) or not all(map(is_number, ids))


def _read_matrix(path: Path) -> Any:
    if path.suffix.lower() == ".npy":
        found: Any = map_array(path, "features")
    else:
        found = load_arrays(path, "features")
    if isinstance(found, dict):
        matrix = sparse_of(path) if "format" in found else found.get("x")
    else:
        matrix = found
    if matrix is None:
        raise InputError(f"{path}: expected an array x or a SciPy sparse matrix, got neither")
    if issparse(matrix):
        return csr_array(matrix)
    if matrix.ndim != 2 or matrix.dtype.kind not in "bifu":
        raise InputError(
            f"{path}: expected numbers [node, feature], got {matrix.dtype} {matrix.shape}"
        )
    return matrix


def _check_finite(path: Path, matrix: Any) -> None:
    if issparse(matrix):
        bad = ~np.isfinite(matrix.data)
        row = int(np.searchsorted(matrix.indptr, bad.argmax(), side="right")) - 1
    else:
        bad = _rows_not_finite(matrix)
        row = int(bad.argmax()) if len(bad) else 0
    if bad.any():
        raise InputError(f"{path}, row {row + 1}: expected finite features, got NaN or infinity")


def _rows_not_finite(matrix: Any) -> Bool[np.ndarray, " node"]:
    """Check blocks of rows, as a mapped matrix may be larger than the memory."""
    starts = range(0, len(matrix), ROWS_AT_ONCE)
    blocks = [~np.isfinite(matrix[at : at + ROWS_AT_ONCE]).all(axis=1) for at in starts]
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=bool)


def _fits(matrix: Any, path: Path) -> Matrix:
    """Return float32, in which every value must be finite; no copy if it is float32 already."""
    if matrix.dtype == np.float32:
        return matrix if issparse(matrix) else np.ascontiguousarray(matrix)
    with np.errstate(over="ignore"):
        small = matrix.astype(np.float32)
    _check_finite(path, small)
    return small if issparse(small) else np.ascontiguousarray(small)


def _numbers_or_words(
    values: list[Any], rows: Int[np.ndarray, " node"], source: Table | Path
) -> Labels:
    texts = ["" if value is None else str(value).strip() for value in values]
    given = [text for text in texts if text]
    if all(map(is_integer, given)):
        codes = np.array([int(text) if text else UNKNOWN for text in texts], dtype=np.int64)
        if (codes < UNKNOWN).any():
            row = int((codes < UNKNOWN).argmax())
            raise _label_fault(source, row, "a label from 0, or -1 for unknown,", texts[row])
        words = None
    else:
        words = tuple(sorted(set(given)))
        place = {word: number for number, word in enumerate(words)}
        codes = np.array([place.get(text, UNKNOWN) for text in texts], dtype=np.int64)
    return Labels(np.append(codes, UNKNOWN)[rows], words)


def _label_fault(source: Table | Path, row: int, expected: str, got: str) -> InputError:
    place: Callable[[int], str] = (
        source.place if isinstance(source, Table) else lambda row: f"row {row + 1}"
    )
    path = source.path if isinstance(source, Table) else source
    return InputError(f"{path}, {place(row)}: expected {expected} got {got!r}")
