"""Delimited text files, compressed or not, with any common delimiter.

Supported: UTF-8, UTF-16 with a byte order mark, or a named encoding; any line ending; fields
separated by tabs, commas, semicolons, pipes, `::` or runs of blanks; quoted fields; blank lines;
Excel's first line `sep=;`; and comment lines that start with `#` or `%`. A row whose first id
starts with `#` is not a comment. Line numbers are those of an editor.
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
_DECLARATION = re.compile(rb'"?sep=(\\t|[^\w"\n])"?[ \t]*$', re.MULTILINE | re.IGNORECASE)
_QUOTED_ROW = re.compile(r'("[^"]*"|[^" ]+)( ("[^"]*"|[^" ]+))*')


@dataclass(frozen=True)
class TextFormat:
    """The format of a text file; None means automatic detection."""

    delimiter: str | None = None
    """A character, or a name such as `tab`."""
    comment: str | None = None
    """The prefix of comment lines; `none` if there are none."""
    encoding: str | None = None
    """Such as `latin-1`; None is UTF-8, or UTF-16 with a byte order mark."""


ANY_FORMAT = TextFormat()
"""Automatic detection."""


@dataclass(frozen=True)
class TextRows:
    """The rows of a text file, ready for parsing: comment lines are replaced by empty lines."""

    path: Path
    """The file."""
    content: bytes
    """The text, with the line numbers of the file; lines without data are empty."""
    delimiter: str
    """The delimiter of fields."""
    quoted: bool
    """Whether fields are quoted."""
    comments: tuple[str, ...] = ()
    """The comment lines."""
    marked_header: bool = False
    """Whether only the first row starts with `#`, and so may be a header."""

    def line_of(self, row: int) -> int:
        """Return the line number, from 1, of a row, counted from 0 without empty lines."""
        if self._slow:
            return self._parsed[row][0]
        for number, line in self.numbered():
            if row == 0:
                return number
            row -= 1 if line else 0
        raise AssertionError("row out of range")

    def numbered(self) -> Iterator[tuple[int, bytes]]:
        """Return the lines with data and their numbers."""
        lines = self.content.split(b"\n")
        return ((number, line) for number, line in enumerate(lines, 1) if line)

    def sample(self, count: int = _SAMPLE) -> list[list[str]]:
        """Return the fields of the first rows."""
        if self._slow:
            return [fields for _, fields in self._parsed[:count]]
        lines = [line.decode() for _, (_, line) in zip(range(count), self.numbered(), strict=False)]
        return [fields_of(line, self.delimiter, self.quoted) for line in lines]

    def columns(self) -> list[Any]:
        """Return the columns as Arrow arrays of strings.

        Raises:
            InputError: rows of different lengths; the message names the first such line.
        """
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
        """Whether Python's csv is needed: multi-line quotes, or blanks after delimiters."""
        if not self.quoted:
            return False
        if (self.delimiter + " ").encode() in self.content:
            return True
        return any(line.count(b'"') % 2 for _, line in self.numbered())

    @cached_property
    def _parsed(self) -> list[tuple[int, list[str]]]:
        """The rows parsed by Python's csv, each with the number of its first line."""
        reader = csv.reader(
            StringIO(self.content.decode(), newline=""),
            delimiter=self.delimiter,
            skipinitialspace=True,
            strict=True,
        )
        rows, start = list[tuple[int, list[str]]](), 1
        try:
            for fields in reader:
                if fields:
                    rows.append((start, fields))
                start = reader.line_num + 1
        except csv.Error as error:
            raise InputError(
                f"{self.path}, line {start}: expected quotes in pairs, got {one_line(error)}"
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
        """Strip fields, unless the file quotes them and blanks are intended."""
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
            f"got {len(fields)}: {excerpt(line)}"
        )


def read_rows(path: Path, text_format: TextFormat = ANY_FORMAT) -> TextRows:
    """Read a delimited text file.

    Raises:
        InputError: it is missing, empty or not text.
    """
    return rows_of(read_text(path, text_format.encoding), path, text_format)


def rows_of(content: bytes, path: Path, text_format: TextFormat = ANY_FORMAT) -> TextRows:
    """Return the rows of a text from `read_text`."""
    content, declared = _without_declaration(content)
    content = _BLANK_LINE.sub(b"", content)
    delimiter = (
        _named(text_format.delimiter)
        or declared
        or best_delimiter(_sample_lines(content, text_format.comment))
    )
    content, comments, marked = _without_comments(content, delimiter, text_format.comment)
    if not content.strip():
        raise InputError(f"{path}: expected rows of data, got an empty file")
    if delimiter == BLANKS:
        content = _single_blanks(content)
    if len(delimiter) > 1:
        content, delimiter = content.replace(delimiter.encode(), b"\x1f"), "\x1f"
    quoted = b'"' in content and (delimiter != BLANKS or _quotes_words(content))
    return TextRows(path, content, delimiter, quoted, comments, marked)


def read_text(
    path: Path,
    encoding: str | None = None,
    *,
    remedy: str = "name its encoding, such as --encoding latin-1",
) -> bytes:
    r"""Return a text file as UTF-8 with `\n` line endings; an error names the `remedy`."""
    content = read_bytes(path)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = encoding or "utf-16"
    content = _as_utf8(content.removeprefix(b"\xef\xbb\xbf"), path, encoding, remedy)
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise InputError(f"{path}, line {line}: expected text, got binary data")
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return content


def excerpt(text: str) -> str:
    """Format an excerpt of a file for a message: quoted, on one line, shortened."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def one_line(error: object) -> str:
    """Format the error of a library on one line, shortened."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:197] + "..."


def _as_utf8(content: bytes, path: Path, encoding: str | None, remedy: str) -> bytes:
    try:
        text = content.decode(encoding or "utf-8")
    except LookupError:
        raise InputError(
            f"{path}: expected the name of an encoding, such as latin-1, for --encoding, "
            f"got {encoding!r}"
        ) from None
    except UnicodeDecodeError as error:
        if encoding is None and b"\0" in content[: error.start]:
            return content  # binary, reported by the caller
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: expected {encoding or 'UTF-8'} text, got byte "
            f"0x{content[error.start]:02x}; {remedy}"
        ) from None
    return content if encoding is None else text.removeprefix("\ufeff").encode()


def _named(delimiter: str | None) -> str | None:
    return None if delimiter is None else NAMES.get(delimiter.lower(), delimiter)


def _without_declaration(content: bytes) -> tuple[bytes, str | None]:
    """Return the text without Excel's first line `sep=;`, and its delimiter, if it has one."""
    match = _DECLARATION.match(content)
    if match is None:
        return content, None
    return content[match.end() :], _named(match[1].decode())


def _sample_lines(content: bytes, comment: str | None) -> list[str]:
    """Return lines from the start and the middle of a file, without comments if any remain."""
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
    """Return the text without comments, the comments, and whether only the first row has a `#`."""
    comments = list[str]()

    def blank(match: re.Match[bytes]) -> bytes:
        comments.append(match[0].decode().strip())
        return b""

    if comment is not None:
        if comment.lower() == "none":
            return content, (), False
        lines = re.compile(rb"^[ \t]*" + re.escape(comment.encode()) + rb".*$", re.MULTILINE)
        return lines.sub(blank, content), tuple(comments), False
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
    return content, tuple(comments), first and other is None


def _quotes_words(content: bytes) -> bool:
    """Return whether quotes in a blank-separated file surround whole fields, as R writes them."""
    lines = [line for line in content[: 1 << 16].decode(errors="replace").split("\n") if line]
    return all(_QUOTED_ROW.fullmatch(line) for line in lines[:_SAMPLE])


def _width(content: bytes, delimiter: str) -> int:
    """Return the number of fields in the first row that is not a comment."""
    lines = [line.decode(errors="replace") for line in content[: 1 << 20].split(b"\n") if line]
    rows = [line for line in lines if not line.lstrip().startswith(("#", "%"))] or lines
    return len(fields_of(rows[0].strip(), delimiter, '"' in rows[0]))


def _single_blanks(content: bytes) -> bytes:
    """Replace runs of blanks by one space, and strip lines."""
    if re.search(rb"\t|  | \n|\n | \Z|\A ", content) is None:
        return content
    return _BLANKS.sub(b" ", _EDGE_BLANKS.sub(b"", content))
