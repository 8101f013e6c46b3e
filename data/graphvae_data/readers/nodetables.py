"""Features and labels of nodes from tables and arrays; `align_rows` matches rows to nodes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.sparse import csr_array, issparse

from graphvae_data.core.errors import InputError
from graphvae_data.core.reading import FeaturePrep, shortened
from graphvae_data.files.arrays import load_arrays, map_array, sparse_of
from graphvae_data.files.packed import inner_name
from graphvae_data.files.tabular import TEXT_SUFFIXES, Table, is_integer, read_table
from graphvae_data.graphs.edges import Edges
from graphvae_data.graphs.features import csr_of, to_tensor
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.feature_prep import apply, prepared, prepared_array
from graphvae_data.readers.frames import array_of, table_of_frame
from graphvae_data.readers.nodes.align_rows import by_id, by_order
from graphvae_data.readers.nodes.id_columns import (
    LABEL_NAMES,
    has_header,
    has_label_header,
    id_column,
    ids_as_text,
    label_key,
)

Matrix: TypeAlias = csr_array | Float[np.ndarray, "node feature"]
TableLike: TypeAlias = Any
"""A path, or a DataFrame, Series, array, tensor or sparse matrix."""

_UNKNOWN = frozenset({"", "na", "n/a", "#n/a", "<na>", "nan", "null", "?"})
"""Markers of unknown labels, in lower case; unlike in features, - or none may be a class."""
_TABLES = (*TEXT_SUFFIXES, ".parquet")
DEFAULTS = ReadOptions()
_OBJECT = Path("the table")
"""Name of a table without a file in messages."""
UNKNOWN = -1
BLOCK_ROWS = 1 << 14
"""Rows of a memory-mapped matrix that are checked at once."""
MAX_UNSCALED = 10.0
"""An array of features is standardised only if an absolute value exceeds this."""


@dataclass(frozen=True)
class Labels:
    """Labels of the graph's nodes."""

    y: Int[np.ndarray, " node"]
    """Class of each node; -1 if unknown."""
    class_names: tuple[str, ...] | None
    """Names of the classes, if the labels were words."""


def with_tables(
    edges: Edges,
    features: TableLike | None,
    labels: TableLike | None,
    options: ReadOptions = DEFAULTS,
    prep: FeaturePrep | None = None,
) -> Edges:
    """Add the features and labels of nodes from files or tables.

    Args:
        edges: the edges.
        features: a path, a DataFrame (with ids as its index or in a column) or an array.
        labels: likewise.
        options: the preparation of columns, and the label column.
        prep: the feature preparation of a trained model; None determines it from the features.

    Raises:
        InputError: invalid tables, or options of a table that is missing or prepared already.
    """
    if labels is None and options.label is not None:
        raise InputError(f"{ReadOptions.flag('label')}: expected a table of labels, got none")
    if options.feature_prep == "none" and prep is not None:
        flag = ReadOptions.flag("feature_prep")
        raise InputError(f"{flag}: features are prepared as in training; leave it out")
    if features is not None:
        edges, matrix = read_features(features, edges, options, prep)
        dense = isinstance(matrix, np.ndarray)
        values = torch.from_numpy(matrix) if dense else to_tensor(matrix)  # a mapped file stays one
        edges = replace(edges, features=values)
    if labels is not None:
        edges, read = read_labels(labels, edges, options, known=features is not None)
        edges = replace(edges, labels=torch.from_numpy(read.y), class_names=read.class_names)
    return edges


def read_features(
    source: TableLike,
    edges: Edges,
    options: ReadOptions = DEFAULTS,
    prep: FeaturePrep | None = None,
) -> tuple[Edges, Matrix]:
    """Return the graph, with nodes added from the features, and each node's features.

    A `.npy` file is memory-mapped: float32 is used in place, another type is copied once.
    """
    table = _table(source, lambda sample: has_header(sample, ids_as_text(edges)), options)
    if table is not None:
        return _features_of_table(table, edges, options, prep)
    path = source if isinstance(source, Path) else Path("the features")
    is_file = isinstance(source, Path)
    matrix = _read_matrix(path) if is_file else _numeric(array_of(source, str(path)), path)
    edges, rows = by_order(path, matrix.shape[0], edges)
    if prep is not None or (options.feature_prep == "auto" and _needs_prep(matrix)):
        values, prep = prepared_array(matrix[rows], path, prep)
        return replace(edges, feature_prep=prep), values
    _check_finite(path, matrix)
    if len(rows) == matrix.shape[0] and (rows == np.arange(len(rows))).all():
        return edges, _float32(matrix, path, copy=not is_file)
    return edges, _float32(matrix[rows], path)


def _features_of_table(
    table: Table, edges: Edges, options: ReadOptions, prep: FeaturePrep | None
) -> tuple[Edges, Matrix]:
    path, columns = table.path, list(range(len(table.columns)))
    key = id_column(table, edges)
    if key is None:
        edges, rows = by_order(path, len(table), edges)
    else:
        edges, rows = by_id(table, edges, complete=True, column=key)
        columns.remove(key)
    if not columns:
        raise InputError(f"{path}: expected feature columns beside the node ids, got none")
    if prep is not None:
        return replace(edges, feature_prep=prep), _float32(apply(prep, table)[rows], path)
    if options.feature_prep == "none":
        values = np.column_stack([_plain_numbers(table, column) for column in columns])
        return edges, _float32(values[rows], path)
    values, prep, unused = prepared(table, columns)
    if unused:
        notes = (*edges.notes, f"did not use the features {shortened(unused)}: too many categories")
        edges = replace(edges, notes=notes)
    return replace(edges, feature_prep=prep), _float32(values[rows], path)


def _plain_numbers(table: Table, column: int) -> Float[np.ndarray, " row"]:
    try:
        return table.numbers(column)
    except InputError as error:
        raise InputError(
            f"{error}; --feature-prep auto supports categories and missing values"
        ) from None


def _needs_prep(matrix: Any) -> bool:
    """Return whether a dense array has missing values, or numbers too large for a model."""
    if issparse(matrix) or not matrix.size:
        return False
    starts = range(0, len(matrix), BLOCK_ROWS)
    blocks = (matrix[start : start + BLOCK_ROWS] for start in starts)
    return not all(((block >= -MAX_UNSCALED) & (block <= MAX_UNSCALED)).all() for block in blocks)


def _table(
    source: TableLike, has_header: Callable[[list[list[str]]], bool], options: ReadOptions
) -> Table | None:
    """Convert a file or object to a table; None for an array."""
    if isinstance(source, Path):
        if _suffix(source) not in _TABLES:
            return None
        return read_table(source, has_header, options.text_format)
    return table_of_frame(source, _OBJECT)


def read_labels(
    source: TableLike, edges: Edges, options: ReadOptions = DEFAULTS, *, known: bool
) -> tuple[Edges, Labels]:
    """Return the graph and each node's label; if `known`, an unknown node id is an error."""
    table = _table(source, lambda sample: has_label_header(sample, ids_as_text(edges)), options)
    if table is None:
        path = source if isinstance(source, Path) else Path("the labels")
        is_file = isinstance(source, Path)
        values = load_arrays(path, "labels") if is_file else array_of(source, str(path))
        if not isinstance(values, np.ndarray) or values.ndim != 1:
            raise InputError(f"{path}: expected labels as a one-dimensional array [node]")
        edges, rows = by_order(path, len(values), edges)
        return edges, _encoded(_with_gaps(values).tolist(), rows, path)
    if len(table.columns) == 1:
        edges, rows = by_order(table.path, len(table), edges)
        return edges, _encoded(_labels(table, 0), rows, table)
    key = label_key(table, edges)
    label = _label_column(table, key, options)
    if known:
        edges = replace(edges, complete=True)
    edges, rows = by_id(table, edges, complete=False, column=key)
    return edges, _encoded(_labels(table, label), rows, table)


def _labels(table: Table, column: int) -> list[Any]:
    """Return the labels in a column, None if unknown."""
    values = table.columns[column].to_pylist()
    return [None if str(value).strip().lower() in _UNKNOWN else value for value in values]


def _with_gaps(labels: np.ndarray) -> np.ndarray:
    """Return the labels with None for NaN and the like, as a table has it."""
    if labels.dtype.kind in "biuUS":
        return labels
    import pandas as pd

    gaps = labels.astype(object)
    gaps[pd.isna(labels)] = None
    return gaps


def _label_column(table: Table, key: int, options: ReadOptions) -> int:
    """Return the label column: the one chosen, the only one, or one with a known name."""
    if options.label is not None:
        return table.find(options.label, ReadOptions.flag("label"))
    others = [i for i in range(len(table.columns)) if i != key]
    named = [i for i in others if table.title(i).strip().lower() in LABEL_NAMES]
    if len(others) == 1 or len(named) == 1:
        return (named or others)[0]
    raise InputError(
        f"{table.path}: expected two columns, node id and label, got {len(table.columns)}: "
        f"{', '.join(table.title(i) for i in others)}; select the label with --label-col"
    )


def _suffix(path: Path) -> str:
    return Path(inner_name(path)).suffix.lower()


def _read_matrix(path: Path) -> Any:
    if path.suffix.lower() == ".npy":
        content: Any = map_array(path, "features")
    else:
        content = load_arrays(path, "features")
    if isinstance(content, dict):
        content = sparse_of(path) if "format" in content else content.get("x")
    if content is None:
        raise InputError(f"{path}: expected an array x or a SciPy sparse matrix, got neither")
    return _numeric(content, path)


def _numeric(matrix: Any, path: Path) -> Any:
    """Return a numeric matrix [node, feature]; a sparse one as CSR."""
    if issparse(matrix):
        return csr_of(matrix)
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
        bad = _non_finite_rows(matrix)
        row = int(bad.argmax()) if len(bad) else 0
    if bad.any():
        raise InputError(f"{path}, row {row + 1}: expected finite features, got NaN or infinity")


def _non_finite_rows(matrix: Any) -> Bool[np.ndarray, " node"]:
    """Check blocks of rows, as a memory-mapped matrix may be larger than memory."""
    starts = range(0, len(matrix), BLOCK_ROWS)
    blocks = [~np.isfinite(matrix[start : start + BLOCK_ROWS]).all(axis=1) for start in starts]
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=bool)


def _float32(matrix: Any, path: Path, *, copy: bool = False) -> Matrix:
    """Convert to float32, a dense matrix without a copy if possible; `InputError` for overflow."""
    if matrix.dtype == np.float32 and not issparse(matrix):
        return np.array(matrix, order="C") if copy else np.ascontiguousarray(matrix)
    with np.errstate(over="ignore"):
        converted = matrix.astype(np.float32)
    _check_finite(path, converted)
    return converted if issparse(converted) else np.ascontiguousarray(converted)


def _encoded(values: list[Any], rows: Int[np.ndarray, " node"], source: Table | Path) -> Labels:
    texts = ["" if value is None else str(value).strip() for value in values]
    present = [text for text in texts if text]
    if all(map(is_integer, present)):
        codes = np.array([int(text) if text else UNKNOWN for text in texts], dtype=np.int64)
        if (codes < UNKNOWN).any():
            row = int((codes < UNKNOWN).argmax())
            raise _label_error(source, row, "a label from 0, or -1 for unknown,", texts[row])
        words = None
    else:
        words = tuple(sorted(set(present)))
        index = {word: number for number, word in enumerate(words)}
        codes = np.array([index.get(text, UNKNOWN) for text in texts], dtype=np.int64)
    return Labels(np.append(codes, UNKNOWN)[rows], words)


def _label_error(source: Table | Path, row: int, expected: str, got: str) -> InputError:
    row_name: Callable[[int], str] = (
        source.row_name if isinstance(source, Table) else lambda row: f"row {row + 1}"
    )
    path = source.path if isinstance(source, Table) else source
    return InputError(f"{path}, {row_name(row)}: expected {expected} got {got!r}")
