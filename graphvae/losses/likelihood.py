"""The log-likelihood of a graph, the reconstruction term of the ELBO."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.losses.all_pairs import all_pairs_softplus, softplus_across
from graphvae.losses.reconstruction import Reconstruction, edge_and_loop_logits
from graphvae.nn.decoders import PairDecoder
from graphvae_data.machine.workers import ALONE, Workers


class PairLikelihood(Reconstruction):
    """−log p(A | Z) over all unordered pairs, with an inner product.

    In a bipartite graph these are the pairs of nodes of different sides.

    The objective divides this term and Σ_i KL_i by N, so that the learning rate need not depend on
    the size of the graph. Source: Kipf & Welling 2016, §2.
    """

    def __init__(
        self,
        edges: Int[Tensor, "2 edge"],
        num_nodes: int,
        workers: Workers = ALONE,
        *,
        sides: Int[Tensor, " node"] | None = None,
    ) -> None:
        super().__init__(edges, num_nodes, workers)
        self.sides = sides

    @property
    def divisor(self) -> int:
        """N."""
        return self.num_nodes

    @property
    def kl_divisor(self) -> int:
        """1, as the mean over the nodes is already the sum divided by N."""
        return 1

    def __call__(
        self, z: Float[Tensor, "node latent"], decoder: PairDecoder, generator: torch.Generator
    ) -> Float[Tensor, ""]:
        """Return −log p(A | Z), in nats for the whole graph."""
        if self.sides is None:
            return negative_log_likelihood(z, self.edges, self.workers)
        edge_logits, _ = edge_and_loop_logits(z, self.edges, self.workers)
        return softplus_across(z, self.sides, self.workers) - edge_logits.sum()

    def on(self, edges: Int[Tensor, "2 edge"]) -> PairLikelihood:
        """Return the same loss for a subset of the edges."""
        return PairLikelihood(edges, self.num_nodes, self.workers, sides=self.sides)


def negative_log_likelihood(
    z: Float[Tensor, "node latent"], edges: Int[Tensor, "2 edge"], workers: Workers = ALONE
) -> Float[Tensor, ""]:
    """Return −log p(A | Z) over the N (N − 1) / 2 unordered pairs, in nats for the whole graph.

    Each edge of the undirected graph is counted once, and loops are omitted.
    """
    edge_logits, loop_logits = edge_and_loop_logits(z, edges, workers)
    unordered = (all_pairs_softplus(z, workers) - F.softplus(loop_logits).sum()) / 2
    return unordered - edge_logits.sum()
