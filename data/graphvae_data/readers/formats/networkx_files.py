"""networkx graphs, and files that networkx reads: GraphML, GML, GEXF, Pajek."""

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

_DISPLAY = {"id", "label", "viz", "graphics", "key", "x", "y", "name", "shape"}
"""Attributes for display, which are not reported as unused."""


def read_network(path: Path, options: ReadOptions) -> Edges:
    """Read a GraphML, GML, GEXF or Pajek file; `InputError` for other content."""
    content = read_bytes(path)
    suffix = Path(inner_name(path)).suffix.lower()
    if not content.strip():
        raise InputError(f"{path}: expected a {suffix} file, got an empty one")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            graph = _PARSERS[suffix](content, options.encoding or "utf-8")
    except Exception as error:  # networkx may raise anything on a damaged file
        raise InputError(f"{path}: expected a {suffix} file, got {one_line(error)}") from None
    if options.directed and not graph.is_directed():
        raise InputError(
            f"{path}: expected a directed graph for --directed, got an undirected one; omit "
            "--directed, or write the graph as an edge list"
        )
    return edges_of_network(graph, str(path), options, sort=True)


def edges_of_network(graph: Any, where: str, options: ReadOptions, *, sort: bool = False) -> Edges:
    """Return the edges of a networkx graph; node ids are kept, as text.

    The nodes are in the order of the graph; with `sort`, in numerical order if all ids are
    integers.
    """
    nodes = list(graph)
    names = [str(node) for node in nodes]
    if len(set(names)) != len(names):
        raise InputError(f"{where}: expected distinct node names, got the same text twice")
    order = reading_order(names) if sort else np.arange(len(names))
    index = {nodes[old]: new for new, old in enumerate(order.tolist())}
    rows = list(graph.edges(data=True))
    weight_key = options.weight or "weight"
    weighted = options.weight is not None or any(weight_key in row[2] for row in rows)
    weighted = bool(weighted and rows and (options.weights or options.min_weight is not None))
    weight = (
        _attribute(rows, weight_key, where, weight=True, minimum=options.min_weight)
        if weighted
        else None
    )
    dropped: tuple[tuple[str, int], ...] = ()
    if weight is not None and options.min_weight is not None:
        keep = weight >= options.min_weight
        if not keep.all():
            dropped = ((f"with a weight below {options.min_weight:g}", int((~keep).sum())),)
        rows = [row for row, keeps in zip(rows, keep.tolist(), strict=True) if keeps]
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
    """Return the node attribute `bipartite`, if all nodes have it and all edges cross the sides."""
    values = [str(value) for _, value in graph.nodes(data="bipartite")]
    bipartite = set(values) == {"0", "1"}
    if bipartite and options.bipartite is not False:
        side = dict(zip(graph, values, strict=True))
        bipartite = all(side[u] != side[v] for u, v in graph.edges())
    if options.bipartite and not bipartite:
        raise InputError(
            f"{where}: expected a node attribute bipartite, 0 or 1, for every node and edges "
            "between the two sides only; add it, or omit --bipartite"
        )
    if not bipartite or options.bipartite is False:
        return None
    return np.array(values, dtype=np.int64)


def _roles(weight: str | None, time: str | None) -> tuple[tuple[str, str], ...]:
    return tuple((role, name) for role, name in (("weight", weight), ("time", time)) if name)


def _unused(graph: Any, rows: list[Any], used: set[str]) -> tuple[str, ...]:
    """Return the unused attributes of edges and nodes."""
    of_edges = dict.fromkeys(str(key) for row in rows for key in row[2])
    of_nodes = dict.fromkeys(str(key) for _, data in graph.nodes(data=True) for key in data)
    return (
        *(key for key in of_edges if key not in used and key.lower() not in _DISPLAY),
        *(f"{key} of nodes" for key in of_nodes if key.lower() not in {*_DISPLAY, "bipartite"}),
    )


def _attribute(
    rows: list[Any], key: str, where: str, *, weight: bool, minimum: float | None = None
) -> Float[np.ndarray, " row"]:
    """Return an attribute of every edge as a number; a missing weight is 1, as in networkx."""
    known = {name for row in rows for name in row[2]}
    if key not in known:
        raise InputError(
            f"{where}: no edge attribute {key!r}{nearest(key, known)}; "
            f"expected one of {', '.join(sorted(map(str, known))) or 'none'}"
        )
    return np.array([_value(row, key, where, weight, minimum) for row in rows])


def _value(row: Any, key: str, where: str, weight: bool, minimum: float | None) -> float:
    value = row[2].get(key, 1.0 if weight else None)
    number = float(value) if is_number(str(value)) else math.nan
    signed = weight and number < 0 and (minimum is None or number >= minimum)
    if not math.isfinite(number) or signed:
        expected = "a finite weight, not negative," if weight else "a finite number as time"
        hint = (
            "; for signed edges, keep the positive ones with --min-weight 1, or ignore the weights "
            "with --no-weights"
        )
        raise InputError(
            f"{where}, edge from {row[0]!r} to {row[1]!r}: expected {expected} in {key}, "
            f"got {value!r}{hint if signed else ''}"
        )
    return number


def _graphml(content: bytes, encoding: str) -> Any:
    from io import BytesIO

    import networkx as nx

    return nx.read_graphml(BytesIO(content))  # XML declares its encoding


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
            failure = error
    raise failure


def _gml_with_repeats(lines: list[str], label: str) -> Any:
    """Read a graph with repeated edges that is not declared a multigraph."""
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
        raise InputError("no *Vertices section")
    graph = nx.parse_pajek(line for line in text.splitlines() if not line.startswith("%"))
    if all(data.get("weight") == 1.0 for _, _, data in graph.edges(data=True)):
        for _, _, data in graph.edges(data=True):
            data.pop("weight", None)
    return graph


_PARSERS: dict[str, Callable[[bytes, str], Any]] = {
    ".graphml": _graphml,
    ".gml": _gml,
    ".gexf": _gexf,
    ".net": _pajek,
}
NETWORK_SUFFIXES = tuple(_PARSERS)
"""Suffixes of the files read here."""
