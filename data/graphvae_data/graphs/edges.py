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
    """How to read a file of edges."""

    source_col: str | None = None
    """Column of the source: a name, or a number from 1 in a file without a header."""
    target_col: str | None = None
    """Column of the target."""
    weight_col: str | None = None
    """Column (or edge attribute) of the weight; None takes `weight`, or an unnamed third column."""
    time_col: str | None = None
    """Column (or edge attribute) of the time; None reads no times."""
    directed: bool = False
    """Whether a row u, v is an edge from u to v only."""
    header: bool | None = None
    """Whether the first row names the columns; None infers it."""


@dataclass(frozen=True)
class Edges:
    """A list of edges between named nodes."""

    names: list[str]
    """The nodes; their order is the graph's."""
    source: Int[np.ndarray, " row"]
    """Source of each edge, as an index into `names`."""
    target: Int[np.ndarray, " row"]
    """Target of each edge."""
    weight: Float[np.ndarray, " row"] | None = None
    """Weight of each edge, checked: finite, not negative."""
    time: Float[np.ndarray, " row"] | None = None
    """Time of each edge, checked: finite."""
    directed: bool = False
    """Whether edges have a direction."""
    complete: bool = False
    """Whether all nodes are listed, so that another id in a table of features is an error."""
    comments: int = 0
    """How many comment lines were skipped."""
    unused: tuple[str, ...] = ()
    """Columns that were ignored."""
    weight_from: str | None = None
    """The column that the weights are from."""
    features: Float[Tensor, "node feature"] | None = None
    """Node features, where the source holds them; likewise below."""
    labels: Int[Tensor, " node"] | None = None
    """Class of each node."""
    class_names: Sequence[str] | None = None
    """Names of the classes."""


def numbered(count: int) -> list[str]:
    """Names of nodes that have numbers only."""
    return [str(number) for number in range(count)]


def reading_order(names: Sequence[str]) -> Int[np.ndarray, " node"]:
    """Return the order of the nodes: by number if every name is an integer, else as given.

    >>> reading_order(["10", "9", "-1"]).tolist(), reading_order(["b", "a"]).tolist()
    ([2, 1, 0], [0, 1])
    """
    if all(map(is_integer, names)):
        order = sorted(range(len(names)), key=lambda node: (int(names[node]), names[node]))
        return np.array(order, dtype=np.int64)
    return np.arange(len(names))


def with_nodes(edges: Edges, more: Iterable[str]) -> Edges:
    """Return the same edges in a graph that also has the nodes `more`, in `reading_order`."""
    known = set(edges.names)
    added = [name for name in more if name not in known]
    if not added:
        return edges
    names = edges.names + added
    order = reading_order(names)
    index = np.empty(len(order), dtype=np.int64)
    index[order] = np.arange(len(order))
    return replace(
        edges,
        names=[names[old] for old in order.tolist()],
        source=index[edges.source],
        target=index[edges.target],
    )
