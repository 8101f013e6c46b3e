"""The most likely missing links: all pairs are scored in blocks, and the K best non-edges kept.

Equal scores are ordered by node number, so the result is deterministic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvae.nn.decoders import PairDecoder, decode_rows
from graphvae_data.core.errors import InputError

BLOCK_ENTRIES = 1 << 19
"""Number of scores per block: 2 MB in single precision, which suits the processor's cache."""

STRIDE = 16
"""Stride of the sample that gives a lower bound."""


@dataclass(frozen=True)
class TopPairs:
    """Pairs with their scores, the best first."""

    pairs: Int[Tensor, "2 pair"]
    """First row the source, second the target."""
    scores: Float[Tensor, " pair"]
    """The score of each."""

    def best(self, k: int) -> TopPairs:
        """Return the K best: by descending score, then by source, then by target."""
        order = torch.arange(self.scores.numel())
        for key in (self.pairs[1], self.pairs[0], -self.scores):
            order = order[torch.argsort(key[order], stable=True)]
        return TopPairs(self.pairs[:, order[:k]], self.scores[order[:k]])

    def bound(self, k: int) -> float | None:
        """Return the score that further pairs, later in node order, must exceed to be among the K
        best; None if every pair is. The pairs are sorted."""
        return float(self.scores[k - 1]) if self.scores.numel() >= k else None

    def joined(self, other: TopPairs) -> TopPairs:
        """Concatenate two lists, unsorted."""
        return TopPairs(
            torch.cat([self.pairs, other.pairs], 1), torch.cat([self.scores, other.scores])
        )


def _no_pairs() -> TopPairs:
    return TopPairs(torch.empty(2, 0, dtype=torch.int64), torch.empty(0))


@runtime_checkable
class NodePairs(Protocol):
    """Protocol of the pairs of a graph's nodes."""

    @property
    def num_nodes(self) -> int:
        """N."""

    @property
    def symmetric(self) -> bool:
        """Whether (u, v) and (v, u) always get the same score."""


@runtime_checkable
class PairScores(NodePairs, Protocol):
    """Protocol of the scores of all pairs of a graph, by rows."""

    def rows(
        self, sources: Int[Tensor, " source"], start: int = 0
    ) -> Float[Tensor, "source target"]:
        """Return the scores of each source with every node from `start` on, on the CPU."""
        ...


@dataclass(frozen=True)
class DecodedPairs:
    """The logits of a decoder."""

    z: Float[Tensor, "node latent"]
    """The embedding."""
    decoder: PairDecoder
    """The decoder."""

    @property
    def num_nodes(self) -> int:
        """N."""
        return self.z.size(0)

    @property
    def symmetric(self) -> bool:
        """Whether the decoder is symmetric."""
        return self.decoder.symmetric

    @torch.no_grad()
    def rows(
        self, sources: Int[Tensor, " source"], start: int = 0
    ) -> Float[Tensor, "source target"]:
        """Return the logits of each source with every node from `start` on."""
        return decode_rows(self.decoder, self.z, sources, start).cpu()


def top_pairs(
    scores: PairScores,
    known: Int[Tensor, "2 edge"],
    k: int,
    *,
    sides: Int[Tensor, " node"] | None = None,
) -> TopPairs:
    """Return the K best pairs of the whole graph that are not `known` edges.

    Pairs are u < v for symmetric scores, else ordered u → v; in a bipartite graph they join nodes
    of different `sides`.

    Raises:
        InputError: K below 1.
    """
    lists = top_lists(lambda rows, start: [scores.rows(rows, start)], scores, known, k, sides=sides)
    return lists[0]


def top_lists(
    score: Callable[[Int[Tensor, " source"], int], Sequence[Float[Tensor, "source target"]]],
    of: NodePairs,
    known: Int[Tensor, "2 edge"],
    k: int,
    *,
    sides: Int[Tensor, " node"] | None = None,
) -> list[TopPairs]:
    """Return the K best pairs by each of several scores, which share a pass over the rows.

    Args:
        score: returns one block of scores for each list: of some sources with every node from a
            number on.
        of: the scores that define the pairs.
        known: edges that are not listed.
        k: length of each list.
        sides: 0 or 1 for each node of a bipartite graph, whose pairs join different sides.

    Raises:
        InputError: K below 1.
    """
    check_k(k)
    lists: list[TopPairs] = []
    for rows in _row_blocks(of.num_nodes):
        start = int(rows[0]) if of.symmetric else 0  # a symmetric pair is u < v
        columns = torch.arange(start, of.num_nodes)
        excluded = columns <= rows[:, None] if of.symmetric else columns == rows[:, None]
        excluded = excluded if sides is None else excluded | _same_side(sides, rows, start)
        admissible = _admissible(known, rows, excluded, start, symmetric=of.symmetric)
        blocks = score(rows, start)
        lists = lists or [_no_pairs() for _ in blocks]
        lists = [
            best.joined(_best_of_rows(block, rows, start, admissible, k, best.bound(k))).best(k)
            for best, block in zip(lists, blocks, strict=True)
        ]
    return lists


def top_partners(
    scores: PairScores,
    known: Int[Tensor, "2 edge"],
    k: int,
    nodes: Int[Tensor, " source"],
    *,
    sides: Int[Tensor, " node"] | None = None,
) -> TopPairs:
    """Return the K best new neighbours of each of `nodes`, in their order.

    If the scores are not symmetric, these are targets and the node is the source. In a bipartite
    graph they are nodes of the other side.

    Raises:
        InputError: K below 1.
    """
    check_k(k)
    best = _no_pairs()
    for node in nodes:
        excluded = torch.arange(scores.num_nodes)[None] == node
        excluded = excluded if sides is None else excluded | _same_side(sides, node[None], 0)
        admissible = _admissible(known, node[None], excluded, 0, symmetric=scores.symmetric)
        block = scores.rows(node[None])
        best = best.joined(_best_of_rows(block, node[None], 0, admissible, k).best(k))
    return best


def _admissible(
    known: Int[Tensor, "2 edge"],
    rows: Int[Tensor, " row"],
    excluded: Bool[Tensor, "row target"],
    start: int,
    *,
    symmetric: bool,
) -> Bool[Tensor, "row target"]:
    """Mark the pairs of some rows that may be listed; the targets are the nodes from `start` on."""
    both = torch.cat([known, known.flip(0)], 1) if symmetric else known
    return ~(excluded | _known_block(both, rows, start, start + excluded.size(1)))


def _best_of_rows(
    scores: Float[Tensor, "row target"],
    rows: Int[Tensor, " row"],
    start: int,
    admissible: Bool[Tensor, "row target"],
    k: int,
    bound: float | None = None,
) -> TopPairs:
    """Return candidates that include the K best admissible pairs of these rows.

    With a `bound`, only pairs with higher scores.
    """
    candidates = admissible if bound is None else scores > bound
    index = torch.from_numpy(np.flatnonzero(candidates.numpy()))  # ten times as fast as nonzero
    index = index[admissible.flatten()[index]]
    values = scores.flatten()[index]
    if len(index) > k:
        threshold = _kth_largest(values, k)
        # Of the pairs tied at the threshold keep only as many as needed, in node order.
        higher = (values > threshold).nonzero().flatten()
        tied = (values == threshold).nonzero().flatten()[: k - len(higher)]
        chosen = torch.cat([higher, tied])
        index, values = index[chosen], values[chosen]
    row, column = index // scores.size(1), index % scores.size(1)
    return TopPairs(torch.stack([rows[row], start + column]), values)


def _kth_largest(values: Float[Tensor, " value"], k: int) -> Float[Tensor, ""]:
    """Return the K-th largest value, faster than `topk` on millions of values.

    The K-th largest value of a sample is a lower bound, so smaller values can be left out.
    """
    sample = values[::STRIDE]
    if len(sample) > k:
        values = values[values >= sample.topk(k).values[-1]]
    return values.topk(k).values[-1]


def _known_block(
    known: Int[Tensor, "2 edge"], rows: Int[Tensor, " row"], start: int, num_nodes: int
) -> Bool[Tensor, "row target"]:
    """Mark the known edges u → v among some rows of the adjacency, its columns from `start` on."""
    index = torch.full((num_nodes,), -1)
    index[rows] = torch.arange(len(rows))
    inside = known[:, (index[known[0]] >= 0) & (known[1] >= start)]
    block = torch.zeros(len(rows), num_nodes - start, dtype=torch.bool)
    block[index[inside[0]], inside[1] - start] = True
    return block


def _same_side(
    sides: Int[Tensor, " node"], rows: Int[Tensor, " row"], start: int
) -> Bool[Tensor, "row target"]:
    """Mark the pairs within a side of a bipartite graph; targets are the nodes from `start` on."""
    return sides[rows][:, None] == sides[start:]


def _row_blocks(num_nodes: int) -> list[Tensor]:
    return list(torch.arange(num_nodes).split(max(1, BLOCK_ENTRIES // num_nodes)))


def check_k(k: int) -> None:
    """Raise `InputError` unless K is at least 1."""
    if not isinstance(k, Integral) or isinstance(k, bool) or k < 1:
        raise InputError(f"top-k: expected a whole number of at least 1, got {k}")
