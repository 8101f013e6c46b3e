"""Exact ranks against all non-edges, in blocks of rows; N² scores are computed but not stored.

The distinct scores of the positives are computed first; then each block of non-edge scores is
sorted, and each positive score is looked up in it to count those above and equal. Sorting dominates
the time: about 10 ns per pair, a few seconds for the 2·10⁸ pairs of Pubmed. The scores of positives
are read from the same blocks as those of negatives, so that rounding cannot separate equal scores.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvae.evaluation.scorers import Scorer, score_rows
from graphvae.graph.propagation import scipy_adjacency
from graphvae.metrics.bootstrap import ScoreBins
from graphvae.metrics.ranks import SourceRanks

BLOCK_ENTRIES = 1 << 22
"""Number of scores per block: 16 MB in single precision, twice that while sorting."""

Rows = Float[np.ndarray, "row node"]


@dataclass(frozen=True)
class AgainstAll:
    """Ranks of the positives among all non-edges of the graph."""

    scores: Float[np.ndarray, " positive"]
    """Score of each positive."""
    above: Int[np.ndarray, " positive"]
    """Non-edges scored strictly higher."""
    equal: Int[np.ndarray, " positive"]
    """Non-edges with the same score."""
    total: int
    """Number of non-edges."""

    def only(self, chosen: Bool[np.ndarray, " positive"]) -> AgainstAll:
        """Select a subset of the positives; all non-edges stay."""
        return AgainstAll(self.scores[chosen], self.above[chosen], self.equal[chosen], self.total)

    def bins(self) -> ScoreBins:
        """Return the ranking as counts; the non-edges are not resampled."""
        return ScoreBins.of_all_non_edges(self.scores, self.above, self.equal, self.total)


def against_all(
    scorer: Scorer,
    positives: Int[Tensor, "2 positive"],
    known: Int[Tensor, "2 edge"],
    num_nodes: int,
    *,
    sides: Int[Tensor, " node"] | None = None,
) -> AgainstAll:
    """Rank positives among all unordered non-edges, exactly.

    Args:
        scorer: the scorer; pairs are scored as (u, v) with u < v.
        positives: the edges to rank, u < v.
        known: every edge of the graph, to be excluded from the negatives.
        num_nodes: N.
        sides: 0 or 1 for each node of a bipartite graph, where only pairs across sides count.
    """
    low, high = positives.sort(0).values.numpy()
    scores = _scores_in_blocks(scorer, low, high, num_nodes)
    distinct, index = np.unique(scores, return_inverse=True)
    above, equal = np.zeros((2, len(distinct)), np.int64)
    adjacency = scipy_adjacency(known, num_nodes)
    for rows in _row_blocks(num_nodes):
        block = score_rows(scorer, rows, num_nodes)
        _exclude(block, rows.numpy(), adjacency, sides)
        start = int(rows[0])
        block[:, start:][np.tri(len(rows), num_nodes - start, dtype=bool)] = -np.inf
        ordered = np.sort(block[:, start:], axis=None)
        left, right = (np.searchsorted(ordered, distinct, side) for side in ("left", "right"))
        above += len(ordered) - right
        equal += right - left
    total = _pairs(num_nodes, sides) - adjacency.nnz // 2
    return AgainstAll(scores.astype(np.float64), above[index], equal[index], total)


def source_ranks(
    scorer: Scorer,
    positives: Int[Tensor, "2 positive"],
    known: Int[Tensor, "2 edge"],
    num_nodes: int,
    *,
    sides: Int[Tensor, " node"] | None = None,
) -> SourceRanks:
    """Rank each node's true neighbours among all of its non-neighbours, exactly.

    The first half of the entries are the positives, the second half the reversed positives. In a
    bipartite graph the sources are the nodes of the first side, such as users, each positive is
    one entry, and the non-neighbours are those of the second side.
    """
    source, target = _entries(positives, sides).numpy()
    sources, index = np.unique(source, return_inverse=True)
    adjacency = scipy_adjacency(known, num_nodes)
    scores = np.empty(len(source))
    above, equal = np.zeros((2, len(source)), np.int64)
    entries = np.argsort(index, kind="stable")
    bounds = np.searchsorted(index[entries], np.arange(len(sources) + 1))
    for rows in _row_blocks(num_nodes, sources):
        block = score_rows(scorer, rows, num_nodes)
        first = int(np.searchsorted(sources, int(rows[0])))
        inside = [entries[bounds[first + i] : bounds[first + i + 1]] for i in range(len(rows))]
        true_scores = [block[i, target[entry]] for i, entry in enumerate(inside)]
        _exclude(block, rows.numpy(), adjacency, sides)
        block.sort(axis=1)
        for ordered, entry, score in zip(block, inside, true_scores, strict=True):
            right = np.searchsorted(ordered, score, "right")
            above[entry], scores[entry] = num_nodes - right, score
            equal[entry] = right - np.searchsorted(ordered, score, "left")
    degree = np.asarray(adjacency.sum(1)).astype(np.int64)
    others = num_nodes - 1 if sides is None else int((sides == 1).sum())
    return SourceRanks(source, scores, above, equal, others - degree[source])


def _entries(
    positives: Int[Tensor, "2 positive"], sides: Int[Tensor, " node"] | None
) -> Int[Tensor, "2 entry"]:
    """Return positives from each of their ends, or in a bipartite graph from the first side."""
    if sides is None:
        return torch.cat([positives, positives.flip(0)], 1)
    return torch.where(sides[positives[0]] == 0, positives, positives.flip(0))


def _pairs(num_nodes: int, sides: Int[Tensor, " node"] | None) -> int:
    """Return the number of unordered pairs that an edge may join."""
    if sides is None:
        return num_nodes * (num_nodes - 1) // 2
    second = int((sides == 1).sum())
    return second * (num_nodes - second)


def _scores_in_blocks(
    scorer: Scorer,
    low: Int[np.ndarray, " positive"],
    high: Int[np.ndarray, " positive"],
    num_nodes: int,
) -> Float[np.ndarray, " positive"]:
    """Read the positives' scores from the same blocks as those of the negatives."""
    parts, indices = [], []
    for rows in _row_blocks(num_nodes):
        inside = np.flatnonzero((low >= int(rows[0])) & (low <= int(rows[-1])))
        if len(inside):
            block = score_rows(scorer, rows, num_nodes)
            parts.append(block[low[inside] - int(rows[0]), high[inside]])
            indices.append(inside)
    order = np.concatenate(indices)
    return np.concatenate(parts)[np.argsort(order)]


def _exclude(
    block: Rows,
    rows: Int[np.ndarray, " row"],
    known: scipy.sparse.csr_array,
    sides: Int[Tensor, " node"] | None,
) -> None:
    """Set known edges and loops to −∞, and pairs within a side of a bipartite graph."""
    edges = known[rows].tocoo()
    block[edges.row, edges.col] = -np.inf
    block[np.arange(len(rows)), rows] = -np.inf
    if sides is not None:
        side = sides.numpy()
        block[side[rows][:, None] == side] = -np.inf


def _row_blocks(
    num_nodes: int, sources: Int[np.ndarray, " source"] | None = None
) -> Iterator[Tensor]:
    rows = torch.arange(num_nodes) if sources is None else torch.from_numpy(sources)
    yield from rows.split(max(1, BLOCK_ENTRIES // num_nodes))
