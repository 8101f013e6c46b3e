"""Text formats other than plain tables: N-Triples, adjacency lists, networkx's edge lists.

They are detected from the first lines, whatever the name of the file.
"""

import ast
import re
from pathlib import Path
from typing import Any

from graphvae_data.core.errors import InputError
from graphvae_data.files.tabular import Table
from graphvae_data.files.textfiles import TextFormat, excerpt, rows_of
from graphvae_data.graphs.edges import Edges
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.columns.codes import factorized
from graphvae_data.readers.formats.matrices import edges_of_market

_TERM = r"(<[^>]*>|_:\S+)"
_TRIPLE = re.compile(rf"{_TERM}\s+<([^>]*)>\s+(?:{_TERM}|(\".*))\s*(?:<[^>]*>\s*)?\.\s*(?:#.*)?")
_NETWORKX_NEIGHBOURS = re.compile(rb"\A#[^\n]*\n# GMT [^\n]*\n")
_DICT = re.compile(r"\{.*\}\s*$")


def read_text_form(text: bytes, path: Path, options: ReadOptions) -> Edges | Table | None:
    """Return the edges, or a table of them; None if the text is a plain table."""
    if text.startswith(b"%%MatrixMarket"):
        return edges_of_market(text, path, options)
    first = _first_line(text)
    if first.startswith(("{", "[")):
        raise InputError(
            f"{path}: expected one edge per row, got JSON; write the edges as a table, or the "
            "graph as GraphML"
        )
    if _TRIPLE.fullmatch(first):
        return read_ntriples(text, path)
    if _NETWORKX_NEIGHBOURS.match(text) or path.name.lower().endswith(".adjlist"):
        return read_neighbours(text, path, options.text_format)
    if _DICT.search(first) and len(_DICT.sub("", first).split()) > 0:
        return _with_attributes(text, path, options.text_format)
    return None


def read_ntriples(text: bytes, path: Path) -> Table:
    """Return the triples between resources of an N-Triples file; literals are dropped."""
    import pyarrow as pa

    rows, lines = list[tuple[str, str, str]](), list[int]()
    for number, line in enumerate(text.decode().split("\n"), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        match = _TRIPLE.fullmatch(line)
        if match is None:
            raise InputError(f"{path}, line {number}: expected a triple, got {excerpt(line)}")
        if match[3]:
            rows.append((_iri(match[1]), match[2], _iri(match[3])))
            lines.append(number)
    if not rows:
        raise InputError(f"{path}: expected triples between resources, got only literals")
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    names = ["subject", "predicate", "object"]
    return Table(path, columns, names, lambda row: f"line {lines[row]}")


def read_neighbours(text: bytes, path: Path, text_format: TextFormat) -> Edges:
    """Return the edges of an adjacency list: in each row a node and its neighbours."""
    import pyarrow as pa

    rows = [line.split() for line in _data_lines(text, text_format)]
    if any(line.endswith("}") for line in _data_lines(text, text_format)[:100]):
        raise InputError(
            f"{path}: expected an adjacency list with one row per node, got networkx's multiline "
            "format; write it with write_adjlist or write_edgelist"
        )
    if text_format.delimiter is not None:
        rows = [line.split(text_format.delimiter) for line in _data_lines(text, text_format)]
    nodes = [row[0].strip() for row in rows]
    source = [row[0].strip() for row in rows for _ in row[1:]]
    target = [other.strip() for row in rows for other in row[1:]]
    codes, names = factorized([pa.array([*source, *nodes]), pa.array([*target, *nodes])])
    ends = codes[:, : len(source)]
    return Edges(names=names, source=ends[0], target=ends[1], notes=("read as an adjacency list",))


def _with_attributes(text: bytes, path: Path, text_format: TextFormat) -> Table:
    """Return the table of networkx's edge list with attributes: `1 2 {'weight': 3}`."""
    import pyarrow as pa

    ends, attributes = list[bytes](), list[dict[str, Any]]()
    lines = text.decode().split("\n")
    for number, line in enumerate(lines, 1):
        plain, brace, rest = line.partition("{")
        if not line.strip() or line.lstrip().startswith("#"):
            ends.append(b"")
            continue
        row = _dictionary(brace + rest) if brace else None
        if row is None:
            raise _no_attributes(path, number, line)
        ends.append(plain.rstrip(" ,;\t").encode())
        attributes.append(row)
    rows = rows_of(b"\n".join(ends), path, text_format)
    if len(rows.sample(1)[0]) != 2:  # such as names with blanks
        number = rows.line_of(0)
        raise _no_attributes(path, number, lines[number - 1])
    columns = rows.columns()
    keys = list(dict.fromkeys(key for each in attributes for key in each))
    default = {"weight": "1"}
    for key in keys:
        values = [str(each.get(key, default.get(key, ""))) for each in attributes]
        columns.append(pa.array(values, pa.string()))
    row_name = lambda row: f"line {rows.line_of(row)}"  # noqa: E731
    return Table(path, columns, ["source", "target", *keys], row_name, rows.comments)


def _no_attributes(path: Path, number: int, line: str) -> InputError:
    return InputError(
        f"{path}, line {number}: expected two ids and a dictionary of attributes, as networkx "
        f"writes them, got {excerpt(line)}; names with blanks need a delimiter, such as "
        'write_edgelist(…, delimiter=",")'
    )


def _dictionary(text: str) -> dict[str, Any] | None:
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return {str(key): each for key, each in value.items()} if isinstance(value, dict) else None


def _data_lines(text: bytes, text_format: TextFormat) -> list[str]:
    prefix = text_format.comment or "#"
    lines = (line.strip() for line in text.decode().split("\n"))
    return [line for line in lines if line and not line.startswith(prefix)]


def _first_line(text: bytes) -> str:
    """Return the first line that is not a comment."""
    for line in text[: 1 << 16].decode(errors="replace").split("\n"):
        if line.strip() and not line.lstrip().startswith(("#", "%")):
            return line.strip()
    return ""


def _iri(term: str) -> str:
    return term[1:-1] if term.startswith("<") else term
