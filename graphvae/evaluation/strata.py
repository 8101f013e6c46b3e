"""Strata: groups of pairs on which models differ, by properties of the training graph.

- `seen`: whether both ends have a training edge (`seen`) or not (`unseen`).
- `degree`: the smaller of the two training degrees: 0, 1-2, 3-5, 6-10, 11+.
- `distance`: length of the shortest path in the training graph: 2, 3, 4-5, 6+, none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from graphvae.baselines.proximity import ProximityGraph
from graphvae_data.core.errors import check_name

DEGREE_ENDS = (0, 2, 5, 10)
DISTANCE_ENDS = (2, 3, 5)
MAX_LENGTH = 5
"""Maximum length of searched paths; longer ones only count as existing or not."""

Pairs = Int[np.ndarray, "2 pair"]
Bins = Int[np.ndarray, " pair"]


@dataclass(frozen=True)
class Strata:
    """A way to stratify pairs."""

    labels: tuple[str, ...]
    """Names of the strata, in order."""
    assign: Callable[[ProximityGraph, Pairs], Bins]
    """Returns the index of each pair's stratum."""


def seen(graph: ProximityGraph, pairs: Pairs) -> Bins:
    """0 where both ends have a training edge, else 1."""
    return np.asarray((graph.degree[pairs] == 0).any(0).astype(np.int64))


def smaller_degree(graph: ProximityGraph, pairs: Pairs) -> Bins:
    """Bin of the smaller training degree of the two ends."""
    return np.asarray(np.searchsorted(DEGREE_ENDS, graph.degree[pairs].min(0)))


def distance(graph: ProximityGraph, pairs: Pairs) -> Bins:
    """Bin of the length of the shortest path between the two ends, in the training graph."""
    import scipy.sparse.csgraph

    _, component = scipy.sparse.csgraph.connected_components(graph.adjacency, directed=False)
    lengths = shortest_paths(graph, pairs)
    bins = np.searchsorted(DISTANCE_ENDS, lengths)
    return np.where(component[pairs[0]] == component[pairs[1]], bins, len(DISTANCE_ENDS) + 1)


def shortest_paths(graph: ProximityGraph, pairs: Pairs, limit: int = MAX_LENGTH) -> Bins:
    """Length of each pair's shortest path, `limit` + 1 if it is longer or there is none.

    Breadth-first search from blocks of sources, until every pair is reached.
    """
    lengths = np.full(pairs.shape[1], limit + 1)
    lengths[pairs[0] == pairs[1]] = 0
    sources, row = np.unique(pairs[0], return_inverse=True)
    for block in graph.blocks(sources):
        inside = np.flatnonzero((row >= block.start) & (row < block.stop))
        entries = row[inside] - block.start, pairs[1, inside]
        reached = graph.neighbours(sources[block]) > 0
        for length in range(1, limit + 1):
            new = reached[entries] & (lengths[inside] > limit)
            lengths[inside[new]] = length
            if length == limit or (lengths[inside] <= limit).all():
                break
            reached |= graph.onward(reached.astype(np.float64)) > 0
    return lengths


STRATA: dict[str, Strata] = {
    "seen": Strata(("seen", "unseen"), seen),
    "degree": Strata(("0", "1-2", "3-5", "6-10", "11+"), smaller_degree),
    "distance": Strata(("2", "3", "4-5", "6+", "none"), distance),
}


def stratify(name: str, graph: ProximityGraph, pairs: Int[Tensor, "2 pair"]) -> Bins:
    """Return the index of each pair's stratum; `strata_of(name).labels` are their names."""
    return strata_of(name).assign(graph, pairs.to(torch.int64).cpu().numpy())


def strata_of(name: str) -> Strata:
    """Return a stratification by its name; `InputError` if there is none."""
    check_name("strata", name, STRATA)
    return STRATA[name]
