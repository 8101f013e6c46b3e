"""The loss of Kipf & Welling's code: weighted cross-entropy over all pairs of nodes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.losses.all_pairs import all_pairs_softplus, softplus_across
from graphvae.losses.fastgae import NodeSampler
from graphvae.losses.reconstruction import Reconstruction, edge_and_loop_logits
from graphvae.nn.decoders import PairDecoder
from graphvae_data.machine.workers import ALONE, Workers


class WeightedPairs(Reconstruction):
    """Weighted cross-entropy over all N² ordered pairs, with an inner product.

    Source: Kipf & Welling 2016, code. Edges have the weight w of `weighted_cross_entropy` and the
    KL term does not, so relative to the edges this is a β-VAE with β = 1 / w.

    Args:
        edges: training edges [2, edge].
        num_nodes: N.
        workers: the processes that share the work.
        nodes: draws the nodes that a step decodes (FastGAE); None decodes all.
        sides: 0 or 1 for each node of a bipartite graph, where only pairs across sides count.
    """

    def __init__(
        self,
        edges: Int[Tensor, "2 edge"],
        num_nodes: int,
        workers: Workers = ALONE,
        *,
        nodes: NodeSampler | None = None,
        sides: Int[Tensor, " node"] | None = None,
    ) -> None:
        super().__init__(edges, num_nodes, workers)
        self.nodes = nodes
        self.sides = sides

    def __call__(
        self, z: Float[Tensor, "node latent"], decoder: PairDecoder, generator: torch.Generator
    ) -> Float[Tensor, ""]:
        """Return the loss of all pairs, or of those among sampled nodes."""
        if self.nodes is None:
            return self._of(z, self.edges, self.sides)
        nodes = self.nodes.draw(generator)
        sides = None if self.sides is None else self.sides[nodes]
        return self._of(z[nodes], self.nodes.inside(nodes), sides)

    def _of(
        self,
        z: Float[Tensor, "node latent"],
        edges: Int[Tensor, "2 edge"],
        sides: Int[Tensor, " node"] | None,
    ) -> Float[Tensor, ""]:
        if sides is None:
            return weighted_cross_entropy(z, edges, self.workers)
        return weighted_cross_entropy_across(z, edges, sides, self.workers)

    def on(self, edges: Int[Tensor, "2 edge"]) -> WeightedPairs:
        """Return the same loss for a subset of the edges."""
        return WeightedPairs(
            edges, self.num_nodes, self.workers, nodes=self.nodes, sides=self.sides
        )


def weighted_cross_entropy(
    z: Float[Tensor, "node latent"], edges: Int[Tensor, "2 edge"], workers: Workers = ALONE
) -> Float[Tensor, ""]:
    """Return the weighted cross-entropy over all N² ordered pairs.

    The ones of A + I have weight w = (N² − |A|) / |A|; the mean over N² is scaled by
    N² / (2 (N² − |A|)).
    """
    num_pairs = z.size(0) ** 2
    ones = 2 * edges.size(1) or z.size(0)  # without edges, the loops
    weight, scale = (num_pairs - ones) / ones, 0.5 / (num_pairs - ones)
    edge_logits, loop_logits = edge_and_loop_logits(z, edges, workers)
    positives = sum(
        (weighted_excess(s, weight) * n).sum() for s, n in ((edge_logits, 2), (loop_logits, 1))
    )
    return scale * (all_pairs_softplus(z, workers) + positives)


def weighted_cross_entropy_across(
    z: Float[Tensor, "node latent"],
    edges: Int[Tensor, "2 edge"],
    sides: Int[Tensor, " node"],
    workers: Workers = ALONE,
) -> Float[Tensor, ""]:
    """Return the weighted cross-entropy over the pairs across the sides of a bipartite graph.

    The same with P = N₁ N₂ pairs in place of N², and without loops: ones have
    weight w = (P − E) / E, and the mean over P is scaled by P / (2 (P − E)).
    """
    second = int((sides == 1).sum())
    num_pairs, ones = second * (len(sides) - second), max(edges.size(1), 1)
    weight, scale = (num_pairs - ones) / ones, 0.5 / max(num_pairs - ones, 1)
    edge_logits, _ = edge_and_loop_logits(z, edges, workers)
    positives = weighted_excess(edge_logits, weight).sum()
    return scale * (softplus_across(z, sides, workers) + positives)


def weighted_excess(logits: Float[Tensor, " pair"], weight: float) -> Float[Tensor, " pair"]:
    """Return the correction of Σ softplus(s) for positives: w softplus(−s) − softplus(s)."""
    return weight * F.softplus(-logits) - F.softplus(logits)
