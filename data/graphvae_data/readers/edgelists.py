"""Edge lists: a row an edge, from text or Parquet, ids as text."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from graphvae_data.core.errors import InputError
from graphvae_data.files.tabular import Table, is_integer, is_number, read_table
from graphvae_data.graphs.edges import Edges, ReadOptions, reading_order

_SOURCES = ("source", "src", "from", "fromnodeid", "u", "node1", "id1", "node_1", "id_1", "head")
_TARGETS = ("target", "dst", "to", "tonodeid", "v", "node2", "id2", "node_2", "id_2", "tail")
_WEIGHTS = ("weight", "weights", "w", "edge_weight")


@dataclass(frozen=True)
class _Roles:
    """Which column holds what."""

    source: int
    target: int
    weight: int | None
    time: int | None


def read_edge_list(path: Path, options: ReadOptions) -> Edges:
    """Read an edge list; `InputError` naming the line of the first fault."""
    table = read_table(path, lambda sample: _has_header(sample, options))
    return edges_of_table(table, options)


def edges_of_table(table: Table, options: ReadOptions) -> Edges:
    """The edges of a table whose columns are named, guessed or, in that order, the first two."""
    if len(table.columns) < 2:
        raise InputError(
            f"{table.path}, {table.place(0)}: expected at least two columns, source and target, "
            "got one; fields stand between tabs, commas, semicolons or blanks"
        )
    roles = _roles(table, options)
    names, source, target = _numbered_ends(table, roles)
    used = (roles.source, roles.target, roles.weight, roles.time)
    return Edges(
        names=names,
        source=source,
        target=target,
        weight=None if roles.weight is None else weights_of(table, roles.weight),
        time=None if roles.time is None else times_of(table, roles.time),
        directed=options.directed,
        comments=table.comments,
        unused=tuple(table.title(i) for i in range(len(table.columns)) if i not in used),
        weight_from=None if roles.weight is None else table.title(roles.weight),
    )


def weights_of(table: Table, column: int) -> Float[np.ndarray, " row"]:
    """A column of weights: finite and not negative."""
    expected = "a finite weight, not negative,"
    values = table.numbers(column, expected)
    if (values < 0).any():
        raise table.fault(int((values < 0).argmax()), column, expected)
    return values


def times_of(table: Table, column: int) -> Float[np.ndarray, " row"]:
    """A column of times: numbers as they are, else ISO dates as seconds since 1970 (UTC)."""
    values = table.as_floats(column)
    if np.isfinite(values).all():
        return values
    import pandas as pd

    texts = pd.Series(table.columns[column].to_pylist(), dtype=object)
    if is_number(str(texts.iloc[0])):
        return table.numbers(column, "a finite number as time")
    dates = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)
    if dates.isna().any():
        raise table.fault(int(dates.isna().to_numpy().argmax()), column, "a number or ISO date")
    seconds = (dates - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    return np.asarray(seconds, dtype=np.float64)


def _has_header(sample: list[list[str]], options: ReadOptions) -> bool:
    """Whether the first row names columns: known names, or words above numbers."""
    if options.header is not None:
        return options.header
    first, *rest = ([field.strip() for field in row] for row in sample)
    asked = (options.source_col, options.target_col, options.weight_col, options.time_col)
    if any(name is not None and not name.isdigit() for name in asked):
        return True
    lower = [field.lower() for field in first]
    if any(name in lower for name in _SOURCES) and any(name in lower for name in _TARGETS):
        return True
    if not rest or any(map(is_number, first)):
        return False
    below = [row for row in rest if len(row) == len(first)]
    numeric = [all(is_number(row[i]) for row in below) for i in range(len(first))] if below else []
    whole = bool(below) and all(map(is_integer, (field for row in below for field in row[:2])))
    return whole or any(numeric[2:])


def _roles(table: Table, options: ReadOptions) -> _Roles:
    names = [name.strip().lower() for name in table.names or ()]
    source = _column(table, options.source_col, "source_col", _SOURCES, names)
    target = _column(table, options.target_col, "target_col", _TARGETS, names)
    time = None if options.time_col is None else table.find(options.time_col, "time_col")
    weight = _column(table, options.weight_col, "weight_col", _WEIGHTS, names)
    free = [i for i in range(len(table.columns)) if i not in (source, target, time, weight)]
    if source is None:
        source = free.pop(0) if free else None
    if target is None:
        target = free.pop(0) if free else None
    if source is None or target is None or source == target:
        raise InputError(
            f"{table.path}: expected two different columns for source and target, got one; "
            "name them with source_col and target_col"
        )
    if weight is None and table.names is None and free and _starts_with_number(table, free[0]):
        weight = free[0]
    return _Roles(source, target, weight, time)


def _starts_with_number(table: Table, column: int) -> bool:
    return is_number(str(table.columns[column][0].as_py()))


def _column(
    table: Table, wanted: str | None, option: str, known: tuple[str, ...], names: list[str]
) -> int | None:
    if wanted is not None:
        return table.find(wanted, option)
    return next((names.index(name) for name in known if name in names), None)


def _numbered_ends(
    table: Table, roles: _Roles
) -> tuple[list[str], Int[np.ndarray, " row"], Int[np.ndarray, " row"]]:
    """Names in the graph's order, and both ends of each row as places in them."""
    ends = [table.identifiers(column) for column in (roles.source, roles.target)]
    codes, names = factorized(ends)
    return names, codes[0], codes[1]


def factorized(columns: list[Any]) -> tuple[Int[np.ndarray, "column row"], list[str]]:
    """Number the texts of columns of one length by the graph's order of nodes."""
    import pyarrow as pa

    encoded = pa.concat_arrays(columns).dictionary_encode()
    codes = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    codes = codes.reshape(len(columns), -1)
    present, first = np.unique(codes.T.reshape(-1), return_index=True)
    texts = encoded.dictionary.to_pylist()
    by_row = present[np.argsort(first, kind="stable")]
    names = [texts[code] for code in by_row.tolist()]
    order = reading_order(names)
    place = np.empty(len(texts), dtype=np.int64)
    place[by_row[order]] = np.arange(len(order))
    return place[codes], [names[old] for old in order.tolist()]
