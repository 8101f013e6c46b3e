"""Tables from text or Parquet, with error messages that name the row of a value.

Text is converted to numbers only on request, so that a node named 007 keeps its name.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.files.packed import read_bytes
from graphvae_data.files.textfiles import (
    ANY_FORMAT,
    TextFormat,
    TextRows,
    excerpt,
    one_line,
    read_rows,
)

TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".edges", ".edgelist", ".tab", ".dat", ".data")
"""Suffixes of text tables; the suffix of a compressed file may follow."""

_FRACTION = r"-?[0-9]+\.[0-9]*(e[+-]?[0-9]+)?"
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "nil", "?", "-", ".", "missing"})
"""Markers of missing values, in lower case."""
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+")


@dataclass(frozen=True)
class Table:
    """Columns of equal length."""

    path: Path
    """The file, for messages."""
    columns: list[Any]
    """Arrow arrays; strings if read from text."""
    names: list[str] | None
    """Names of the columns; None for a text file without a header."""
    row_name: Callable[[int], str]
    """Returns the name of a row (counted from 0) in messages: `line 3`."""
    comments: tuple[str, ...] = ()
    """Comment lines."""
    decimal_comma: bool = False
    """Whether 0,5 may be a number; False if commas delimit fields."""

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.columns[0])

    def title(self, column: int) -> str:
        """Return a column's name in messages, or its number from 1."""
        name = "" if self.names is None else self.names[column]
        return name or f"column {column + 1}"

    def find(self, column: str, option: str) -> int:
        """Return the index of the column with this name or `title`, or this number from 1.

        Raises:
            InputError: no such column; the message names the option.
        """
        names = self.names or []
        if column in names:
            return names.index(column)
        if column.isdigit() and 1 <= int(column) <= len(self.columns):
            return int(column) - 1
        titles = [self.title(i) for i in range(len(self.columns))]
        if column in titles:
            return titles.index(column)
        choices = ", ".join(titles) if names else f"a number from 1 to {len(self.columns)}"
        raise InputError(
            f"{self.path}: no column {column!r}{nearest(column, titles)} for {option}; "
            f"expected one of {choices}"
        )

    def filtered(self, mask: Bool[np.ndarray, " row"]) -> "Table":
        """Return the selected rows; they keep their names in messages."""
        import pyarrow as pa

        rows, selection = np.flatnonzero(mask), pa.array(mask)
        return replace(
            self,
            columns=[column.filter(selection) for column in self.columns],
            row_name=lambda row: self.row_name(int(rows[row])),
        )

    def error(self, row: int, column: int, expected: str) -> InputError:
        """Return the error for an invalid value."""
        value = self.columns[column][row].as_py()
        got = "an empty field" if value in ("", None) else excerpt(str(value))
        return InputError(
            f"{self.path}, {self.row_name(row)}: expected {expected} in {self.title(column)}, "
            f"got {got}"
        )

    def identifiers(self, column: int) -> Any:
        """Return a column of node ids as text.

        Raises:
            InputError: an empty id, or neither text nor integers.
        """
        import pyarrow as pa
        from pyarrow import compute

        values = self.columns[column]
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        if not (pa.types.is_integer(values.type) or _is_text(values.type)):
            raise InputError(
                f"{self.path}: expected node ids as text or integers in {self.title(column)}, "
                f"got {values.type}"
            )
        text = values.cast(pa.string())
        empty = compute.fill_null(compute.equal(text, ""), True).to_numpy(zero_copy_only=False)
        if empty.any():
            raise self.error(int(empty.argmax()), column, "a node id")
        return text

    def node_ids(self, column: int) -> Any:
        """Return a column of node ids as text; integers as floats, such as 7.0, are converted.

        Raises:
            InputError: an empty id, or neither text nor integers.
        """
        import pyarrow as pa
        from pyarrow import compute

        values = self.columns[column]
        if not pa.types.is_floating(values.type):
            ids = self.identifiers(column)
            if not re.fullmatch(_FRACTION, ids[0].as_py()):
                return ids
            if not compute.all(compute.match_substring_regex(ids, f"^{_FRACTION}$")).as_py():
                return ids
        floats = self.as_floats(column)
        if pa.types.is_floating(values.type) and np.isnan(floats).any():
            raise self.error(int(np.isnan(floats).argmax()), column, "a node id")
        if not (floats == np.floor(floats)).all() or np.abs(floats).max() >= 2**53:
            return self.identifiers(column)
        return pa.array(floats.astype(np.int64).astype(str))

    def numbers(self, column: int, what: str = "a finite number") -> Float[np.ndarray, " row"]:
        """Return a column as float64.

        Raises:
            InputError: a value that is not a finite number; the message names the first one.
        """
        values = self.as_floats(column)
        bad = ~np.isfinite(values)
        if bad.any():
            raise self.error(int(bad.argmax()), column, what)
        return values

    def as_floats(self, column: int) -> Float[np.ndarray, " row"]:
        """Return a column as float64, with NaN for values that are not numbers."""
        import pyarrow as pa

        values = self.columns[column]
        try:
            return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            import pandas as pd

            items = values.to_pylist()
            if self.has_decimal_commas(column):
                items = [with_point(each) if isinstance(each, str) else each for each in items]
            series = pd.Series(items, dtype=object)
            return np.asarray(pd.to_numeric(series, errors="coerce"), dtype=np.float64)

    def has_decimal_commas(self, column: int) -> bool:
        """Return whether 0,5 is a number in a column.

        Where commas delimit fields, all commas in the column must be decimal ones, and 1,234 alone
        may be a thousand.
        """
        if self.decimal_comma:
            return True
        items = self.columns[column].to_pylist()
        texts = [text.strip() for text in items if isinstance(text, str) and "," in text]
        return all(map(_DECIMAL_COMMA.fullmatch, texts)) and not all(
            map(_THOUSANDS.fullmatch, texts)
        )


def read_table(
    path: Path,
    has_header: Callable[[list[list[str]]], bool],
    text_format: TextFormat = ANY_FORMAT,
) -> Table:
    """Read a Parquet or text file; `has_header` decides from the first rows of a text file."""
    if path.suffix.lower() == ".parquet":
        return read_parquet(path)
    rows = read_rows(path, text_format)
    return table_of(rows, rows.columns(), header=has_header(rows.sample()))


def table_of(rows: TextRows, columns: list[Any], *, header: bool) -> Table:
    """Return the rows of a text file as a table; a header becomes the column names."""
    names = [column[0].as_py().strip() for column in columns] if header else None
    if header:
        columns = [column[1:] for column in columns]
    if not len(columns[0]):
        raise InputError(f"{rows.path}: expected rows of data, got only a header")
    _check_names(rows.path, names)
    skipped = int(header)
    return Table(
        rows.path,
        columns,
        names,
        lambda row: f"line {rows.line_of(row + skipped)}",
        rows.comments,
        decimal_comma=rows.delimiter != ",",
    )


def is_number(text: str) -> bool:
    """Return whether a text is a number for Python, including NaN and infinity but not 1_000."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def with_point(text: str) -> str:
    """Return a number with a decimal comma with a point; another text unchanged.

    >>> with_point("0,5"), with_point("Smith, J")
    ('0.5', 'Smith, J')
    """
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text.strip()) else text


def is_integer(text: str) -> bool:
    """Return whether a text is an integer of up to 18 digits."""
    digits = text.removeprefix("-")
    return len(digits) <= 18 and digits.isascii() and digits.isdigit()


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def read_parquet(path: Path) -> Table:
    """Read the columns of a Parquet file."""
    import pyarrow as pa
    from pyarrow import parquet

    content = read_bytes(path)
    try:
        table = parquet.read_table(pa.BufferReader(content), use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: expected a Parquet file, got {one_line(error)}") from None
    if not table.num_rows or not table.num_columns:
        raise InputError(f"{path}: expected rows of data, got an empty table")
    columns = [column.combine_chunks() for column in table.columns]
    _check_names(path, table.column_names)
    return Table(path, columns, list(table.column_names), lambda row: f"row {row + 1}")


def _check_names(path: Path, names: Sequence[str] | None) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise InputError(f"{path}: expected distinct column names, got {name!r} twice")
