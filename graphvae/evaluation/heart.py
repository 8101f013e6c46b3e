"""HeaRT: hard negatives for each positive, chosen by heuristics over the training graph.

For a positive (a, b), half of the k negatives keep a and replace b by another node, half keep b.
Each end's candidates are ranked by resource allocation, by personalised PageRank (α = 0.15) and, if
there are features, by cosine similarity; the candidates with the lowest mean rank are chosen.
Source: Li et al. 2023 (NeurIPS Datasets and Benchmarks), "Evaluating Graph Neural Networks for Link
Prediction: Current Pitfalls and New Benchmarking", §4.

Ranks follow the authors' code: within a heuristic the highest score has rank 1, equal scores have
the worst rank of their group, and all candidates with a score ≤ 0 have one rank after the last.
Differences: all edges are excluded, including test edges (there, only training edges, so that other
test edges can be negatives); PageRank is exact (there, approximated up to residuals of 5e-5); ties
are broken at random, and zero-scored candidates drawn without replacement (there, by position, and
with replacement).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvae.baselines.heuristics import HEURISTICS
from graphvae.baselines.proximity import ProximityGraph, pagerank_rows
from graphvae.evaluation.negative_sets import (
    NegativeSet,
    known_edges,
    non_edge_sampler,
    positives_of,
)
from graphvae.graph.propagation import scipy_adjacency
from graphvae.specs.evaluation import Part
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.features import to_csr
from graphvae_data.graphs.graph import Graph

PER_POSITIVE = 500
MAX_REPLACED = 0.01
"""Maximum share of negatives that may be replaced by uniform non-edges."""


def heart(
    split: EdgeSplit,
    data: Graph,
    generator: torch.Generator,
    *,
    k: int = PER_POSITIVE,
    part: Part = "test",
) -> NegativeSet:
    """Choose k hard negatives for each positive of a part.

    An end with fewer than k/2 non-neighbours gets uniform non-edges of the whole graph instead; if
    that would concern more than 1 % of all negatives, k is lowered to what every end has, so that
    none repeats. `note` reports this, the number of replaced negatives, and the number of
    candidates that every heuristic scores 0, which are uniform non-neighbours of the end.

    Raises:
        InputError: k below 2, or a graph whose ends have no non-neighbours.
    """
    if k < 2:
        raise InputError(f"negatives: expected at least 2 hard negatives per positive, got {k}")
    positives = positives_of(split, part)
    ends, index = np.unique(positives.numpy(), return_inverse=True)
    index = index.reshape(2, -1)
    chosen, unscored = _hardest(ends, split, data, generator, (k + 1) // 2)
    requested, k = k, _largest_k(chosen[index], k)
    sides = [
        _corrupted(positives[kept], chosen[index[kept], :count], kept)
        for kept, count in ((0, (k + 1) // 2), (1, k // 2))
    ]
    pairs = torch.cat(sides, 2).reshape(2, -1)
    missing = (pairs < 0).any(0)
    pairs[:, missing] = non_edge_sampler(split).sample(int(missing.sum()), generator)
    zero = int(unscored[index[0], : (k + 1) // 2].sum() + unscored[index[1], : k // 2].sum())
    note = _note(zero, int(missing.sum()), pairs.size(1))
    if k < requested:
        lowered = f"{requested} per positive lowered to {k}, the most that every end has"
        note = f"{lowered}; {note}" if note else lowered
    return NegativeSet("heart", pairs, k, note)


def _largest_k(chosen: Int[np.ndarray, "2 positive half"], k: int) -> int:
    """Return the number of negatives that every positive can have without repeating any."""
    available = (chosen >= 0).sum(-1)
    if (chosen < 0).mean() <= MAX_REPLACED:
        return k
    if not available.min():
        raise InputError(
            "negatives: heart needs non-neighbours of both ends of each edge, and an end is a "
            "neighbour of every other node; choose uniform"
        )
    return min(k, 2 * int(available.min()))


def _corrupted(
    kept: Int[Tensor, " positive"], partners: Int[np.ndarray, "positive half"], row: int
) -> Int[Tensor, "2 positive half"]:
    """Pair each kept end with its partners; the kept end stays in its own row."""
    other = torch.from_numpy(partners)
    same = kept[:, None].expand_as(other)
    return torch.stack([same, other] if row == 0 else [other, same])


def _note(unscored: int, missing: int, total: int) -> str:
    parts = []
    if unscored:
        parts.append(
            f"{unscored} of {total} are uniform non-neighbours that every heuristic scores 0"
        )
    if missing:
        parts.append(
            f"{missing} of {total} are uniform non-edges of the whole graph, as an end of their "
            "positive has too few non-neighbours; choose fewer per positive"
        )
    return "; ".join(parts)


def _hardest(
    ends: Int[np.ndarray, " end"],
    split: EdgeSplit,
    data: Graph,
    generator: torch.Generator,
    half: int,
) -> tuple[Int[np.ndarray, "end half"], Bool[np.ndarray, "end half"]]:
    """Return each end's `half` hardest partners, hardest first, padded with −1.

    The second array is true where every heuristic scores the partner 0.
    """
    graph = ProximityGraph.of(split.train, split.num_nodes)
    known = scipy_adjacency(known_edges(split), split.num_nodes)
    unit = _unit_rows(data)
    features = None if unit is None else (unit, scipy.sparse.csr_array(unit.T))
    chosen = np.full((len(ends), half), -1)
    unscored = np.zeros((len(ends), half), bool)
    width = min(half, split.num_nodes)
    for block in graph.blocks(ends):
        sources = ends[block]
        excluded = known[sources].toarray() > 0
        excluded[np.arange(len(sources)), sources] = True
        if split.sides is not None:
            side = split.sides.numpy()
            excluded |= side[sources][:, None] == side
        total = np.zeros(excluded.shape)
        scored = np.zeros_like(excluded)
        for rows in _proximities(graph, features, sources):
            rows[excluded] = -1
            total += ranks_of_rows(rows)
            scored |= rows > 0
        # Sums of ranks are integers, so adding a fraction only breaks ties.
        total += torch.rand(total.shape, generator=generator, dtype=torch.float64).numpy()
        total[excluded] = np.inf
        best = _lowest(total, width)
        valid = np.isfinite(np.take_along_axis(total, best, 1))
        chosen[block, :width] = np.where(valid, best, -1)
        unscored[block, :width] = valid & ~np.take_along_axis(scored, best, 1)
    return chosen, unscored


def _proximities(
    graph: ProximityGraph,
    features: tuple[scipy.sparse.csr_array, scipy.sparse.csr_array] | None,
    sources: Int[np.ndarray, " source"],
) -> Iterator[Float[np.ndarray, "source node"]]:
    """Yield the rows of each heuristic."""
    yield HEURISTICS["resource allocation"].rows(graph, sources)
    yield pagerank_rows(graph, sources)
    if features is not None:
        unit, transposed = features
        yield (unit[sources] @ transposed).toarray()


def _unit_rows(data: Graph) -> scipy.sparse.csr_array | None:
    """Return features with rows scaled to norm 1; None if there are none."""
    if data.features is None:
        return None
    features = scipy.sparse.csr_array(to_csr(data.features), dtype=np.float64)
    length = np.sqrt(np.asarray(features.power(2).sum(1)))
    return scipy.sparse.diags_array(1 / np.where(length > 0, length, 1)) @ features


def ranks_of_rows(rows: Float[np.ndarray, "source node"]) -> Float[np.ndarray, "source node"]:
    """Rank each row's positive scores in descending order; all others share the next rank.

    >>> ranks_of_rows(np.array([[0.5, 0.2, 0.0, 0.2, 0.9, -1.0]]))
    array([[2., 4., 5., 4., 1., 5.]])
    """
    order = np.argsort(rows, 1)
    ascending = np.take_along_axis(rows, order, 1)
    first = np.diff(ascending, prepend=-np.inf) > 0
    starts = np.maximum.accumulate(np.where(first, np.arange(rows.shape[1]), 0), 1)
    below = np.empty(rows.shape)
    np.put_along_axis(below, order, starts, 1)
    ranks = below.max(1, keepdims=True) - below + 1.0
    last = np.where(rows > 0, ranks, 0).max(1, keepdims=True)
    return np.asarray(np.where(rows > 0, ranks, last + 1))


def _lowest(values: Float[np.ndarray, "row column"], count: int) -> Int[np.ndarray, "row count"]:
    """Return the indices of each row's `count` lowest values, in ascending order."""
    part = np.argpartition(values, count - 1, 1)[:, :count]
    order = np.argsort(np.take_along_axis(values, part, 1), 1)
    return np.take_along_axis(part, order, 1)
