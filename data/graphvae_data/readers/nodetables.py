"""Features and labels of nodes from tables and arrays (see `align_rows` for whose a row is)."""

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
from graphvae_data.files.tabular import TEXT_ENDINGS, Table, is_integer, is_number, read_table
from graphvae_data.graphs.edges import Edges
from graphvae_data.graphs.features import to_tensor
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.feature_prep import apply, prepared, prepared_array
from graphvae_data.readers.frames import array_of, table_of_frame
from graphvae_data.readers.nodes.align_rows import by_id, by_order, order_is_sure

Matrix: TypeAlias = csr_array | Float[np.ndarray, "node feature"]
TableLike: TypeAlias = Any
"""A path, or a DataFrame, Series, array, tensor or sparse matrix."""

_ID_NAMES = ("id", "node", "node_id", "nodeid", "name", "ids", "key", "label_id")
_LABEL_NAMES = ("label", "labels", "y", "class", "group", "target", "category", "community", "type")
_TABLES = (*TEXT_ENDINGS, ".parquet")
ANY = ReadOptions()
_OBJECT = Path("the table")
"""What messages call a table that is no file."""
UNKNOWN = -1
ROWS_AT_ONCE = 1 << 14
"""Rows of a mapped matrix that are checked at once."""
PLAIN = 10.0
"""An array of features whose values are all within this of zero is taken as it is."""


@dataclass(frozen=True)
class Labels:
    """Labels of the graph's nodes."""

    y: Int[np.ndarray, " node"]
    """A number per node, -1 where unknown."""
    class_names: tuple[str, ...] | None
    """Names of the numbers, where the labels were words."""


def with_tables(
    edges: Edges,
    features: TableLike | None,
    labels: TableLike | None,
    options: ReadOptions = ANY,
    prep: FeaturePrep | None = None,
) -> Edges:
    """Add the features and labels of nodes from files or tables.

    Args:
        edges: the edges.
        features: a path, a DataFrame (with ids as its index or in a column) or an array.
        labels: likewise.
        options: how columns are prepared, and which is the label.
        prep: how the features of a model's training were made; None finds it out.
    """
    if features is not None:
        edges, matrix = read_features(features, edges, options, prep)
        edges = replace(edges, features=to_tensor(matrix))
    if labels is not None:
        edges, read = read_labels(labels, edges, options, known=features is not None)
        edges = replace(edges, labels=torch.from_numpy(read.y), class_names=read.class_names)
    return edges


def read_features(
    source: TableLike,
    edges: Edges,
    options: ReadOptions = ANY,
    prep: FeaturePrep | None = None,
) -> tuple[Edges, Matrix]:
    """Return the graph, with nodes that only the features have, and each node's features.

    A `.npy` file is mapped into memory: float32 is used in place, another type is copied once.
    """
    table = _table(source, lambda sample: _has_header(sample, set(edges.names)), options)
    if table is not None:
        return _features_of_table(table, edges, options, prep)
    path = source if isinstance(source, Path) else Path("the features")
    matrix = _read_matrix(path) if isinstance(source, Path) else _numeric(array_of(source), path)
    edges, rows = by_order(path, matrix.shape[0], edges)
    if prep is not None or (options.feature_prep == "auto" and _needs_prep(matrix)):
        values, prep = prepared_array(matrix[rows], path, prep)
        return replace(edges, feature_prep=prep), values
    _check_finite(path, matrix)
    if len(rows) == matrix.shape[0] and (rows == np.arange(len(rows))).all():
        return edges, _fits(matrix, path)  # in order already: no copy
    return edges, _fits(matrix[rows], path)


def _features_of_table(
    table: Table, edges: Edges, options: ReadOptions, prep: FeaturePrep | None
) -> tuple[Edges, Matrix]:
    path, columns = table.path, list(range(len(table.columns)))
    key = _id_column(table, edges)
    if key is None:
        edges, rows = by_order(path, len(table), edges)
    else:
        edges, rows = by_id(table, edges, complete=True, column=key)
        columns.remove(key)
    if not columns:
        raise InputError(f"{path}: expected feature columns beside the node ids, got none")
    if prep is not None:
        return replace(edges, feature_prep=prep), _fits(apply(prep, table)[rows], path)
    if options.feature_prep == "none":
        values = np.column_stack([_plain_numbers(table, column) for column in columns])
        return edges, _fits(values[rows], path)
    values, prep, unused = prepared(table, columns)
    if unused:
        notes = (*edges.notes, f"did not use the features {shortened(unused)}, of many words")
        edges = replace(edges, notes=notes)
    return replace(edges, feature_prep=prep), _fits(values[rows], path)


def _plain_numbers(table: Table, column: int) -> Float[np.ndarray, " row"]:
    try:
        return table.numbers(column)
    except InputError as error:
        raise InputError(f"{error}; --feature-prep auto takes words and missing values") from None


def _needs_prep(matrix: Any) -> bool:
    """Tell whether a dense array has missing values, or numbers on another scale than models."""
    if issparse(matrix) or not matrix.size:
        return False
    starts = range(0, len(matrix), ROWS_AT_ONCE)
    return any(not bool((np.abs(matrix[at : at + ROWS_AT_ONCE]) <= PLAIN).all()) for at in starts)


def _table(
    source: TableLike, has_header: Callable[[list[list[str]]], bool], options: ReadOptions
) -> Table | None:
    """Return a file or object as a table; None for an array."""
    if isinstance(source, Path):
        if _ending(source) not in _TABLES:
            return None
        return read_table(source, has_header, options.text_format)
    return table_of_frame(source, _OBJECT)


def read_labels(
    source: TableLike, edges: Edges, options: ReadOptions = ANY, *, known: bool
) -> tuple[Edges, Labels]:
    """Return the graph and each node's label; if `known`, unknown node ids are an error."""
    table = _table(source, lambda sample: _label_header(sample, set(edges.names)), options)
    if table is None:
        path = source if isinstance(source, Path) else Path("the labels")
        values = load_arrays(path, "labels") if isinstance(source, Path) else array_of(source)
        if not isinstance(values, np.ndarray) or values.ndim != 1:
            raise InputError(f"{path}: expected labels as one row of values [node]")
        edges, rows = by_order(path, len(values), edges)
        return edges, _numbers_or_words(values.tolist(), rows, path)
    if len(table.columns) == 1:
        edges, rows = by_order(table.path, len(table), edges)
        return edges, _numbers_or_words(table.columns[0].to_pylist(), rows, table)
    key = _id_column(table, edges)
    label = _label_column(table, key or 0, options)
    if known:
        edges = replace(edges, complete=True)
    edges, rows = by_id(table, edges, complete=False, column=key or 0)
    return edges, _numbers_or_words(table.columns[label].to_pylist(), rows, table)


def _label_column(table: Table, key: int, options: ReadOptions) -> int:
    """Return the column of the label: the one asked for, the only one, or one of a known name."""
    if options.label is not None:
        return table.find(options.label, ReadOptions.flag("label"))
    others = [i for i in range(len(table.columns)) if i != key]
    named = [i for i in others if table.title(i).strip().lower() in _LABEL_NAMES]
    if len(others) == 1 or len(named) == 1:
        return (named or others)[0]
    raise InputError(
        f"{table.path}: expected two columns, node id and label, got {len(table.columns)}: "
        f"{', '.join(table.title(i) for i in others)}; name the label's with --label-col"
    )


def _ending(path: Path) -> str:
    return Path(inner_name(path)).suffix.lower()


def _has_header(sample: list[list[str]], nodes: set[str]) -> bool:
    first, *rest = sample
    name = first[0].strip()
    if name.lower() in _ID_NAMES and name not in nodes:
        return True
    below = [row for row in rest if len(row) == len(first)]
    if len(first) == 1:
        return bool(rest) and not is_number(first[0]) and is_number(rest[0][0])
    if any(map(is_number, first[1:])) or not below:
        return False
    if name not in nodes and any(row[0].strip() in nodes for row in below):
        return True
    fields = [set(column) for column in zip(*below, strict=True)]
    return any(
        all(map(is_number, column)) and not is_number(field)
        for field, column in zip(first[1:], fields[1:], strict=True)
    )


def _label_header(sample: list[list[str]], nodes: set[str]) -> bool:
    first, *rest = ([field.strip() for field in row] for row in sample)
    if len(first) < 2 or first[0] in nodes:
        return len(first) == 1 and first[0].lower() in ("label", "y", "class", "group")
    return first[0].lower() in _ID_NAMES or any(row[0] in nodes for row in rest)


def _id_column(table: Table, edges: Edges) -> int | None:
    """Return the column of node ids; None if the rows come in the order of the nodes."""
    names = [name.strip().lower() for name in table.names or ()]
    if names and names[0] in _ID_NAMES:
        return 0
    if len(table.columns) == 1:
        return None
    nodes = set(edges.names)
    if _holds_ids(table, 0, nodes):
        return 0
    for column in range(1, len(table.columns)):
        named = bool(names) and names[column] in _ID_NAMES
        if (named or not order_is_sure(edges)) and _holds_ids(table, column, nodes):
            return column
    ids = [str(value) for value in table.columns[0].to_pylist()]
    return 0 if not order_is_sure(edges) or not all(map(is_number, ids)) else None


def _holds_ids(table: Table, column: int, nodes: set[str]) -> bool:
    """Tell whether a column holds most of the nodes, and hardly any twice."""
    try:
        ids = table.identifiers(column).to_pylist()
    except InputError:
        return False
    distinct = set(ids)
    return 2 * len(distinct) > len(ids) and 2 * len(distinct & nodes) >= len(nodes)


def _read_matrix(path: Path) -> Any:
    if path.suffix.lower() == ".npy":
        held: Any = map_array(path, "features")
    else:
        held = load_arrays(path, "features")
    if isinstance(held, dict):
        held = sparse_of(path) if "format" in held else held.get("x")
    if held is None:
        raise InputError(f"{path}: expected an array x or a SciPy sparse matrix, got neither")
    return _numeric(held, path)


def _numeric(matrix: Any, path: Path) -> Any:
    """Return a matrix [node, feature] of numbers; sparse ones as CSR."""
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
