"""Detection of the header and the ids in a table of nodes, from the names of the graph's nodes."""

from collections.abc import Sequence

from graphvae_data.core.errors import InputError
from graphvae_data.files.tabular import Table, is_integer, is_number, with_point
from graphvae_data.graphs.edges import Edges
from graphvae_data.readers.nodes.align_rows import has_known_order, ids_of

_ID_NAMES = ("id", "node", "node_id", "nodeid", "name", "ids", "key", "label_id")
LABEL_NAMES = ("label", "labels", "y", "class", "group", "target", "category", "community", "type")
"""Titles of a column of labels."""


def ids_as_text(edges: Edges) -> set[str]:
    """Return the names of the nodes, and integers also as floats, as pandas writes them."""
    return {*edges.names, *(f"{name}.0" for name in edges.names if is_integer(name))}


def has_header(sample: list[list[str]], nodes: set[str]) -> bool:
    """Return whether the first of some rows of features is a header."""
    first, *rest = sample
    name = first[0].strip()
    if name.lower() in _ID_NAMES and name not in nodes:
        return True
    below = [row for row in rest if len(row) == len(first)]
    if len(first) == 1:
        return bool(rest) and not _is_numeric(first[0]) and _is_numeric(rest[0][0])
    if below and _numbers_columns(first, [row[0].strip() for row in below], nodes):
        return True
    if any(map(_is_numeric, first[1:])) or not below:
        return False
    if name not in nodes and any(row[0].strip() in nodes for row in below):
        return True
    fields = [set(column) for column in zip(*below, strict=True)]
    return any(
        all(map(_is_numeric, column)) and not _is_numeric(field)
        for field, column in zip(first[1:], fields[1:], strict=True)
    )


def _numbers_columns(first: Sequence[str], ids: Sequence[str], nodes: set[str]) -> bool:
    """Return whether the first row is `,0,1,2` or `name,0,1,2` above ids, as pandas writes it."""
    name, *titles = (field.strip() for field in first)
    if name in nodes or len(set(ids)) < len(ids) or 2 * _known(ids, nodes) < len(ids):
        return False
    in_order = titles == [str(number) for number in range(len(titles))]
    return not name or (len(titles) > 2 and in_order and not _is_numeric(name))


def has_label_header(sample: list[list[str]], nodes: set[str]) -> bool:
    """Return whether the first of some rows of labels is a header; ids may be in any column."""
    first, *rest = ([field.strip() for field in row] for row in sample)
    if len(first) < 2 or first[0] in nodes:
        return len(first) == 1 and first[0].lower() in ("label", "y", "class", "group")
    if first[0].lower() in _ID_NAMES or any(row[0] in nodes for row in rest):
        return True
    columns = list(zip(*(row for row in rest if len(row) == len(first)), strict=True))
    keys = [i for i, column in enumerate(columns) if 2 * _known(column, nodes) >= len(column)]
    if not keys or first[keys[0]] in nodes:
        return False
    others = [(first[i], column) for i, column in enumerate(columns) if i != keys[0]]
    if any(field in column for field, column in others):
        return False  # a label of an isolated node
    return any(
        field.lower() in LABEL_NAMES or is_number(column[0]) or len(set(column)) < len(column)
        for field, column in others
        if not is_number(field)
    )


def _known(ids: Sequence[str], nodes: set[str]) -> int:
    return sum(each in nodes for each in ids)


def _is_numeric(text: str) -> bool:
    """Return whether a text is a number, also with a decimal comma."""
    return is_number(text) or is_number(with_point(text))


def id_column(table: Table, edges: Edges) -> int | None:
    """Return the column of node ids; None if rows are in node order."""
    names = [name.strip().lower() for name in table.names or ()]
    if names and names[0] in _ID_NAMES:
        return 0
    if len(table.columns) == 1:
        return None
    nodes = set(edges.names)
    untitled = bool(names) and not names[0]
    if _has_ids(table, 0, nodes, floats=untitled or edges.float_ids):
        return 0
    for column in range(1, len(table.columns)):
        named = bool(names) and names[column] in _ID_NAMES
        if (named or not has_known_order(edges)) and _has_ids(
            table, column, nodes, floats=named or edges.float_ids
        ):
            return column
    ids = [str(value) for value in table.columns[0].to_pylist()]
    return 0 if not has_known_order(edges) or not all(map(_is_numeric, ids)) else None


def label_key(table: Table, edges: Edges) -> int:
    """Return the column of node ids in a table of labels, which may have a part of the nodes."""
    names = [name.strip().lower() for name in table.names or [""] * len(table.columns)]
    if names[0] in _ID_NAMES:
        return 0
    nodes = set(edges.names)
    others = sorted(range(len(names)), key=lambda i: (names[i] not in _ID_NAMES, i))
    for column in (i for i in others if names[i] not in LABEL_NAMES):
        sure = column == 0 or names[column] in _ID_NAMES or not has_known_order(edges)
        if _has_ids(table, column, nodes, partly=sure, floats=True):
            return column
    return 0


def _has_ids(
    table: Table, column: int, nodes: set[str], *, partly: bool = False, floats: bool = False
) -> bool:
    """Return whether a column contains at least half of the nodes, and few duplicates.

    With `partly`, half of its ids may instead be nodes; with `floats`, they may be written as 7.0.
    """
    try:
        ids = ids_of(table, column, nodes) if floats else table.identifiers(column).to_pylist()
    except InputError:
        return False
    distinct = set(ids)
    known = 2 * len(distinct & nodes)
    return 2 * len(distinct) > len(ids) and known >= len(distinct if partly else nodes)
