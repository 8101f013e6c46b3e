"""Edges as read from a file or an object, before anything is dropped or merged.

The readers of user-supplied graphs return `Edges`; `cleaning` makes a `Graph` of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from graphvae_data.files.tabular import is_integer


@dataclass(frozen=True)
class ReadOptions:
    """How a file of edges is to be understood."""

    source_col: str | None = None
    """Column of the first end: a name, or a number from 1 in a file without a header."""
    target_col: str | None = None
    """Column of the second end."""
    weight_col: str | None = None
    """Column (or edge attribute) of the weight; None finds `weight`, or an unnamed third column."""
    time_col: str | None = None
    """Column (or edge attribute) of the time; None reads no times."""
    directed: bool = False
    """Whether u, v is an edge from u to v only."""
    header: bool | None = None
    """Whether the first row names the columns; None finds out."""


@dataclass(frozen=True)
class Edges:
    """A list of edges between named nodes."""

    names: list[str]
    """The nodes; their order is the graph's."""
    source: Int[np.ndarray, " row"]
    """First end of each edge, as a place in `names`."""
    target: Int[np.ndarray, " row"]
    """Second end."""
    weight: Float[np.ndarray, " row"] | None = None
    """Weight of each edge, checked: finite, not negative."""
    time: Float[np.ndarray, " row"] | None = None
    """Time of each edge, checked: finite."""
    directed: bool = False
    """Whether order matters."""
    complete: bool = False
    """Whether the source lists all nodes of the graph, so that another id is a mistake."""
    comments: int = 0
    """Comment lines passed over."""
    unused: tuple[str, ...] = ()
    """Columns passed over."""
    weight_from: str | None = None
    """The column taken as weight."""
    features: Float[Tensor, "node feature"] | None = None
    """Node features, where the source holds them; likewise below."""
    labels: Int[Tensor, " node"] | None = None
    """Class of each node."""
    class_names: Sequence[str] | None = None
    """Names of the classes."""


def numbered(count: int) -> list[str]:
    """Names of nodes that are only numbered."""
    return [str(number) for number in range(count)]


def reading_order(names: Sequence[str]) -> Int[np.ndarray, " node"]:
    """The order of a graph's nodes: by number when every name is an integer, else as they come.

    >>> reading_order(["10", "9", "-1"]).tolist(), reading_order(["b", "a"]).tolist()
    ([2, 1, 0], [0, 1])
    """
    if all(map(is_integer, names)):
        places = sorted(range(len(names)), key=lambda place: (int(names[place]), names[place]))
        return np.array(places, dtype=np.int64)
    return np.arange(len(names))


def with_nodes(edges: Edges, more: Iterable[str]) -> Edges:
    """The same edges in a graph that also has the nodes `more`; the order is kept or made anew."""
    known = set(edges.names)
    added = [name for name in more if name not in known]
    if not added:
        return edges
    names = edges.names + added
    order = reading_order(names)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return replace(
        edges,
        names=[names[old] for old in order.tolist()],
        source=place[edges.source],
        target=place[edges.target],
    )
