"""The delimiter of a text file, by what every row of a sample says.

A delimiter is good if it splits all rows into the same number of fields, and if no field then looks
as if it should be split further: `a;b;0,5` is split at semicolons (a decimal comma is no
delimiter), `Smith, J;Doe, K` too (nor is a comma inside a name).
"""

import csv
import re
from collections.abc import Sequence

BLANKS = " "
"""Runs of blanks and tabs."""
CANDIDATES = ("\t", ",", ";", "|", "::", BLANKS)
"""Delimiters that are tried; of equally good ones, the first."""
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
"""Words for delimiters that are hard to type."""
_QUOTED = re.compile(r'(?:^|(?<=[\t,;|: ]))"(?:[^"]|"")*"(?=$|[\t,;|: ])')
_NO_DELIMITER = re.compile(r",(?= )|(?<=\d),(?=\d)")


def best_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that splits a sample of rows best; blanks if none does.

    >>> best_delimiter(["a;b;0,5", "b;c;1,5"]), best_delimiter(["Smith, J;Doe, K", "Doe, K;Roe, L"])
    (';', ';')
    """
    whole = [line for line in lines if line.count('"') % 2 == 0] or list(lines)
    scores = {delimiter: _score(whole, delimiter) for delimiter in CANDIDATES}
    best = max(scores.values())
    if not best:
        return BLANKS
    return next(d for d, score in scores.items() if score == best)


def fields_of(line: str, delimiter: str, quoted: bool) -> list[str]:
    """Split one line; runs of blanks are one delimiter."""
    if delimiter == BLANKS and not quoted:
        return line.split()
    if not quoted or len(delimiter) > 1:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
    except csv.Error:  # a field longer than Python's csv takes
        return line.split(delimiter)


def _score(lines: Sequence[str], delimiter: str) -> float:
    """Share of rows that have as many fields as the first, weighed by how clean their fields are.

    Zero if the first row, or every other, is not split at all.
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
    """Tell whether a field holds one value: no other delimiter, no row of numbers."""
    if field.lstrip().startswith(("{", "[", '"')):
        return True
    rest = _NO_DELIMITER.sub("", field)
    if any(other in rest for other in ("\t", ",", ";", "|") if other != delimiter):
        return False
    parts = field.split()
    return len(parts) < 2 or not all(re.fullmatch(r"[-+.\deE]+", part) for part in parts)
