"""The most likely missing links, exactly: every pair is scored, in blocks, and the best K kept.

Equal scores are ordered by node number, so the answer is one definite list.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvae.nn.decoders import Decoder
from graphvae_data.core.errors import InputError

BLOCK_ENTRIES = 1 << 22
"""How many scores are held at once; 16 MB in single precision."""

PART = 16
"""One value in so many is looked at first."""


@dataclass(frozen=True)
class TopPairs:
    """Pairs with their logits, the best first."""

    pairs: Int[Tensor, "2 pair"]
    """First row the source, second the target."""
    logits: Float[Tensor, " pair"]
    """The decoder's logit of each."""

    @property
    def probabilities(self) -> Float[Tensor, " pair"]:
        """σ(logit): the model's own, uncalibrated, probability of an edge."""
        return torch.sigmoid(self.logits.double())

    def best(self, k: int) -> TopPairs:
        """Keep the K best: by logit from high to low, then by source, then by target."""
        order = torch.arange(self.logits.numel())
        for key in (self.pairs[1], self.pairs[0], -self.logits):
            order = order[torch.argsort(key[order], stable=True)]
        return TopPairs(self.pairs[:, order[:k]], self.logits[order[:k]])

    def joined(self, other: TopPairs) -> TopPairs:
        """Put two lists together, unsorted."""
        return TopPairs(
            torch.cat([self.pairs, other.pairs], 1), torch.cat([self.logits, other.logits])
        )


def _nothing() -> TopPairs:
    return TopPairs(torch.empty(2, 0, dtype=torch.int64), torch.empty(0))


def top_pairs(
    z: Float[Tensor, "node latent"],
    decoder: Decoder,
    known: Int[Tensor, "2 edge"],
    k: int,
) -> TopPairs:
    """Return the K most likely pairs of the whole graph that are not `known` edges.

    Pairs u < v where the decoder is symmetric, else ordered pairs u → v.

    Raises:
        InputError: K below 1.
    """
    check_k(k)
    found = _nothing()
    for rows in _row_blocks(z.size(0)):
        columns = torch.arange(z.size(0))
        excluded = columns <= rows[:, None] if decoder.symmetric else columns == rows[:, None]
        found = found.joined(_best_of_rows(z, decoder, known, rows, excluded, k)).best(k)
    return found


def top_partners(
    z: Float[Tensor, "node latent"],
    decoder: Decoder,
    known: Int[Tensor, "2 edge"],
    k: int,
    nodes: Int[Tensor, " wanted"],
) -> TopPairs:
    """Return, node after node, the K most likely new neighbours of each of `nodes`.

    Where the decoder is not symmetric these are targets, and the node the source.

    Raises:
        InputError: K below 1.
    """
    check_k(k)
    found = _nothing()
    for node in nodes:
        itself = torch.arange(z.size(0))[None] == node
        found = found.joined(_best_of_rows(z, decoder, known, node[None], itself, k).best(k))
    return found


def _best_of_rows(
    z: Float[Tensor, "node latent"],
    decoder: Decoder,
    known: Int[Tensor, "2 edge"],
    rows: Int[Tensor, " row"],
    excluded: Bool[Tensor, "row node"],
    k: int,
) -> TopPairs:
    """Return candidates that surely hold the K best of these rows' admissible pairs."""
    with torch.no_grad():
        logits = decoder.block(z[rows.to(z.device)], z).cpu()
    both = torch.cat([known, known.flip(0)], 1) if decoder.symmetric else known
    admissible = ~(excluded | _known_block(both, rows, z.size(0)))
    logits = torch.where(admissible, logits, -torch.inf)
    bar = _kth_largest(logits.flatten(), min(k, logits.numel()))
    row, column = (logits >= bar).nonzero(as_tuple=True)
    kept = admissible[row, column]
    row, column = row[kept], column[kept]
    values = logits[row, column]
    # Only as many of the pairs that tie at the bar as can still be wanted, in node order.
    tied = (values == bar).nonzero().flatten()[: k - int((values > bar).sum())]
    chosen = torch.cat([(values > bar).nonzero().flatten(), tied])
    return TopPairs(torch.stack([rows[row], column])[:, chosen], values[chosen])


def _kth_largest(values: Float[Tensor, " value"], k: int) -> Float[Tensor, ""]:
    """Return the K-th largest value, as `topk` does, which is slow on millions of values.

    K of a part of the values lie at or above the part's own K-th, so the rest can be left out.
    """
    part = values[::PART]
    if len(part) > k:
        values = values[values >= part.topk(k).values[-1]]
    return values.topk(k).values[-1]


def _known_block(
    known: Int[Tensor, "2 edge"], rows: Int[Tensor, " row"], num_nodes: int
) -> Bool[Tensor, "row node"]:
    """Mark the known edges u → v among some rows of the adjacency."""
    places = torch.full((num_nodes,), -1)
    places[rows] = torch.arange(len(rows))
    inside = known[:, places[known[0]] >= 0]
    block = torch.zeros(len(rows), num_nodes, dtype=torch.bool)
    block[places[inside[0]], inside[1]] = True
    return block


def _row_blocks(num_nodes: int) -> list[Tensor]:
    return list(torch.arange(num_nodes).split(max(1, BLOCK_ENTRIES // num_nodes)))


def check_k(k: int) -> None:
    """Raise `InputError` unless K is at least 1."""
    if k < 1:
        raise InputError(f"top-k: expected a whole number of at least 1, got {k}")
