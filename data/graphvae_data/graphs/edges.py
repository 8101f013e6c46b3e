"""Edges as read from a file or an object, before anything is dropped or merged.

The readers of user-supplied graphs return `Edges`; `cleaning` makes a `Graph` of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from graphvae_data.core.reading import FeaturePrep
from graphvae_data.files.tabular import is_integer


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
    sides: Int[np.ndarray, " node"] | None = None
    """In a bipartite graph 0 for nodes of the first side, 1 for those of the second."""
    side_titles: tuple[str, str] = ("first", "second")
    """What the sides are called; ids that both have are told apart by it."""
    comments: int = 0
    """How many comment lines were skipped."""
    roles: tuple[tuple[str, str], ...] = ()
    """Roles of the columns or attributes that were used, and their names."""
    unused: tuple[str, ...] = ()
    """Columns and attributes that were ignored."""
    dropped: tuple[tuple[str, int], ...] = ()
    """What rows were left out, and how many: ("below the minimum weight", 7)."""
    notes: tuple[str, ...] = ()
    """What else a person should know of the reading."""
    features: Float[Tensor, "node feature"] | None = None
    """Node features, where the source holds them; likewise below."""
    labels: Int[Tensor, " node"] | None = None
    """Class of each node."""
    class_names: Sequence[str] | None = None
    """Names of the classes."""
    feature_prep: FeaturePrep | None = None
    """How the features were made from a table."""


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
    order = reading_order(names) if edges.sides is None else np.arange(len(names))
    index = np.empty(len(order), dtype=np.int64)
    index[order] = np.arange(len(order))
    return replace(
        edges,
        names=[names[old] for old in order.tolist()],
        source=index[edges.source],
        target=index[edges.target],
    )


def told_apart(edges: Edges) -> Edges:
    """Return the edges of a bipartite graph with different names for all nodes.

    Ids that nodes of both sides have are written with the side: `userId:7` and `movieId:7`; ids
    that do not meet stay as they are.
    """
    if edges.sides is None or len(set(edges.names)) == len(edges.names):
        return edges
    pairs = zip(edges.sides.tolist(), edges.names, strict=True)
    names = [f"{edges.side_titles[side]}:{name}" for side, name in pairs]
    note = f"both sides have ids in common, so nodes are called {names[0]}, {names[-1]}"
    return replace(edges, names=names, notes=(*edges.notes, note))


def compacted(
    source: Int[np.ndarray, " row"], target: Int[np.ndarray, " row"], count: int
) -> tuple[list[str], Int[np.ndarray, " row"], Int[np.ndarray, " row"]]:
    """Return the names of numbered nodes and the ends of each edge.

    Numbers 0 … count - 1 name the nodes; but where these are far more than the edges have ends,
    only the numbers in use do, so that memory follows the data and not the largest number.

    >>> compacted(np.array([0, 5]), np.array([5, 50_000_000]), 50_000_001)[0]
    ['0', '5', '50000000']
    """
    if count <= MOST_GAPS * (len(source) + 100):
        return numbered(count), source, target
    used, ends = np.unique(np.stack([source, target]), return_inverse=True)
    ends = ends.reshape(2, -1)
    return [str(number) for number in used.tolist()], ends[0], ends[1]


MOST_GAPS = 1000
"""Numbered nodes for each edge above which those without an edge are left out."""
