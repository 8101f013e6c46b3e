"""Detection of the delimiter of a text file from a sample of its rows.

A good delimiter splits all rows into the same number of fields, none of which looks as if it should
be split further. `a;b;0,5` is split at semicolons (0,5 has a decimal comma), and so is
`Smith, J;Doe, K` (a comma before a blank is part of a name).
"""

import csv
import re
from collections.abc import Sequence

BLANKS = " "
"""Stands for runs of blanks and tabs."""
CANDIDATES = ("\t", ",", ";", "|", "::", BLANKS)
"""Delimiters to try; the first wins a tie."""
NAMES = {
    "tab": "\t",
    "\\t": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "blank": BLANKS,
    "space": BLANKS,
    "whitespace": BLANKS,
}
"""Names of delimiters that are hard to type."""
_QUOTED = re.compile(r'(?:^|(?<=[\t,;|: ]))"(?:[^"]|"")*"(?=$|[\t,;|: ])')
_NO_DELIMITER = re.compile(r",(?= )|(?<=\d),(?=\d)")


def best_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that splits a sample of rows best; blanks if none splits it.

    >>> best_delimiter(["a;b;0,5", "b;c;1,5"]), best_delimiter(["Smith, J;Doe, K", "Doe, K;Roe, L"])
    (';', ';')
    """
    complete = [line for line in lines if line.count('"') % 2 == 0] or list(lines)
    scores = {delimiter: _score(complete, delimiter) for delimiter in CANDIDATES}
    best = max(scores.values())
    if not best:
        return BLANKS
    return next(d for d, score in scores.items() if score == best)


def fields_of(line: str, delimiter: str, quoted: bool) -> list[str]:
    """Split one line into fields; a run of blanks is one delimiter."""
    if delimiter == BLANKS and not quoted:
        return line.split()
    if not quoted or len(delimiter) > 1:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
    except csv.Error:  # a field longer than the limit of Python's csv
        return line.split(delimiter)


def _score(lines: Sequence[str], delimiter: str) -> float:
    """Share of rows with as many fields as the first, times (1 + share of clean fields).

    Zero if the first row or all further rows are not split.
    """
    masked = [_QUOTED.sub("q", line) if '"' in line else line for line in lines]
    rows = [line.split() if delimiter == BLANKS else line.split(delimiter) for line in masked]
    width = len(rows[0]) if rows else 0
    if width < 2 or (len(rows) > 2 and all(len(row) == 1 for row in rows[1:])):
        return 0.0
    same = [row for row in rows if len(row) == width]
    clean = sum(_is_clean(field, delimiter) for row in same for field in row)
    return len(same) / len(rows) * (1 + clean / (width * len(same)))


def _is_clean(field: str, delimiter: str) -> bool:
    """Return whether a field is a single value: no other delimiter, no list of numbers."""
    if field.lstrip().startswith(("{", "[", '"')):
        return True
    rest = _NO_DELIMITER.sub("", field)
    if any(other in rest for other in ("\t", ",", ";", "|") if other != delimiter):
        return False
    parts = field.split()
    return len(parts) < 2 or not all(re.fullmatch(r"[-+.\deE]+", part) for part in parts)
