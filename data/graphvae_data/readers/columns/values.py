"""Types of column values: numbers, dates, Unix times, words; and their distinct values.

>>> from pathlib import Path
>>> import pyarrow as pa
>>> table = Table(Path("g.csv"), [pa.array(["1082040961", "1082155839"])], None, str)
>>> Columns(table).kind(0)
'time'
"""

import re
from functools import cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from graphvae_data.files.tabular import Table, is_number

Kind = Literal["empty", "integer", "number", "time", "flag", "word"]
"""`time` is a date or a Unix time; `number` has fractions."""

MAX_ROWS = 50_000
"""Rows that are inspected; in longer tables, evenly spaced ones."""
UNIX = (3.0e8, 3.0e9)
"""Range of Unix times in seconds, from 1979 to 2065; ids are rarely all in it."""
MIN_ELAPSED = 1e5
"""Minimum last value, in seconds, of a column of elapsed times."""
MAX_RELATIONS = 500
"""Maximum number of distinct values of a relation."""
_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}( .*)?|\d{4}/\d{1,2}/\d{1,2}.*"
    r"|\d{4}-\d{2}|\d{1,2}:\d{2}(:\d{2}.*)?"
)
_FLAGS = {"true", "false"}


class Columns:
    """The values of a table's columns, inspected when needed and cached."""

    def __init__(self, table: Table) -> None:
        self.table = table
        step = max(1, -(-len(table) // MAX_ROWS))
        self._rows = slice(None, None, step) if step > 1 else slice(None)
        self._distinct: dict[int, dict[str, int]] = {}
        self._kinds: dict[int, Kind] = {}

    @cached_property
    def all(self) -> range:
        """The indices of the columns."""
        return range(len(self.table.columns))

    @property
    def rows(self) -> int:
        """Number of inspected rows."""
        return len(self.table.columns[0][:: self._rows.step or 1])

    def distinct(self, column: int) -> dict[str, int]:
        """Return the distinct non-empty values as text, and their counts."""
        if column not in self._distinct:
            from pyarrow import compute

            values = self._values(column)
            counts = compute.value_counts(values).to_pylist()
            items = ((each["values"], each["counts"]) for each in counts)
            self._distinct[column] = {
                str(value).strip(): count
                for value, count in items
                if value is not None and str(value).strip()
            }
        return self._distinct[column]

    def missing(self, column: int) -> int:
        """Return the number of empty values."""
        return self.rows - sum(self.distinct(column).values())

    def kind(self, column: int) -> Kind:
        """Return the type of the values."""
        if column not in self._kinds:
            self._kinds[column] = self._kind(column)
        return self._kinds[column]

    def floats(self, column: int) -> Float[np.ndarray, " value"]:
        """Return the distinct values as numbers, NaN for other values."""
        texts = self.distinct(column)
        return np.array([_float(text) for text in texts])

    def overlap(self, a: int, b: int) -> float:
        """Return |A ∩ B| / min(|A|, |B|) for the distinct values A, B of two columns."""
        first, second = self.distinct(a).keys(), self.distinct(b).keys()
        smaller = min(len(first), len(second))
        return len(first & second) / smaller if smaller else 0.0

    def most_frequent(self, column: int) -> str:
        """Return the most frequent value; the smallest of several."""
        counts = self.distinct(column)
        highest = max(counts.values())
        return min((v for v, count in counts.items() if count == highest), key=_float)

    def has_few_values(self, column: int) -> bool:
        """Return whether the column has few distinct values, as a relation does."""
        return 20 * len(self.distinct(column)) <= min(self.rows, 20 * MAX_RELATIONS)

    def is_elapsed_time(self, column: int) -> bool:
        """Return whether integers increase from row to row like seconds since some start."""
        if self.kind(column) != "integer" or self.missing(column) or self.rows < 20:
            return False
        values = np.array([float(text) for text in self._values(column).to_pylist()])
        rises = bool((values[1:] >= values[:-1]).all())
        return (
            rises
            and bool(values[-1] >= MIN_ELAPSED)
            and 4 * len(self.distinct(column)) >= self.rows
        )

    def example(self, column: int) -> str:
        """Return the first non-empty value, shortened for a message."""
        text = next(iter(self.distinct(column)), "nothing")
        return text if len(text) <= 24 else text[:21] + "..."

    def _values(self, column: int) -> Any:
        import pyarrow as pa

        values = self.table.columns[column]
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        if pa.types.is_nested(values.type) or pa.types.is_fixed_size_binary(values.type):
            values = pa.nulls(len(values), pa.string())  # lists and structs have no role
        elif pa.types.is_binary(values.type) or pa.types.is_large_binary(values.type):
            values = _decoded(values)
        step = self._rows.step or 1
        return values.take(pa.array(range(0, len(values), step))) if step > 1 else values

    def _kind(self, column: int) -> Kind:
        import pyarrow as pa

        arrow = self.table.columns[column].type
        if pa.types.is_temporal(arrow):
            return "time"
        if pa.types.is_boolean(arrow):
            return "flag"
        texts = self.distinct(column)
        if not texts:
            return "empty"
        if {text.lower() for text in texts} <= _FLAGS:
            return "flag"
        if all(_DATE.fullmatch(text) for text in texts):
            return "time"
        if not all(_is_numeric(text, self.table.decimal_comma) for text in texts):
            return "word"
        return self._kind_of_numbers(texts)

    def _kind_of_numbers(self, texts: dict[str, int]) -> Kind:
        if any(len(text.lstrip("-")) > 15 and text.lstrip("-").isdigit() for text in texts):
            return "integer"
        values = np.array([_float(text) for text in texts])
        finite = values[np.isfinite(values)]
        if len(finite) and UNIX[0] <= finite.min() and finite.max() <= UNIX[1]:
            return "time"
        if len(finite) and 1e3 * UNIX[0] <= finite.min() and finite.max() <= 1e3 * UNIX[1]:
            return "time"
        integral = len(finite) == len(values) and bool((finite == np.floor(finite)).all())
        return "integer" if integral else "number"


def _decoded(values: Any) -> Any:
    """Return bytes as text, or nothing if they are not."""
    import pyarrow as pa

    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.nulls(len(values), pa.string())


def _is_numeric(text: str, decimal_comma: bool) -> bool:
    return is_number(text) or (decimal_comma and is_number(text.replace(",", ".", 1)))


def _float(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("nan")
