"""From edges as read to a graph, with a count of what was dropped and merged.

Self-loops are dropped and repeated edges merged: their weights add up and the earliest time stays.
Where an undirected source lists every edge from both ends with equal weights, an edge keeps its
weight: it is not doubled.
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
    """Drop self-loops and merge repeated edges; error messages name the source as `where`.

    Raises:
        InputError: fewer than two nodes, no edge, or a weight too large for float32.
    """
    count = len(edges.names)
    proper = edges.source != edges.target
    loops = int((~proper).sum())
    _check_size(edges, count, loops, where)
    ordered, weight, time = _merged(
        _keys(edges, count)[proper], _some(edges.weight, proper), _some(edges.time, proper)
    )
    both = len(ordered)
    if not edges.directed:
        ordered, weight, time = _undirected(ordered, weight, time, count)
    ends = np.stack([ordered // count, ordered % count])
    touched = np.zeros(count, dtype=bool)
    touched[ends] = True
    reading = Reading(
        rows=len(edges.source) + sum(number for _, number in edges.dropped),
        nodes=count,
        edges=len(ordered),
        directed=edges.directed,
        bipartite=edges.sides is not None,
        first=(edges.names[edges.source[0]], edges.names[edges.target[0]]),
        roles=edges.roles,
        self_loops=loops,
        duplicates=int(proper.sum()) - both,
        reversed_duplicates=both - len(ordered),
        dropped=edges.dropped,
        isolated=count - int(touched.sum()),
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


def _some(values: Values, chosen: Bool[np.ndarray, " row"]) -> Values:
    return None if values is None else np.asarray(values[chosen], dtype=np.float64)


def _merged(
    keys: Int[np.ndarray, " row"], weight: Values, time: Values
) -> tuple[Int[np.ndarray, " edge"], Values, Values]:
    """Sorted distinct keys, with the sum of weights and the earliest of times of each."""
    if weight is None and time is None:
        return _distinct(keys), None, None  # several times faster than with an inverse
    unique, inverse = np.unique(keys, return_inverse=True)
    if weight is not None:
        weight = np.bincount(inverse, weights=weight, minlength=len(unique))
    if time is not None:
        earliest = np.full(len(unique), np.inf)
        np.minimum.at(earliest, inverse, time)
        time = earliest
    return unique, weight, time


def _distinct(keys: Int[np.ndarray, " row"]) -> Int[np.ndarray, " edge"]:
    """Sorted distinct keys; by sorting, as np.unique hashes, which is slower on millions."""
    ordered = np.sort(keys)
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def _undirected(
    ordered: Int[np.ndarray, " edge"], weight: Values, time: Values, count: int
) -> tuple[Int[np.ndarray, " pair"], Values, Values]:
    """Sorted keys of pairs u < v, from distinct keys of ordered pairs."""
    source, target = ordered // count, ordered % count
    keys = np.minimum(source, target) * count + np.maximum(source, target)
    pairs, pair_weight, pair_time = _merged(keys, weight, time)
    if weight is not None and len(ordered) == 2 * len(pairs):
        there = weight[source < target]
        back = weight[source > target][np.argsort(keys[source > target])]
        if np.array_equal(there, back):
            pair_weight = there
    return pairs, pair_weight, pair_time


def _float32(weight: Float[np.ndarray, " edge"], where: str) -> Float[np.ndarray, " edge"]:
    if weight.max() > np.finfo(np.float32).max:
        raise InputError(f"{where}: expected weights below 3.4e38, got a sum of {weight.max():g}")
    return weight.astype(np.float32)
