"""Cross-entropy of edges and sampled non-edges, for any decoder and for large graphs."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.losses.reconstruction import Reconstruction
from graphvae.nn.decoders import PairDecoder, in_training
from graphvae.splits.negative_sampling import NonEdgeSampler
from graphvae_data.machine.workers import ALONE, Workers


class SampledPairs(Reconstruction):
    """Mean cross-entropy over the edges plus that over sampled non-edges.

    Args:
        edges: training edges [2, edge].
        num_nodes: N.
        workers: the processes that share the work.
        directed: whether edges have a direction.
        negatives: non-edges drawn per edge; both means have the same weight.
        sampler: draws the non-edges; by default one that avoids the training edges.
        sides: 0 or 1 for each node of a bipartite graph, whose non-edges join different sides.
    """

    def __init__(
        self,
        edges: Int[Tensor, "2 edge"],
        num_nodes: int,
        workers: Workers = ALONE,
        *,
        directed: bool = False,
        negatives: int = 1,
        sampler: NonEdgeSampler | None = None,
        sides: Int[Tensor, " node"] | None = None,
    ) -> None:
        super().__init__(edges, num_nodes, workers)
        self.negatives = negatives
        self.sampler = sampler or NonEdgeSampler(edges, num_nodes, directed=directed, sides=sides)

    def __call__(
        self, z: Float[Tensor, "node latent"], decoder: PairDecoder, generator: torch.Generator
    ) -> Float[Tensor, ""]:
        """Return the loss of the edges and newly sampled non-edges."""
        pairs = self.pairs(generator)
        return self.of_pairs(z, in_training(decoder, generator, self.workers), pairs)

    def on(self, edges: Int[Tensor, "2 edge"]) -> SampledPairs:
        """Return the same loss for a subset of the edges; non-edges still avoid all edges."""
        return SampledPairs(
            edges, self.num_nodes, self.workers, negatives=self.negatives, sampler=self.sampler
        )

    def pairs(self, generator: torch.Generator) -> Int[Tensor, "2 pair"]:
        """Return the pairs that a step scores: the edges, then newly sampled non-edges.

        Each worker gets its part of both.
        """
        num_edges = self.edges.size(1)
        count = self.negatives * num_edges
        negatives = self.sampler.sample(count, generator, self.workers.part(count))
        return torch.cat([self.edges[:, self.workers.part(num_edges)], negatives], 1)

    def of_pairs(
        self,
        z: Float[Tensor, "row latent"],
        decode: Callable[[Tensor, Tensor], Tensor],
        pairs: Int[Tensor, "2 pair"],
    ) -> Float[Tensor, ""]:
        """Return the loss of the pairs that `pairs` returned, as indices of rows of z."""
        num_edges = self.edges.size(1)
        own = self.workers.part(num_edges)
        logits = decode(z, pairs)  # one gather instead of two
        edge_logits, negative_logits = logits.tensor_split([own.stop - own.start])
        return sampled_cross_entropy(
            edge_logits, negative_logits, num_edges, self.negatives * num_edges
        )


def sampled_cross_entropy(
    edge_logits: Float[Tensor, " edge"],
    negative_logits: Float[Tensor, " negative"],
    num_edges: int | None = None,
    num_negatives: int | None = None,
) -> Float[Tensor, ""]:
    """Return the mean cross-entropy over the edges plus that over sampled non-edges.

    For a part of the pairs, `num_edges` and `num_negatives` are the totals to divide by.
    """
    edges, negatives = F.softplus(-edge_logits), F.softplus(negative_logits)
    return edges.sum() / (num_edges or edges.numel()) + negatives.sum() / (
        num_negatives or negatives.numel()
    )
