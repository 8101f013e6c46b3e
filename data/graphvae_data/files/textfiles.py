"""Text files of rows, as people keep them: packed or not, whatever the delimiter.

Understood: UTF-8, UTF-16 with a byte order mark, any encoding that is named; any line ending;
fields between tabs, commas, semicolons, pipes, `::` or runs of blanks; quoted fields (not between
blanks); blank lines; and lines of comment that begin with `#` or `%`. A row whose first id begins
with `#` is no comment. Line numbers count as an editor does.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

from graphvae_data.core.errors import InputError
from graphvae_data.files.delimiters import BLANKS, NAMES, best_delimiter, fields_of
from graphvae_data.files.packed import read_bytes

_SAMPLE = 200
_MARKED = re.compile(rb"^[ \t]*[#%].*$", re.MULTILINE)
_BLANK_LINE = re.compile(rb"^[ \t]+$", re.MULTILINE)
_EDGE_BLANKS = re.compile(rb"^[ \t]+|[ \t]+$", re.MULTILINE)
_BLANKS = re.compile(rb"[ \t]+")
_QUOTED_ROW = re.compile(r'("[^"]*"|[^" ]+)( ("[^"]*"|[^" ]+))*')


@dataclass(frozen=True)
class TextFormat:
    """How a text file is written, where its reader is told; None finds it out."""

    delimiter: str | None = None
    """A character, or a name such as `tab`."""
    comment: str | None = None
    """What lines of comment begin with; `none` if there are none."""
    encoding: str | None = None
    """Such as `latin-1`; None is UTF-8, or UTF-16 with a byte order mark."""


ANY_FORM = TextFormat()
"""Everything is found out."""


@dataclass(frozen=True)
class TextRows:
    """The rows of a text file, ready to be parsed: comments and stray blanks are empty lines."""

    path: Path
    """The file."""
    content: bytes
    """The text; its lines are the file's lines, those without data being empty."""
    delimiter: str
    """What stands between two fields."""
    quoted: bool
    """Whether the file quotes fields."""
    comments: tuple[str, ...] = ()
    """The lines of comment."""
    marked_header: bool = False
    """Whether the first row alone begins with `#`: it may be a header that is marked so."""

    def line_of(self, row: int) -> int:
        """The line, counted from 1, of a row, counted from 0; blank lines are no rows."""
        if self._slow:
            return self._parsed[row][0]
        for number, line in self.numbered():
            if row == 0:
                return number
            row -= 1 if line else 0
        raise AssertionError("a row beyond the file's end")

    def numbered(self) -> Iterator[tuple[int, bytes]]:
        """Each line that holds a row, with its number."""
        lines = self.content.split(b"\n")
        return ((number, line) for number, line in enumerate(lines, 1) if line)

    def sample(self, count: int = _SAMPLE) -> list[list[str]]:
        """The fields of the first rows."""
        if self._slow:
            return [fields for _, fields in self._parsed[:count]]
        lines = [line.decode() for _, (_, line) in zip(range(count), self.numbered(), strict=False)]
        return [fields_of(line, self.delimiter, self.quoted) for line in lines]

    def columns(self) -> list[Any]:
        """Every column as an Arrow array of text; `InputError` naming the first ragged line."""
        import pyarrow as pa

        width = len(self.sample(1)[0])
        if self._slow:
            for number, fields in self._parsed:
                if len(fields) != width:
                    raise self._ragged_line(number, width, fields, self.delimiter.join(fields))
            columns = zip(*(fields for _, fields in self._parsed), strict=True)
            return [pa.array(column, pa.string()) for column in columns]
        return [self._trimmed(column) for column in self._arrow_columns(width)]

    @cached_property
    def _slow(self) -> bool:
        """Whether the rows need Python's csv: quoted lines that go on, or blanks at delimiters."""
        if not self.quoted:
            return False
        if (self.delimiter + " ").encode() in self.content:
            return True
        return any(line.count(b'"') % 2 for _, line in self.numbered())

    @cached_property
    def _parsed(self) -> list[tuple[int, list[str]]]:
        """The rows by Python's csv, each with the line that it begins in."""
        reader = csv.reader(
            StringIO(self.content.decode(), newline=""),
            delimiter=self.delimiter,
            skipinitialspace=True,
            strict=True,
        )
        rows, begins = list[tuple[int, list[str]]](), 1
        try:
            for fields in reader:
                if fields:
                    rows.append((begins, fields))
                begins = reader.line_num + 1
        except csv.Error as error:
            raise InputError(
                f"{self.path}, line {begins}: expected quotes in pairs, got {one_line(error)}"
            ) from None
        return rows

    def _arrow_columns(self, width: int) -> list[Any]:
        import pyarrow as pa
        from pyarrow import csv as arrow

        names = [str(column) for column in range(width)]
        try:
            table = arrow.read_csv(
                pa.BufferReader(self.content),
                read_options=arrow.ReadOptions(
                    use_threads=False,
                    block_size=min(len(self.content) + 1, 1 << 30),
                    column_names=names,
                ),
                parse_options=arrow.ParseOptions(
                    delimiter=self.delimiter, quote_char='"' if self.quoted else False
                ),
                convert_options=arrow.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid as error:
            raise self._ragged(width, str(error)) from None
        return [column.combine_chunks() for column in table.columns]

    def _trimmed(self, column: Any) -> Any:
        """Drop blanks around fields, unless the file quotes its fields and so means them."""
        from pyarrow import compute

        return column if self.quoted else compute.utf8_trim_whitespace(column)

    def _ragged(self, width: int, reason: str) -> InputError:
        for number, line in self.numbered():
            fields = fields_of(line.decode(), self.delimiter, self.quoted)
            if len(fields) != width:
                return self._ragged_line(number, width, fields, line.decode())
        return InputError(f"{self.path}: expected rows of {width} fields, got {one_line(reason)}")

    def _ragged_line(self, number: int, width: int, fields: list[str], line: str) -> InputError:
        return InputError(
            f"{self.path}, line {number}: expected {width} fields as in the first row, "
            f"got {len(fields)}: {shown(line)}"
        )


def read_rows(path: Path, form: TextFormat = ANY_FORM) -> TextRows:
    """Read a text file of rows; `InputError` when it is missing, empty, binary or not text."""
    return rows_of(read_text(path, form.encoding), path, form)


def rows_of(content: bytes, path: Path, form: TextFormat = ANY_FORM) -> TextRows:
    """Return the rows of a text that `read_text` returned."""
    content = _BLANK_LINE.sub(b"", content)
    delimiter = _named(form.delimiter) or best_delimiter(_sample_lines(content, form.comment))
    content, comments, marked = _without_comments(content, delimiter, form.comment)
    if not content.strip():
        raise InputError(f"{path}: expected rows of data, got an empty file")
    if delimiter == BLANKS:
        content = _single_blanks(content)
    if len(delimiter) > 1:
        content, delimiter = content.replace(delimiter.encode(), b"\x1f"), "\x1f"
    quoted = b'"' in content and (delimiter != BLANKS or _quotes_words(content))
    return TextRows(path, content, delimiter, quoted, comments, marked)


def read_text(path: Path, encoding: str | None = None) -> bytes:
    r"""Return a text file as UTF-8 with `\n` at the ends of lines."""
    content = read_bytes(path)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = encoding or "utf-16"
    content = _as_utf8(content.removeprefix(b"\xef\xbb\xbf"), path, encoding)
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise InputError(f"{path}, line {line}: expected text, got binary data")
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return content


def shown(text: str) -> str:
    """Return an excerpt of a file for a message: quoted, on one line, shortened."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def one_line(error: object) -> str:
    """Return the message of a library's error on one line, shortened."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:197] + "..."


def _as_utf8(content: bytes, path: Path, encoding: str | None) -> bytes:
    try:
        text = content.decode(encoding or "utf-8")
    except LookupError:
        raise InputError(
            f"{path}: expected the name of an encoding, such as latin-1, for --encoding, "
            f"got {encoding!r}"
        ) from None
    except UnicodeDecodeError as error:
        if encoding is None and b"\0" in content[: error.start]:
            return content  # binary, which the caller reports
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: expected {encoding or 'UTF-8'} text, got byte "
            f"0x{content[error.start]:02x}; name its encoding, such as --encoding latin-1"
        ) from None
    return content if encoding is None else text.removeprefix("\ufeff").encode()


def _named(delimiter: str | None) -> str | None:
    return None if delimiter is None else NAMES.get(delimiter.lower(), delimiter)


def _sample_lines(content: bytes, comment: str | None) -> list[str]:
    """Lines from the beginning and from the middle, those that may be comments only if all are."""
    middle = len(content) // 2
    parts = content[: 1 << 16], content[middle : middle + (1 << 14)] if middle > 1 << 16 else b""
    lines = [
        line
        for part, cut in zip(parts, (0, 1), strict=True)
        for line in part.decode(errors="replace").split("\n")[
            cut : -1 if len(part) >= 1 << 14 else None
        ]
        if line
    ]
    marks = ("#", "%") if comment is None else (comment,)
    data = [line for line in lines if not line.lstrip().startswith(marks)] or lines
    return [*data[:_SAMPLE], *data[-_SAMPLE // 2 :]] if len(data) > _SAMPLE else data


def _without_comments(
    content: bytes, delimiter: str, comment: str | None
) -> tuple[bytes, tuple[str, ...], bool]:
    """Return the text without its comments, these, and whether the first row alone is marked."""
    found = list[str]()

    def blank(match: re.Match[bytes]) -> bytes:
        found.append(match[0].decode().strip())
        return b""

    if comment is not None:
        if comment.lower() == "none":
            return content, (), False
        lines = re.compile(rb"^[ \t]*" + re.escape(comment.encode()) + rb".*$", re.MULTILINE)
        return lines.sub(blank, content), tuple(found), False
    if _MARKED.search(content) is None:
        return content, (), False
    width = _width(content, delimiter)
    rows = list[int]()

    def unless_row(match: re.Match[bytes]) -> bytes:
        text = match[0].decode().strip()
        may_be_row = text[1:2].strip() and text[1] not in "#%/!" and width > 1
        if may_be_row and len(fields_of(text, delimiter, '"' in text)) == width:
            rows.append(match.start())
            return match[0]
        return blank(match)

    content = _MARKED.sub(unless_row, content)
    first = len(rows) == 1 and not content[: rows[0]].strip()
    other = re.search(re.escape(delimiter.encode()) + rb"[ ]*[#%]", content)
    return content, tuple(found), first and other is None


def _quotes_words(content: bytes) -> bool:
    """Tell whether quotes between blanks stand around whole fields, as R writes them."""
    lines = [line for line in content[: 1 << 16].decode(errors="replace").split("\n") if line]
    return all(_QUOTED_ROW.fullmatch(line) for line in lines[:_SAMPLE])


def _width(content: bytes, delimiter: str) -> int:
    """How many fields the first row has that is surely no comment; else the first line."""
    lines = [line.decode(errors="replace") for line in content[: 1 << 20].split(b"\n") if line]
    rows = [line for line in lines if not line.lstrip().startswith(("#", "%"))] or lines
    return len(fields_of(rows[0].strip(), delimiter, '"' in rows[0]))


def _single_blanks(content: bytes) -> bytes:
    """One space between fields and none at the ends of lines."""
    if re.search(rb"\t|  | \n|\n | \Z|\A ", content) is None:
        return content
    return _BLANKS.sub(b" ", _EDGE_BLANKS.sub(b"", content))
