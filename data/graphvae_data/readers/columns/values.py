"""What the values of columns say: numbers, dates, Unix times, words; how many differ.

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
"""`time` is a date or a Unix time, `number` one with a fraction."""

MOST_ROWS = 50_000
"""Rows that are looked at; of longer tables, evenly spread ones."""
UNIX = (3.0e8, 3.0e9)
"""Unix times in seconds from 1979 to 2065; as ids such large numbers hardly come alone."""
CLOCK = 1e5
"""Least last time, in seconds, of rows that are sorted by a time that begins anywhere."""
FEW = 500
"""Words that a relation may be one of, at most."""
_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}( .*)?|\d{4}/\d{1,2}/\d{1,2}.*"
    r"|\d{4}-\d{2}|\d{1,2}:\d{2}(:\d{2}.*)?"
)
_FLAGS = {"true", "false"}


class Columns:
    """A look at the values of a table's columns; each is looked at once, when it is asked for."""

    def __init__(self, table: Table) -> None:
        self.table = table
        step = max(1, -(-len(table) // MOST_ROWS))
        self._rows = slice(None, None, step) if step > 1 else slice(None)
        self._distinct: dict[int, dict[str, int]] = {}
        self._kinds: dict[int, Kind] = {}

    @cached_property
    def all(self) -> range:
        """Their indices."""
        return range(len(self.table.columns))

    @property
    def rows(self) -> int:
        """How many rows are looked at."""
        return len(self.table.columns[0][:: self._rows.step or 1])

    def distinct(self, column: int) -> dict[str, int]:
        """Return each distinct value as text, without the empty one, and how often it occurs."""
        if column not in self._distinct:
            from pyarrow import compute

            values = self._values(column)
            counts = compute.value_counts(values).to_pylist()
            held = ((each["values"], each["counts"]) for each in counts)
            self._distinct[column] = {
                str(value).strip(): count
                for value, count in held
                if value is not None and str(value).strip()
            }
        return self._distinct[column]

    def missing(self, column: int) -> int:
        """Return how many values are empty."""
        return self.rows - sum(self.distinct(column).values())

    def kind(self, column: int) -> Kind:
        """Return what the values are."""
        if column not in self._kinds:
            self._kinds[column] = self._kind(column)
        return self._kinds[column]

    def floats(self, column: int) -> Float[np.ndarray, " value"]:
        """Return the distinct values as numbers, NaN for what is none."""
        texts = self.distinct(column)
        return np.array([_float(text) for text in texts])

    def overlap(self, a: int, b: int) -> float:
        """Return the share of the distinct values of the poorer column that the other has too."""
        first, second = self.distinct(a).keys(), self.distinct(b).keys()
        least = min(len(first), len(second))
        return len(first & second) / least if least else 0.0

    def most_frequent(self, column: int) -> str:
        """Return the value that occurs most often, the least one if several do."""
        counts = self.distinct(column)
        most = max(counts.values())
        return min((v for v, count in counts.items() if count == most), key=_float)

    def has_few_values(self, column: int) -> bool:
        """Tell whether the column holds one of few words in every row, as a relation does."""
        return 20 * len(self.distinct(column)) <= min(self.rows, 20 * FEW)

    def like_a_clock(self, column: int) -> bool:
        """Tell whether whole numbers only rise from row to row, and far: seconds since a start."""
        if self.kind(column) != "integer" or self.missing(column) or self.rows < 20:
            return False
        values = np.array([float(text) for text in self._values(column).to_pylist()])
        rises = bool((values[1:] >= values[:-1]).all())
        return rises and bool(values[-1] >= CLOCK) and 4 * len(self.distinct(column)) >= self.rows

    def example(self, column: int) -> str:
        """Return the first value that is not empty, as a message shows it."""
        text = next(iter(self.distinct(column)), "nothing")
        return text if len(text) <= 24 else text[:21] + "..."

    def _values(self, column: int) -> Any:
        import pyarrow as pa

        values = self.table.columns[column]
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
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
        whole = len(finite) == len(values) and bool((finite == np.floor(finite)).all())
        return "integer" if whole else "number"


def _is_numeric(text: str, decimal_comma: bool) -> bool:
    return is_number(text) or (decimal_comma and is_number(text.replace(",", ".", 1)))


def _float(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("nan")
