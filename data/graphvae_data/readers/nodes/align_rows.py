"""Match the rows of a table to the nodes of a graph.

By id: a column contains node ids. By order: row i is the i-th node, which is unambiguous only if
all ids are integers (in increasing order), or if the graph's file lists the nodes.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.core.reading import counted
from graphvae_data.files.tabular import Table, is_integer
from graphvae_data.graphs.edges import Edges, numbered, with_nodes


def by_id(
    table: Table, edges: Edges, *, complete: bool, column: int = 0
) -> tuple[Edges, Int[np.ndarray, " node"]]:
    """Return the graph, with nodes added from the table, and each node's row or -1.

    Raises:
        InputError: a repeated or unknown node, no node of the graph, or with `complete` a node
            without a row.
    """
    nodes = set(edges.names)
    ids = ids_of(table, column, nodes)
    row_of: dict[str, int] = {}
    for row, name in enumerate(ids):
        if row_of.setdefault(name, row) != row:
            raise InputError(
                f"{table.path}, {table.row_name(row)}: expected each node once, got {name!r} again "
                f"(first in {table.row_name(row_of[name])})"
            )
    new = [name for name in row_of if name not in nodes]
    if new and edges.complete:
        raise InputError(
            f"{table.path}, {table.row_name(row_of[new[0]])}: expected a node of the graph, "
            f"got {new[0]!r}{nearest(new[0], edges.names[:10_000])}"
        )
    if new and not complete:
        if nodes and len(new) == len(row_of):
            raise InputError(
                f"{table.path}: expected ids of the graph's nodes, such as {edges.names[0]!r}, got "
                f"only others, such as {new[0]!r}{nearest(new[0], edges.names[:10_000])}"
            )
        without = counted(len(new), "node")
        note = f"{without} of {table.path.name} without edges, such as {new[0]!r}"
        edges = replace(edges, notes=(*edges.notes, note))
    edges = with_nodes(edges, ids)
    rows = np.array([row_of.get(name, -1) for name in edges.names], dtype=np.int64)
    if complete and (rows < 0).any():
        missing = edges.names[int((rows < 0).argmax())]
        raise InputError(
            f"{table.path}: expected a row for every node, got none for {missing!r} "
            f"({int((rows < 0).sum()):,} of {len(rows):,} nodes are missing)"
        )
    return edges, rows


def ids_of(table: Table, column: int, nodes: set[str]) -> list[str]:
    """Return the node ids in a column; 7.0 is read as 7, as in edges, unless 7.0 is a node.

    Raises:
        InputError: an empty id, or neither text nor integers.
    """
    import pyarrow as pa

    whole: list[str] = table.node_ids(column).to_pylist()
    if pa.types.is_floating(table.columns[column].type):
        return whole
    ids: list[str] = table.identifiers(column).to_pylist()
    return whole if nodes.isdisjoint(ids) else ids


def has_known_order(edges: Edges) -> bool:
    """Return whether the order of the nodes is unambiguous."""
    return edges.complete or all(map(is_integer, edges.names))


def by_order(path: Path, count: int, edges: Edges) -> tuple[Edges, Int[np.ndarray, " node"]]:
    """Return the graph and each node's row, for rows without ids."""
    if has_known_order(edges):
        if count == len(edges.names):
            return edges, np.arange(count)
        if not edges.complete and _ends_at(edges.names, count):
            return with_nodes(edges, numbered(count)), np.arange(count)
        raise InputError(
            f"{path}: expected {len(edges.names):,} rows, one for each node, got {count:,}; "
            "put node ids in the first column to match by id"
        )
    raise InputError(
        f"{path}: expected node ids in the first column, because the order of named nodes "
        f"(such as {edges.names[0]!r}) is ambiguous; got rows without known ids"
    )


def _ends_at(names: Sequence[str], count: int) -> bool:
    """Return whether the ids are in 0 … count - 1, and the last one is count - 1."""
    return names[-1] == str(count - 1) and set(names) <= set(numbered(count))
