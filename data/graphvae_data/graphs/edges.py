"""Edges as read from a file or an object, before dropping and merging.

The readers of user-supplied graphs return `Edges`; `cleaning` converts them to a `Graph`.
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
    """Node names, in the order of the graph."""
    source: Int[np.ndarray, " row"]
    """Source of each edge, as an index into `names`."""
    target: Int[np.ndarray, " row"]
    """Target of each edge."""
    weight: Float[np.ndarray, " row"] | None = None
    """Weight of each edge, finite and not negative."""
    time: Float[np.ndarray, " row"] | None = None
    """Time of each edge, finite."""
    directed: bool = False
    """Whether edges have a direction."""
    complete: bool = False
    """Whether all nodes are listed, so that an unknown id in a table of features is an error."""
    float_ids: bool = False
    """Whether integer ids were written as floats, such as 7.0, so that tables of nodes may too."""
    sides: Int[np.ndarray, " node"] | None = None
    """In a bipartite graph, 0 for nodes of the first side, 1 for those of the second."""
    side_titles: tuple[str, str] = ("first", "second")
    """Names of the sides, which distinguish ids that occur on both."""
    comments: int = 0
    """Number of skipped comment lines."""
    roles: tuple[tuple[str, str], ...] = ()
    """Roles and names of the columns or attributes used."""
    unused: tuple[str, ...] = ()
    """Ignored columns and attributes."""
    dropped: tuple[tuple[str, int], ...] = ()
    """Description and number of dropped rows: ("below the minimum weight", 7)."""
    notes: tuple[str, ...] = ()
    """Further notes for the user."""
    features: Float[Tensor, "node feature"] | None = None
    """Node features, if the source has them; likewise below."""
    labels: Int[Tensor, " node"] | None = None
    """Class of each node."""
    class_names: Sequence[str] | None = None
    """Names of the classes."""
    feature_prep: FeaturePrep | None = None
    """How the features were prepared from a table."""


def numbered(count: int) -> list[str]:
    """Return the names 0 … count - 1 of numbered nodes."""
    return [str(number) for number in range(count)]


def reading_order(names: Sequence[str]) -> Int[np.ndarray, " node"]:
    """Return the order of the nodes: by number if every name is an integer, else unchanged.

    >>> reading_order(["10", "9", "-1"]).tolist(), reading_order(["b", "a"]).tolist()
    ([2, 1, 0], [0, 1])
    """
    if all(map(is_integer, names)):
        order = sorted(range(len(names)), key=lambda node: (int(names[node]), names[node]))
        return np.array(order, dtype=np.int64)
    return np.arange(len(names))


def with_nodes(edges: Edges, nodes: Iterable[str]) -> Edges:
    """Return the same edges in a graph that also has the nodes `nodes`, in `reading_order`."""
    known = set(edges.names)
    added = [name for name in nodes if name not in known]
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


def with_unique_names(edges: Edges) -> Edges:
    """Prefix node names with their side if the sides of a bipartite graph share ids.

    `7` becomes `userId:7` and `movieId:7`. Otherwise names are unchanged.
    """
    if edges.sides is None or len(set(edges.names)) == len(edges.names):
        return edges
    pairs = zip(edges.sides.tolist(), edges.names, strict=True)
    names = [f"{edges.side_titles[side]}:{name}" for side, name in pairs]
    note = f"both sides share ids, so nodes are named {names[0]}, {names[-1]}"
    return replace(edges, names=names, notes=(*edges.notes, note))


def compacted(
    source: Int[np.ndarray, " row"], target: Int[np.ndarray, " row"], count: int
) -> tuple[list[str], Int[np.ndarray, " row"], Int[np.ndarray, " row"]]:
    """Return the names of numbered nodes, and the ends of each edge as indices.

    The nodes are 0 … count - 1. If these are far more than the edges, only those with an edge are
    kept, so that memory depends on the data and not on the largest number.

    >>> compacted(np.array([0, 5]), np.array([5, 50_000_000]), 50_000_001)[0]
    ['0', '5', '50000000']
    """
    if count <= MAX_NODES_PER_EDGE * (len(source) + 100):
        return numbered(count), source, target
    used, ends = np.unique(np.stack([source, target]), return_inverse=True)
    ends = ends.reshape(2, -1)
    return [str(number) for number in used.tolist()], ends[0], ends[1]


MAX_NODES_PER_EDGE = 1000
"""Numbered nodes per edge above which isolated nodes are dropped."""
