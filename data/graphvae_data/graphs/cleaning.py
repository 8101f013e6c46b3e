"""From edges as they came to the graph they mean, with a count of all that was handled.

Loops are dropped and an edge is kept once: weights of repeated rows add up, the earliest time
stays. An undirected file that lists every edge in both directions with equal weights lists each
edge once, in its way, so weights are not doubled.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch_geometric.data import Data

from graphvae_data.core.counts import Cleaning, counted
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.edges import Edges


@dataclass(frozen=True)
class OwnGraph:
    """A person's own graph."""

    data: Data
    """The graph, in the form of `graphs`; `directed` says whether edges have a direction."""
    cleaning: Cleaning
    """What was handled on the way."""


def clean(edges: Edges, name: str, where: str) -> OwnGraph:
    """Drop loops, merge duplicates, and give the graph; `where` is how a message names the source.

    `InputError` for fewer than two nodes and for a graph without an edge.
    """
    count = len(edges.names)
    proper = edges.source != edges.target
    loops = int((~proper).sum())
    _check_size(edges, count, loops, where)
    ordered, weight, time = _merged(
        _keys(edges, count)[proper], _some(edges.weight, proper), _some(edges.time, proper)
    )
    found = Cleaning(
        rows=len(edges.source),
        nodes=count,
        edges=len(ordered),
        directed=edges.directed,
        self_loops=loops,
        duplicates=int(proper.sum()) - len(ordered),
        comments=edges.comments,
        unused=edges.unused,
        weight_from=edges.weight_from,
    )
    if not edges.directed:
        given = len(ordered)
        ordered, weight, time = _undirected(ordered, weight, time, count)
        pairs = len(ordered) // 2
        found = replace(found, edges=pairs, reversed_duplicates=given - pairs)
    edge_index = np.stack([ordered // count, ordered % count])
    touched = np.zeros(count, dtype=bool)
    touched[edge_index] = True
    found = replace(found, isolated=count - int(touched.sum()))
    return OwnGraph(_data(edges, name, edge_index, weight, time, where), found)


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
        return _distinct(keys), None, None  # several times faster without the places
    unique, inverse = np.unique(keys, return_inverse=True)
    if weight is not None:
        weight = np.bincount(inverse, weights=weight, minlength=len(unique))
    if time is not None:
        earliest = np.full(len(unique), np.inf)
        np.minimum.at(earliest, inverse, time)
        time = earliest
    return unique, weight, time


def _distinct(keys: Int[np.ndarray, " row"]) -> Int[np.ndarray, " edge"]:
    """Sorted distinct keys, by sorting: NumPy's own way, by hashing, takes longer on millions."""
    ordered = np.sort(keys)
    first = np.ones(len(ordered), dtype=bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def _undirected(
    ordered: Int[np.ndarray, " edge"], weight: Values, time: Values, count: int
) -> tuple[Int[np.ndarray, " both"], Values, Values]:
    """Both directions of every edge, sorted, from distinct ordered keys."""
    source, target = ordered // count, ordered % count
    low, high = np.minimum(source, target), np.maximum(source, target)
    pairs, pair_weight, pair_time = _merged(low * count + high, weight, time)
    if weight is not None and pair_weight is not None and len(ordered) == 2 * len(pairs):
        there = weight[source < target]
        back = weight[source > target][np.argsort((low * count + high)[source > target])]
        if np.array_equal(there, back):
            pair_weight = there
    both = np.concatenate([pairs, pairs % count * count + pairs // count])
    if pair_weight is None and pair_time is None:
        both.sort()
        return both, None, None
    order = np.argsort(both)
    return both[order], _twice(pair_weight, order), _twice(pair_time, order)


def _twice(values: Values, order: Int[np.ndarray, " both"]) -> Values:
    return None if values is None else np.concatenate([values, values])[order]


def _data(
    edges: Edges,
    name: str,
    edge_index: Int[np.ndarray, "2 edge"],
    weight: Values,
    time: Values,
    where: str,
) -> Data:
    data = Data(
        edge_index=torch.from_numpy(edge_index),
        num_nodes=len(edges.names),
        name=name,
        node_names=list(edges.names),
        directed=edges.directed,
        **edges.extra,
    )
    if weight is not None:
        data.edge_weight = torch.from_numpy(_float32(weight, where))
    if time is not None:
        data.edge_time = torch.from_numpy(time)
    return data


def _float32(weight: Float[np.ndarray, " edge"], where: str) -> Float[np.ndarray, " edge"]:
    if weight.max() > np.finfo(np.float32).max:
        raise InputError(f"{where}: expected weights below 3.4e38, got a sum of {weight.max():g}")
    return weight.astype(np.float32)
