"""The most likely missing links: all pairs are scored in blocks and the best K allowed.

Equal scores are ordered by node number, so the result is deterministic.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvae.nn.decoders import PairDecoder
from graphvae_data.core.errors import InputError

BLOCK_ENTRIES = 1 << 22
"""Number of scores per block: 16 MB in single precision."""

PART = 16
"""Stride of the sample used for a first bound."""


@dataclass(frozen=True)
class TopPairs:
    """Pairs with their logits, the best first."""

    pairs: Int[Tensor, "2 pair"]
    """First row the source, second the target."""
    logits: Float[Tensor, " pair"]
    """The decoder's logit of each."""

    @property
    def probabilities(self) -> Float[Tensor, " pair"]:
        """σ(logit): the uncalibrated probability of an edge."""
        return torch.sigmoid(self.logits.double())

    def best(self, k: int) -> TopPairs:
        """Return the K best: by descending logit, then by source, then by target."""
        order = torch.arange(self.logits.numel())
        for key in (self.pairs[1], self.pairs[0], -self.logits):
            order = order[torch.argsort(key[order], stable=True)]
        return TopPairs(self.pairs[:, order[:k]], self.logits[order[:k]])

    def joined(self, other: TopPairs) -> TopPairs:
        """Concatenate two lists, unsorted."""
        return TopPairs(
            torch.cat([self.pairs, other.pairs], 1), torch.cat([self.logits, other.logits])
        )


def _nothing() -> TopPairs:
    return TopPairs(torch.empty(2, 0, dtype=torch.int64), torch.empty(0))


def top_pairs(
    z: Float[Tensor, "node latent"],
    decoder: PairDecoder,
    known: Int[Tensor, "2 edge"],
    k: int,
    *,
    sides: Int[Tensor, " node"] | None = None,
) -> TopPairs:
    """Return the K most likely pairs of the whole graph that are not `known` edges.

    Pairs are u < v for a symmetric decoder, else ordered u → v; in a bipartite graph they join
    nodes of different `sides`.

    Raises:
        InputError: K below 1.
    """
    check_k(k)
    best = _nothing()
    for rows in _row_blocks(z.size(0)):
        columns = torch.arange(z.size(0))
        excluded = columns <= rows[:, None] if decoder.symmetric else columns == rows[:, None]
        excluded = excluded if sides is None else excluded | _same_side(sides, rows)
        best = best.joined(_best_of_rows(z, decoder, known, rows, excluded, k)).best(k)
    return best


def top_partners(
    z: Float[Tensor, "node latent"],
    decoder: PairDecoder,
    known: Int[Tensor, "2 edge"],
    k: int,
    nodes: Int[Tensor, " wanted"],
    *,
    sides: Int[Tensor, " node"] | None = None,
) -> TopPairs:
    """Return the K most likely new neighbours of each of `nodes`, in their order.

    If the decoder is not symmetric, these are targets and the node is the source. In a bipartite
    graph they are nodes of the other side.

    Raises:
        InputError: K below 1.
    """
    check_k(k)
    best = _nothing()
    for node in nodes:
        itself = torch.arange(z.size(0))[None] == node
        itself = itself if sides is None else itself | _same_side(sides, node[None])
        best = best.joined(_best_of_rows(z, decoder, known, node[None], itself, k).best(k))
    return best


def _best_of_rows(
    z: Float[Tensor, "node latent"],
    decoder: PairDecoder,
    known: Int[Tensor, "2 edge"],
    rows: Int[Tensor, " row"],
    excluded: Bool[Tensor, "row node"],
    k: int,
) -> TopPairs:
    """Return candidates that include the K best admissible pairs of these rows."""
    with torch.no_grad():
        logits = decoder.block(z[rows.to(z.device)], z).cpu()
    both = torch.cat([known, known.flip(0)], 1) if decoder.symmetric else known
    admissible = ~(excluded | _known_block(both, rows, z.size(0)))
    logits = torch.where(admissible, logits, -torch.inf)
    bar = _kth_largest(logits.flatten(), min(k, logits.numel()))
    row, column = (logits >= bar).nonzero(as_tuple=True)
    allowed = admissible[row, column]
    row, column = row[allowed], column[allowed]
    values = logits[row, column]
    # Of the pairs tied at the threshold keep only as many as needed, in node order.
    tied = (values == bar).nonzero().flatten()[: k - int((values > bar).sum())]
    chosen = torch.cat([(values > bar).nonzero().flatten(), tied])
    return TopPairs(torch.stack([rows[row], column])[:, chosen], values[chosen])


def _kth_largest(values: Float[Tensor, " value"], k: int) -> Float[Tensor, ""]:
    """Return the K-th largest value, as `topk` does, which is slow on millions of values.

    The K-th largest value of a sample is a lower bound, so smaller values can be left out.
    """
    part = values[::PART]
    if len(part) > k:
        values = values[values >= part.topk(k).values[-1]]
    return values.topk(k).values[-1]


def _known_block(
    known: Int[Tensor, "2 edge"], rows: Int[Tensor, " row"], num_nodes: int
) -> Bool[Tensor, "row node"]:
    """Mark the known edges u → v among some rows of the adjacency."""
    index = torch.full((num_nodes,), -1)
    index[rows] = torch.arange(len(rows))
    inside = known[:, index[known[0]] >= 0]
    block = torch.zeros(len(rows), num_nodes, dtype=torch.bool)
    block[index[inside[0]], inside[1]] = True
    return block


def _same_side(sides: Int[Tensor, " node"], rows: Int[Tensor, " row"]) -> Bool[Tensor, "row node"]:
    """Mark the pairs within a side of a bipartite graph."""
    return sides[rows][:, None] == sides


def _row_blocks(num_nodes: int) -> list[Tensor]:
    return list(torch.arange(num_nodes).split(max(1, BLOCK_ENTRIES // num_nodes)))


def check_k(k: int) -> None:
    """Raise `InputError` unless K is at least 1."""
    if k < 1:
        raise InputError(f"top-k: expected a whole number of at least 1, got {k}")
