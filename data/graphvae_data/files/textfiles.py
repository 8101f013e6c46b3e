"""Text files of rows, plain or gzipped, with any common delimiter.

Understood: UTF-8 (a byte order mark is dropped), any line ending, fields between tabs, commas,
semicolons or runs of blanks, quoted fields (not between blanks), blank lines, and whole lines of
comment that begin with `#` or `%` as SNAP's and Konect's do. Line numbers count as an editor does.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphvae_data.core.errors import InputError

_SAMPLE = 50
_COMMENT = re.compile(rb"^[ \t]*[#%].*$", re.MULTILINE)
_BLANK_LINE = re.compile(rb"^[ \t]+$", re.MULTILINE)
_EDGE_BLANKS = re.compile(rb"^[ \t]+|[ \t]+$", re.MULTILINE)
_BLANKS = re.compile(rb"[ \t]+")


@dataclass(frozen=True)
class TextRows:
    """The rows of a text file, ready to be parsed: comments and stray blanks are empty lines."""

    path: Path
    """The file."""
    content: bytes
    """The text; its lines are the file's lines, those without data being empty."""
    delimiter: str
    """The character between two fields."""
    quoted: bool
    """Whether the file quotes fields."""
    comments: int
    """Number of comment lines."""

    def line_of(self, row: int) -> int:
        """The line, counted from 1, of a row, counted from 0; blank lines are no rows."""
        for number, line in self.numbered():
            if row == 0:
                return number
            row -= 1 if line else 0
        raise AssertionError("a row beyond the file's end")

    def numbered(self) -> Iterator[tuple[int, bytes]]:
        """Each line that holds a row, with its number."""
        lines = self.content.split(b"\n")
        return ((number, line) for number, line in enumerate(lines, 1) if line)

    def sample(self) -> list[list[str]]:
        """The fields of the first rows."""
        lines = [
            line.decode() for _, (_, line) in zip(range(_SAMPLE), self.numbered(), strict=False)
        ]
        return [fields_of(line, self.delimiter, self.quoted) for line in lines]

    def columns(self) -> list[Any]:
        """Every column as an Arrow array of text; `InputError` naming the first ragged line."""
        import pyarrow as pa
        from pyarrow import csv as arrow

        width = len(self.sample()[0])
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
        return [self._trimmed(column.combine_chunks()) for column in table.columns]

    def _trimmed(self, column: Any) -> Any:
        """Drop blanks around fields, unless the file quotes its fields and so means them."""
        from pyarrow import compute

        return column if self.quoted else compute.utf8_trim_whitespace(column)

    def _ragged(self, width: int, reason: str) -> InputError:
        for number, line in self.numbered():
            found = len(fields_of(line.decode(), self.delimiter, self.quoted))
            if found != width:
                return InputError(
                    f"{self.path}, line {number}: expected {width} fields as in the first row, "
                    f"got {found}: {shown(line.decode())}"
                )
        return InputError(f"{self.path}: expected rows of {width} fields, got {one_line(reason)}")


def read_rows(path: Path) -> TextRows:
    """Read a text file of rows; `InputError` when it is missing, empty, binary or not UTF-8."""
    content = _as_utf8(read_bytes(path), path)
    content, comments = _COMMENT.subn(b"", content)
    content = _BLANK_LINE.sub(b"", content)
    if not content.strip():
        raise InputError(f"{path}: expected rows of data, got an empty file")
    delimiter = _delimiter(content)
    if delimiter == " ":
        content = _single_blanks(content)
    quoted = delimiter != " " and b'"' in content
    return TextRows(path, content, delimiter, quoted, comments)


def read_bytes(path: Path) -> bytes:
    """The whole of a file, unpacked when its name ends in .gz."""
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix.lower() == ".gz" else content
    except FileNotFoundError:
        raise InputError(f"expected a file {path}, found none; check the path") from None
    except IsADirectoryError:
        raise InputError(f"expected a file, got the folder {path}; name a file in it") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path}: expected a whole gzip file, got {one_line(error)}") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None


def fields_of(line: str, delimiter: str, quoted: bool) -> list[str]:
    """Split one line."""
    try:
        return next(csv.reader([line], delimiter=delimiter)) if quoted else line.split(delimiter)
    except csv.Error:  # a field longer than Python's csv takes
        return line.split(delimiter)


def shown(text: str) -> str:
    """Return an excerpt of a file for a message: quoted, on one line, shortened."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def one_line(error: object) -> str:
    """Return the message of a library's error on one line, shortened."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:197] + "..."


def _as_utf8(content: bytes, path: Path) -> bytes:
    content = content.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise InputError(f"{path}, line {line}: expected text, got binary data")
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: expected UTF-8 text, got byte 0x{content[error.start]:02x}; "
            "save the file as UTF-8"
        ) from None
    return content


def _delimiter(content: bytes) -> str:
    """The first of tab, comma, semicolon that splits every line of a sample, else blanks."""
    head = content[: 1 << 16].decode(errors="replace").split("\n")
    lines = [line for line in head if line][:_SAMPLE]
    for among in (lines, lines[:1]):
        for delimiter in ("\t", ",", ";"):
            if all(len(fields_of(line, delimiter, '"' in line)) > 1 for line in among):
                return delimiter
    return " "


def _single_blanks(content: bytes) -> bytes:
    """One space between fields and none at the ends of lines."""
    if re.search(rb"\t|  | \n|\n | \Z|\A ", content) is None:
        return content
    return _BLANKS.sub(b" ", _EDGE_BLANKS.sub(b"", content))
