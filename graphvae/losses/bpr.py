"""Bayesian personalised ranking: an edge should score above a non-edge of the same source."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.losses.reconstruction import Reconstruction
from graphvae.nn.decoders import PairDecoder, in_training
from graphvae.splits.negative_sampling import NonEdgeSampler
from graphvae_data.machine.workers import ALONE, Workers


class BprPairs(Reconstruction):
    """Mean of −log σ(s_ui − s_uj) over the edges (u, i), with j a random non-neighbour of u.

    Plus λ/2 times the mean of |z_u|² + |z_i|² + |z_j|². The source of an edge is its node of the
    first side in a bipartite graph, such as a user; in other undirected graphs a random end, drawn
    in each step.

    Source: Rendle et al. 2009, "BPR: Bayesian Personalized Ranking from Implicit Feedback"; He et
    al. 2020, "LightGCN", eq. 15, where λ weights the embeddings before propagation.

    Args:
        edges: training edges [2, edge].
        num_nodes: N.
        workers: the processes that share the work.
        directed: whether edges have a direction.
        sides: 0 or 1 for each node of a bipartite graph.
        decay: λ.
        sampler: draws the non-neighbours; by default one that avoids the training edges.
    """

    def __init__(
        self,
        edges: Int[Tensor, "2 edge"],
        num_nodes: int,
        workers: Workers = ALONE,
        *,
        directed: bool = False,
        sides: Int[Tensor, " node"] | None = None,
        decay: float = 0.0,
        sampler: NonEdgeSampler | None = None,
    ) -> None:
        super().__init__(edges, num_nodes, workers)
        self.directed = directed
        self.sides = sides
        self.decay = decay
        self.sampler = sampler or NonEdgeSampler(
            edges, num_nodes, directed=directed, sides=sides, by_source=True
        )

    def __call__(
        self, z: Float[Tensor, "node latent"], decoder: PairDecoder, generator: torch.Generator
    ) -> Float[Tensor, ""]:
        """Return the loss of the edges against newly sampled non-neighbours."""
        source, target = self._oriented(generator)
        other = self.sampler.partners(source, generator)
        count = source.numel()
        part = self.workers.part(count)
        triple = torch.stack([source, target, other])[:, part]
        pairs = torch.cat([triple[[0, 1]], triple[[0, 2]]], 1)
        edge, non_edge = in_training(decoder, generator, self.workers)(z, pairs).chunk(2)
        ranked = F.softplus(non_edge - edge) * (triple[2] != triple[0])
        size = z.index_select(0, triple.flatten()).square().sum()
        loss: Float[Tensor, ""] = (ranked.sum() + self.decay / 2 * size) / count
        return loss

    def on(self, edges: Int[Tensor, "2 edge"]) -> BprPairs:
        """Return the same loss for a subset of the edges; non-neighbours still avoid all edges."""
        return BprPairs(
            edges,
            self.num_nodes,
            self.workers,
            directed=self.directed,
            sides=self.sides,
            decay=self.decay,
            sampler=self.sampler,
        )

    def _oriented(self, generator: torch.Generator) -> Int[Tensor, "2 edge"]:
        """Return the edges with their sources first."""
        if self.directed:
            return self.edges
        if self.sides is not None:
            forward = self.sides[self.edges[0]] == 0
        else:
            count, device = self.edges.size(1), self.edges.device
            forward = torch.rand(count, generator=generator, device=device) < 0.5
        return torch.where(forward, self.edges, self.edges.flip(0))
