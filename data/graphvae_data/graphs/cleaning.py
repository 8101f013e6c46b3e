"""Convert edges as read to a graph, and count the dropped and merged ones.

Self-loops are dropped. Repeated edges are merged: their weights are summed, and the earliest time
is kept. If an undirected source lists every edge in both directions with equal weights, an edge
keeps its weight: it is not doubled.
"""

from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from graphvae_data.core.errors import InputError
from graphvae_data.core.reading import Reading, counted
from graphvae_data.graphs.edges import Edges
from graphvae_data.graphs.graph import Graph


def clean(edges: Edges, name: str, where: str) -> Graph:
    """Drop self-loops and merge repeated edges.

    Args:
        edges: the edges.
        name: the name of the graph.
        where: the source, for error messages.

    Raises:
        InputError: fewer than two nodes, no edge, or a weight too large for float32.
    """
    count = len(edges.names)
    keep = edges.source != edges.target
    loops = int((~keep).sum())
    _check_size(edges, count, loops, where)
    ordered, weight, time = _merged(
        _keys(edges, count)[keep], _selected(edges.weight, keep), _selected(edges.time, keep)
    )
    distinct = len(ordered)
    if not edges.directed:
        ordered, weight, time = _undirected(ordered, weight, time, count)
    ends = np.stack([ordered // count, ordered % count])
    has_edge = np.zeros(count, dtype=bool)
    has_edge[ends] = True
    reading = Reading(
        rows=len(edges.source) + sum(number for _, number in edges.dropped),
        nodes=count,
        edges=len(ordered),
        directed=edges.directed,
        bipartite=edges.sides is not None,
        first=(edges.names[edges.source[0]], edges.names[edges.target[0]]),
        roles=edges.roles,
        self_loops=loops,
        duplicates=int(keep.sum()) - distinct,
        reversed_duplicates=distinct - len(ordered),
        dropped=edges.dropped,
        isolated=count - int(has_edge.sum()),
        comments=edges.comments,
        unused=edges.unused,
        notes=edges.notes,
        features=edges.feature_prep,
    )
    return Graph(
        num_nodes=count,
        edges=torch.from_numpy(ends),
        directed=edges.directed,
        features=edges.features,
        labels=edges.labels,
        weights=None if weight is None else torch.from_numpy(_float32(weight, where)),
        times=None if time is None else torch.from_numpy(time),
        sides=None if edges.sides is None else torch.from_numpy(edges.sides),
        node_names=edges.names,
        class_names=edges.class_names,
        name=name,
        reading=reading,
    )


Values: TypeAlias = Float[np.ndarray, " _"] | None


def _check_size(edges: Edges, count: int, loops: int, where: str) -> None:
    if not len(edges.source):
        raise InputError(
            f"{where}: expected a graph with edges, got {counted(count, 'node')} and 0 edges"
        )
    if count < 2:
        raise InputError(f"{where}: expected at least two nodes, got one ({edges.names[0]!r})")
    if loops == len(edges.source):
        raise InputError(
            f"{where}: expected edges between different nodes, got only "
            f"{counted(loops, 'self-loop')}"
        )


def _keys(edges: Edges, count: int) -> Int[np.ndarray, " row"]:
    return np.asarray(edges.source.astype(np.int64, copy=False) * count + edges.target)


def _selected(values: Values, mask: Bool[np.ndarray, " row"]) -> Values:
    return None if values is None else np.asarray(values[mask], dtype=np.float64)


def _merged(
    keys: Int[np.ndarray, " row"], weight: Values, time: Values
) -> tuple[Int[np.ndarray, " edge"], Values, Values]:
    """Return the sorted distinct keys, the sum of weights and the earliest time of each."""
    if weight is None and time is None:
        return _distinct(keys), None, None  # several times faster than np.unique with inverse
    unique, inverse = np.unique(keys, return_inverse=True)
    if weight is not None:
        weight = np.bincount(inverse, weights=weight, minlength=len(unique))
    if time is not None:
        earliest = np.full(len(unique), np.inf)
        np.minimum.at(earliest, inverse, time)
        time = earliest
    return unique, weight, time


def _distinct(keys: Int[np.ndarray, " row"]) -> Int[np.ndarray, " edge"]:
    """Return the sorted distinct keys; faster than the hash table of np.unique on millions."""
    ordered = np.sort(keys)
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def _undirected(
    ordered: Int[np.ndarray, " edge"], weight: Values, time: Values, count: int
) -> tuple[Int[np.ndarray, " pair"], Values, Values]:
    """Merge both directions: from distinct keys of ordered pairs to sorted keys of pairs u < v."""
    source, target = ordered // count, ordered % count
    keys = np.minimum(source, target) * count + np.maximum(source, target)
    pairs, pair_weight, pair_time = _merged(keys, weight, time)
    if weight is not None and len(ordered) == 2 * len(pairs):
        forward = weight[source < target]
        backward = weight[source > target][np.argsort(keys[source > target])]
        if np.array_equal(forward, backward):
            pair_weight = forward
    return pairs, pair_weight, pair_time


def _float32(weight: Float[np.ndarray, " edge"], where: str) -> Float[np.ndarray, " edge"]:
    if weight.max() > np.finfo(np.float32).max:
        raise InputError(f"{where}: expected weights below 3.4e38, got a sum of {weight.max():g}")
    return weight.astype(np.float32)
