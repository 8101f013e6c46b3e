"""networkx graphs and the files networkx reads: GraphML, GML, GEXF, gzipped or not."""

import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.files.tabular import is_number
from graphvae_data.files.textfiles import one_line, read_bytes
from graphvae_data.graphs.edges import Edges, ReadOptions, reading_order


def read_network(path: Path, options: ReadOptions) -> Edges:
    """Read a GraphML, GML or GEXF file; `InputError` when it is none or `options` do not fit it."""
    content = read_bytes(path)
    ending = Path(path.stem if path.suffix.lower() == ".gz" else path.name).suffix.lower()
    if not content.strip():
        raise InputError(f"{path}: expected a {ending} file, got an empty one")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            graph = _PARSERS[ending](content)
    except Exception as error:  # networkx raises whatever the damaged text leads to
        raise InputError(f"{path}: expected a {ending} file, got {one_line(error)}") from None
    if options.directed and not graph.is_directed():
        raise InputError(
            f"{path}: expected a file that says its edges are directed, got an undirected one; "
            "leave out the option `directed`, or write the graph as an edge list"
        )
    return edges_of_network(graph, str(path), options)


def edges_of_network(graph: Any, where: str, options: ReadOptions) -> Edges:
    """The edges of a networkx graph under the names of its nodes, its own ids unchanged."""
    nodes = list(graph)
    names = [str(node) for node in nodes]
    if len(set(names)) != len(names):
        raise InputError(f"{where}: expected nodes of different names, got the same text twice")
    order = reading_order(names)
    place = {nodes[old]: new for new, old in enumerate(order.tolist())}
    rows = list(graph.edges(data=True))
    weight_key = options.weight_col or "weight"
    weighted = options.weight_col is not None or any(weight_key in row[2] for row in rows)
    return Edges(
        names=[names[old] for old in order.tolist()],
        source=np.array([place[row[0]] for row in rows], dtype=np.int64),
        target=np.array([place[row[1]] for row in rows], dtype=np.int64),
        weight=_attribute(rows, weight_key, where, weight=True) if weighted and rows else None,
        time=_attribute(rows, options.time_col, where, weight=False)
        if options.time_col and rows
        else None,
        directed=graph.is_directed(),
        complete=True,
        weight_from=weight_key if weighted and rows else None,
    )


def _attribute(rows: list[Any], key: str, where: str, *, weight: bool) -> Float[np.ndarray, " row"]:
    """A number of every edge; networkx counts an edge without a weight as 1."""
    known = {name for row in rows for name in row[2]}
    if key not in known:
        raise InputError(
            f"{where}: no edge attribute {key!r}{nearest(key, known)}; "
            f"expected one of {', '.join(sorted(map(str, known))) or 'none'}"
        )
    return np.array([_value(row, key, where, weight) for row in rows])


def _value(row: Any, key: str, where: str, weight: bool) -> float:
    value = row[2].get(key, 1.0 if weight else None)
    number = float(value) if is_number(str(value)) else math.nan
    if not math.isfinite(number) or (weight and number < 0):
        expected = "a finite weight, not negative," if weight else "a finite number as time"
        raise InputError(
            f"{where}, edge from {row[0]!r} to {row[1]!r}: expected {expected} in {key}, "
            f"got {value!r}"
        )
    return number


def _graphml(content: bytes) -> Any:
    import networkx as nx

    return nx.parse_graphml(content.decode("utf-8"))


def _gml(content: bytes) -> Any:
    import networkx as nx

    lines = content.decode("utf-8").splitlines()
    try:
        return nx.parse_gml(lines, label="label")
    except nx.NetworkXError:
        return nx.parse_gml(lines, label="id")


def _gexf(content: bytes) -> Any:
    from io import BytesIO

    import networkx as nx

    return nx.read_gexf(BytesIO(content))


_PARSERS: dict[str, Callable[[bytes], Any]] = {
    ".graphml": _graphml,
    ".gml": _gml,
    ".gexf": _gexf,
}
NETWORK_ENDINGS = tuple(_PARSERS)
"""Endings of the files read here."""
