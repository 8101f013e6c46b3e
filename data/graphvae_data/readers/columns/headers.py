"""Detection of a header in a text file."""

import re
from collections import Counter
from itertools import islice
from typing import Any

from graphvae_data.core.errors import InputError
from graphvae_data.files.tabular import MISSING, Table, is_number
from graphvae_data.files.textfiles import TextRows, excerpt
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.columns.names import is_known_name, named_ends, words_of
from graphvae_data.readers.columns.values import Columns

MAX_ROWS = 5_000
"""Rows that are compared with the first one."""
MIN_ROWS = 5
"""With fewer further rows, words of the first row that occur nowhere else may still be ids."""


def has_header(rows: TextRows, columns: list[Any], options: ReadOptions) -> bool:
    """Return whether the first row is a header.

    It is if it has known column names, words above numbers or dates, or words that occur nowhere
    below although the other rows share ids with each other.

    Raises:
        InputError: it may be a header or an edge.
    """
    if options.header is not None:
        return options.header
    first = first_row(rows, columns)
    if any(not name.isdigit() for name in options.columns.values()):
        return True
    if any(is_number(field) for field in first):
        return False
    ends = named_ends(first, range(len(first)))
    if len(columns[0]) == 1:
        return ends is not None
    below = Columns(Table(rows.path, [column[1:] for column in columns], None, str))
    if any(_differs_in_type(below, i, field) for i, field in enumerate(first)):
        return True
    repeated = [field for field in first if any(field in below.distinct(i) for i in below.all)]
    if ends is not None and not any(
        _in_series(below, i, first[i]) for i in (ends.source, ends.target)
    ):
        words = {first[ends.source], first[ends.target]} & set(repeated)
        if not words:
            return True
        if len(words) == 1 and any(len(word) > 2 for word in words):
            raise _ambiguous(rows, first)
    if repeated or len(set(first[:2])) < 2:
        return False
    if any(is_known_name(field) for field in first) or _is_unlike(below, first):
        return True
    raise _ambiguous(rows, first)


def first_row(rows: TextRows, columns: list[Any]) -> list[str]:
    """Return the first row without the `#` of a marked header."""
    first = [str(column[0].as_py()).strip() for column in columns]
    if rows.marked_header:
        first[0] = first[0].lstrip("#").strip()
    return first


def _differs_in_type(below: Columns, column: int, field: str) -> bool:
    """Return whether a word is above numbers or dates."""
    if field.lower() in MISSING or below.kind(column) not in ("integer", "number", "time"):
        return False
    return not any(character.isdigit() for character in field) or not field[0].isdigit()


def _in_series(below: Columns, column: int, field: str) -> bool:
    """Return whether a word belongs to a series in the column, as `person1` above `person2`."""
    stem = _stem(field)
    if not _NAME.fullmatch(field):
        return True
    others = islice(below.distinct(column), MAX_ROWS)
    return bool(stem) and any(other != field and _stem(other) == stem for other in others)


def _stem(text: str) -> tuple[str, ...]:
    return tuple(word for word in words_of(text) if len(word) > 1 and word.isalpha())


_NAME = re.compile(r"[\w:][\w .:()-]*")
"""Pattern of column names."""


def _is_unlike(below: Columns, first: list[str]) -> bool:
    """Return whether the first row differs from all others in shape, or shares no ids with them."""
    if all(
        shape_of(field) not in {shape_of(text) for text in below.distinct(i)}
        for i, field in enumerate(first)
        if field
    ):
        return True
    if below.rows < MIN_ROWS:
        return False
    rows = [
        [str(column[row].as_py()).strip() for column in below.table.columns]
        for row in range(min(below.rows, MAX_ROWS))
    ]
    counts = Counter(field for row in rows for field in row)
    alone = sum(all(counts[field] == 1 for field in row) for row in rows)
    return alone <= len(rows) // 20


def shape_of(text: str) -> tuple[bool, ...]:
    """Return the kinds of characters in a word: capitals, digits, blanks, other characters."""
    return (
        text[:1].isupper(),
        text.isupper(),
        any(map(str.isdigit, text)),
        " " in text,
        any(not (c.isalnum() or c in " _") for c in text),
    )


def _ambiguous(rows: TextRows, first: list[str]) -> InputError:
    return InputError(
        f"{rows.path}, line {rows.line_of(0)}: {excerpt(', '.join(first))} may be a header or an "
        "edge; pass --header or --no-header"
    )
