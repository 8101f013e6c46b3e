"""networkx graphs, and the files that networkx reads: GraphML, GML, GEXF, Pajek, packed or not."""

import math
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.files.packed import inner_name, read_bytes
from graphvae_data.files.tabular import is_number
from graphvae_data.files.textfiles import one_line
from graphvae_data.graphs.edges import Edges, reading_order
from graphvae_data.graphs.read_options import ReadOptions

_SHOWN = {"id", "label", "viz", "graphics", "key", "x", "y", "name", "shape"}
"""Attributes that are for drawings and tables; nobody misses them."""


def read_network(path: Path, options: ReadOptions) -> Edges:
    """Read a GraphML, GML, GEXF or Pajek file; `InputError` if it is none."""
    content = read_bytes(path)
    ending = Path(inner_name(path)).suffix.lower()
    if not content.strip():
        raise InputError(f"{path}: expected a {ending} file, got an empty one")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            graph = _PARSERS[ending](content, options.encoding or "utf-8")
    except Exception as error:  # networkx raises whatever the damaged text leads to
        raise InputError(f"{path}: expected a {ending} file, got {one_line(error)}") from None
    if options.directed and not graph.is_directed():
        raise InputError(
            f"{path}: expected a file that says its edges are directed, got an undirected one; "
            "leave out --directed, or write the graph as an edge list"
        )
    return edges_of_network(graph, str(path), options, sort=True)


def edges_of_network(graph: Any, where: str, options: ReadOptions, *, sort: bool = False) -> Edges:
    """Return the edges of a networkx graph; its node ids are kept, as text.

    The nodes are in the order of the graph; with `sort` those of a file whose ids are all integers
    are in the order of these.
    """
    nodes = list(graph)
    names = [str(node) for node in nodes]
    if len(set(names)) != len(names):
        raise InputError(f"{where}: expected nodes of different names, got the same text twice")
    order = reading_order(names) if sort else np.arange(len(names))
    index = {nodes[old]: new for new, old in enumerate(order.tolist())}
    rows = list(graph.edges(data=True))
    weight_key = options.weight or "weight"
    weighted = options.weight is not None or any(weight_key in row[2] for row in rows)
    weighted = bool(weighted and rows and (options.weights or options.min_weight is not None))
    weight = (
        _attribute(rows, weight_key, where, weight=True, least=options.min_weight)
        if weighted
        else None
    )
    dropped: tuple[tuple[str, int], ...] = ()
    if weight is not None and options.min_weight is not None:
        keep = weight >= options.min_weight
        if not keep.all():
            dropped = ((f"with a weight below {options.min_weight:g}", int((~keep).sum())),)
        rows = [row for row, kept in zip(rows, keep.tolist(), strict=True) if kept]
        weight = weight[keep] if options.weights else None
    sides = _sides(graph, where, options)
    timed = bool(options.time and rows)
    used = {weight_key if weighted else "", options.time or ""}
    directed = graph.is_directed() if options.directed is None else options.directed
    return Edges(
        names=[names[old] for old in order.tolist()],
        source=np.array([index[row[0]] for row in rows], dtype=np.int64),
        target=np.array([index[row[1]] for row in rows], dtype=np.int64),
        weight=weight,
        time=_attribute(rows, str(options.time), where, weight=False) if timed else None,
        directed=directed,
        complete=True,
        sides=None if sides is None else sides[order],
        roles=_roles(weight_key if weight is not None else None, options.time if timed else None),
        unused=_unused(graph, rows, used),
        dropped=dropped,
    )


def _sides(graph: Any, where: str, options: ReadOptions) -> Int[np.ndarray, " node"] | None:
    """Return networkx's attribute `bipartite` of the nodes, where all have it and edges cross."""
    held = [str(value) for _, value in graph.nodes(data="bipartite")]
    two_sides = set(held) == {"0", "1"}
    if two_sides and options.bipartite is not False:
        side = dict(zip(graph, held, strict=True))
        two_sides = all(side[u] != side[v] for u, v in graph.edges())
    if options.bipartite and not two_sides:
        raise InputError(
            f"{where}: expected the attribute bipartite, 0 or 1, of every node and edges between "
            "both sides, got none such; leave out --bipartite"
        )
    if not two_sides or options.bipartite is False:
        return None
    return np.array(held, dtype=np.int64)


def _roles(weight: str | None, time: str | None) -> tuple[tuple[str, str], ...]:
    return tuple((role, name) for role, name in (("weight", weight), ("time", time)) if name)


def _unused(graph: Any, rows: list[Any], used: set[str]) -> tuple[str, ...]:
    """Return the attributes of edges, and of nodes, that are not used."""
    of_edges = dict.fromkeys(str(key) for row in rows for key in row[2])
    of_nodes = dict.fromkeys(str(key) for _, held in graph.nodes(data=True) for key in held)
    return (
        *(key for key in of_edges if key not in used and key.lower() not in _SHOWN),
        *(f"{key} of nodes" for key in of_nodes if key.lower() not in {*_SHOWN, "bipartite"}),
    )


def _attribute(
    rows: list[Any], key: str, where: str, *, weight: bool, least: float | None = None
) -> Float[np.ndarray, " row"]:
    """Return a number for every edge; as in networkx, an edge without a weight weighs 1."""
    known = {name for row in rows for name in row[2]}
    if key not in known:
        raise InputError(
            f"{where}: no edge attribute {key!r}{nearest(key, known)}; "
            f"expected one of {', '.join(sorted(map(str, known))) or 'none'}"
        )
    return np.array([_value(row, key, where, weight, least) for row in rows])


def _value(row: Any, key: str, where: str, weight: bool, least: float | None) -> float:
    value = row[2].get(key, 1.0 if weight else None)
    number = float(value) if is_number(str(value)) else math.nan
    signed = weight and number < 0 and (least is None or number >= least)
    if not math.isfinite(number) or signed:
        expected = "a finite weight, not negative," if weight else "a finite number as time"
        way_out = (
            "; of signed edges, keep positive ones with --min-weight 1, or all of them without "
            "their weights with --no-weights"
        )
        raise InputError(
            f"{where}, edge from {row[0]!r} to {row[1]!r}: expected {expected} in {key}, "
            f"got {value!r}{way_out if signed else ''}"
        )
    return number


def _graphml(content: bytes, encoding: str) -> Any:
    from io import BytesIO

    import networkx as nx

    return nx.read_graphml(BytesIO(content))  # XML says its encoding itself


def _gml(content: bytes, encoding: str) -> Any:
    import networkx as nx

    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else encoding)
    lines = text.removeprefix("\ufeff").splitlines()
    for label in ("label", "id"):
        try:
            return nx.parse_gml(lines, label=label)
        except nx.NetworkXError as error:
            if "duplicated" in str(error) and "edge" in str(error):
                return _gml_with_repeats(lines, label)
            fault = error
    raise fault


def _gml_with_repeats(lines: list[str], label: str) -> Any:
    """Read a graph that lists an edge twice without calling itself a multigraph."""
    import networkx as nx

    text = re.sub(r"\bgraph\s*\[", "graph [ multigraph 1 ", "\n".join(lines), count=1)
    return nx.parse_gml(text.split("\n"), label=label)


def _gexf(content: bytes, encoding: str) -> Any:
    from io import BytesIO

    import networkx as nx

    text = re.sub(
        rb"""xmlns(:viz)?=(["'])https?://[^"']*gexf[^"']*["']""",
        lambda match: b"" if match[1] else b'xmlns="http://www.gexf.net/1.2draft"',
        content,
    )
    text = re.sub(rb"</?viz:[^>]*>", b"", text)
    text = re.sub(rb"""(<gexf[^>]*?version=["'])[^"']*""", rb"\g<1>1.2", text, count=1)
    return nx.read_gexf(BytesIO(text))


def _pajek(content: bytes, encoding: str) -> Any:
    import networkx as nx

    text = content.decode(encoding).removeprefix("\ufeff")
    if not re.search(r"^\*vertices", text, re.IGNORECASE | re.MULTILINE):
        raise InputError("no *Vertices, as Pajek's files have")
    graph = nx.parse_pajek(line for line in text.splitlines() if not line.startswith("%"))
    if all(held.get("weight") == 1.0 for _, _, held in graph.edges(data=True)):
        for _, _, held in graph.edges(data=True):
            held.pop("weight", None)
    return graph


_PARSERS: dict[str, Callable[[bytes, str], Any]] = {
    ".graphml": _graphml,
    ".gml": _gml,
    ".gexf": _gexf,
    ".net": _pajek,
}
NETWORK_ENDINGS = tuple(_PARSERS)
"""Endings of the files read here."""
