"""Whether the first row of a text file names its columns."""

import re
from collections import Counter
from itertools import islice
from typing import Any

from graphvae_data.core.errors import InputError
from graphvae_data.files.tabular import Table, is_number
from graphvae_data.files.textfiles import TextRows, shown
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.columns.names import known_name, named_ends, words_of
from graphvae_data.readers.columns.values import Columns

ROWS_LOOKED_AT = 5_000
"""Rows whose ids are counted, to judge whether the first row stands apart from them."""
ENOUGH_ROWS = 5
"""With fewer rows below, words that do not occur there may still be ids."""


def has_header(rows: TextRows, columns: list[Any], options: ReadOptions) -> bool:
    """Tell whether the first row is a header.

    It is one if it holds known names, or words above numbers or dates, or words that occur nowhere
    below although all other rows share ids with each other.

    Raises:
        InputError: it may be a header or an edge.
    """
    if options.header is not None:
        return options.header
    first = first_row(rows, columns)
    if any(not wanted.isdigit() for wanted in options.columns.values()):
        return True
    if any(is_number(field) for field in first):
        return False
    ends = named_ends(first, range(len(first)))
    if len(columns[0]) == 1:
        return ends is not None
    below = Columns(Table(rows.path, [column[1:] for column in columns], None, str))
    if any(_another_kind(below, i, field) for i, field in enumerate(first)):
        return True
    repeated = [field for field in first if any(field in below.distinct(i) for i in below.all)]
    if ends is not None and not any(
        _is_one_of(below, i, first[i]) for i in (ends.source, ends.target)
    ):
        words = {first[ends.source], first[ends.target]} & set(repeated)
        if not words:
            return True
        if len(words) == 1 and any(len(word) > 2 for word in words):
            raise _doubt(rows, first)
    if repeated or len(set(first[:2])) < 2:
        return False
    if any(known_name(field) for field in first) or _stands_apart(below, first):
        return True
    raise _doubt(rows, first)


def first_row(rows: TextRows, columns: list[Any]) -> list[str]:
    """Return the first row, without the mark of a header that begins with `#`."""
    first = [str(column[0].as_py()).strip() for column in columns]
    if rows.marked_header:
        first[0] = first[0].lstrip("#").strip()
    return first


def _another_kind(below: Columns, column: int, field: str) -> bool:
    """Tell whether a word stands above numbers or dates."""
    if not field or below.kind(column) not in ("integer", "number", "time"):
        return False
    return not any(character.isdigit() for character in field) or not field[0].isdigit()


def _is_one_of(below: Columns, column: int, field: str) -> bool:
    """Tell whether a word belongs to a series below, as `person1` does above `person2`."""
    stem = _stem(field)
    if not _NAME.fullmatch(field):
        return True
    others = islice(below.distinct(column), ROWS_LOOKED_AT)
    return bool(stem) and any(other != field and _stem(other) == stem for other in others)


def _stem(text: str) -> tuple[str, ...]:
    return tuple(word for word in words_of(text) if len(word) > 1 and word.isalpha())


_NAME = re.compile(r"[\w:][\w .:()-]*")
"""What the name of a column may look like."""


def _stands_apart(below: Columns, first: list[str]) -> bool:
    """Tell whether the first row is unlike all others: by its shape, or as it shares no id."""
    if all(
        _shape(field) not in {_shape(text) for text in below.distinct(i)}
        for i, field in enumerate(first)
        if field
    ):
        return True
    if below.rows < ENOUGH_ROWS:
        return False
    rows = [
        [str(column[row].as_py()).strip() for column in below.table.columns]
        for row in range(min(below.rows, ROWS_LOOKED_AT))
    ]
    counts = Counter(field for row in rows for field in row)
    alone = sum(all(counts[field] == 1 for field in row) for row in rows)
    return alone <= len(rows) // 20


def _shape(text: str) -> tuple[bool, ...]:
    """What a word is made of: capitals, digits, blanks, other signs."""
    return (
        text[:1].isupper(),
        text.isupper(),
        any(map(str.isdigit, text)),
        " " in text,
        any(not (c.isalnum() or c in " _") for c in text),
    )


def _doubt(rows: TextRows, first: list[str]) -> InputError:
    return InputError(
        f"{rows.path}, line {rows.line_of(0)}: {shown(', '.join(first))} may be a header or an "
        "edge; say which with --header or --no-header"
    )
