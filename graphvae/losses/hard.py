"""Edges against a mixture of hard and uniform non-edges.

A model that is evaluated against hard negatives has to distinguish an edge from pairs that resemble
one, and from the many that do not. A hard non-edge keeps one end of an edge and replaces the other
by one of the kept end's hardest partners (`graphvae.baselines.hard_partners`). These are chosen
once, from training edges only, so validation and test edges may be among them, as among uniform
non-edges.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.baselines.hard_partners import HardPartners
from graphvae.losses.reconstruction import Reconstruction
from graphvae.losses.sampled import sampled_cross_entropy
from graphvae.nn.decoders import PairDecoder, StackedDecoder, in_training
from graphvae.splits.negative_sampling import NonEdgeSampler
from graphvae_data.machine.workers import ALONE, Workers


class HardNonEdges:
    """Draws non-edges, a share of them hard.

    Args:
        edges: training edges [2, edge].
        num_nodes: N.
        share: share of hard ones.
        candidates: hardest partners of a node to draw from.
        features: node features, for the similarity of partners.
        sides: 0 or 1 for each node of a bipartite graph.
    """

    def __init__(
        self,
        edges: Int[Tensor, "2 edge"],
        num_nodes: int,
        *,
        share: float,
        candidates: int,
        features: Tensor | None = None,
        sides: Int[Tensor, " node"] | None = None,
    ) -> None:
        self.edges, self.num_nodes = edges, num_nodes
        self.share, self.candidates = share, candidates
        self.features = features
        self.uniform = NonEdgeSampler(edges, num_nodes, sides=sides)
        self._sides = None if sides is None else sides.cpu()

    @cached_property
    def partners(self) -> Int[Tensor, "node candidate"]:
        """The hardest partners of each node, padded with −1; on the edges' device."""
        edges = self.edges.cpu()
        hard = HardPartners(edges, edges, self.num_nodes, self.features, self._sides)
        every = np.arange(self.num_nodes)
        chosen, _ = hard.of(every, self.candidates, torch.Generator().manual_seed(0))
        return torch.from_numpy(chosen).to(self.edges.device)

    def hard(self, total: int) -> int:
        """Return how many of `total` non-edges of a step are hard: the first ones drawn."""
        return round(self.share * total)

    def draw(
        self, targets: Int[Tensor, "2 target"], count: int, generator: torch.Generator
    ) -> Int[Tensor, "2 drawn"]:
        """Draw `count` non-edges for each target edge.

        A node without enough partners gets uniform non-edges instead.
        """
        uniform = self.uniform.sample(count * targets.size(1), generator)
        total = self.hard(uniform.size(1))
        if not total:
            return uniform
        edges = targets.repeat(1, math.ceil(total / targets.size(1)))[:, :total]
        device = edges.device
        end = torch.randint(2, (1, total), generator=generator, device=device)
        column = torch.randint(self.candidates, (total,), generator=generator, device=device)
        kept = edges.gather(0, end).squeeze(0)
        other = self.partners[kept, column]
        drawn = torch.where(other >= 0, torch.stack([kept, other]), uniform[:, :total])
        return torch.cat([drawn, uniform[:, total:]], 1)


class HardPairs(Reconstruction):
    """Mean cross-entropy over the edges plus that over hard and uniform non-edges.

    The codes of a stacked decoder (`StackedDecoder`) have a separate loss: edges against the
    uniform non-edges.

    Args:
        edges: edges that the step predicts [2, edge].
        num_nodes: N.
        workers: the processes that share the work.
        non_edges: draws the non-edges.
        negatives: non-edges per edge.
    """

    def __init__(
        self,
        edges: Int[Tensor, "2 edge"],
        num_nodes: int,
        workers: Workers = ALONE,
        *,
        non_edges: HardNonEdges,
        negatives: int,
    ) -> None:
        super().__init__(edges, num_nodes, workers)
        self.non_edges = non_edges
        self.negatives = negatives

    def __call__(
        self, z: Float[Tensor, "node latent"], decoder: PairDecoder, generator: torch.Generator
    ) -> Float[Tensor, ""]:
        """Return the loss of the edges and newly drawn non-edges."""
        drawn = self.non_edges.draw(self.edges, self.negatives, generator)
        own, others = (self.workers.part(each.size(1)) for each in (self.edges, drawn))
        pairs = torch.cat([self.edges[:, own], drawn[:, others]], 1)
        logits = in_training(decoder, generator, self.workers)(z, pairs)
        edge_logits, other_logits = logits.tensor_split([own.stop - own.start])
        loss = sampled_cross_entropy(edge_logits, other_logits, self.edges.size(1), drawn.size(1))
        if isinstance(decoder, StackedDecoder):
            return loss + self._of_the_codes(z, decoder, drawn)
        return loss

    def _of_the_codes(
        self,
        z: Float[Tensor, "node latent"],
        decoder: StackedDecoder,
        drawn: Int[Tensor, "2 drawn"],
    ) -> Float[Tensor, ""]:
        """Return the cross-entropy of the codes' own logits, with uniform non-edges alone."""
        edges = self.edges
        uniform = drawn[:, self.non_edges.hard(drawn.size(1)) :]
        if not uniform.size(1):
            uniform = drawn
        own, others = (self.workers.part(each.size(1)) for each in (edges, uniform))
        logits = decoder.code_logits(z, torch.cat([edges[:, own], uniform[:, others]], 1))
        of_edges, of_others = logits.tensor_split([own.stop - own.start])
        return sampled_cross_entropy(of_edges, of_others, edges.size(1), uniform.size(1))

    def on(self, edges: Int[Tensor, "2 edge"]) -> HardPairs:
        """Return the same loss for a subset of the edges; non-edges still avoid all edges."""
        return HardPairs(
            edges,
            self.num_nodes,
            self.workers,
            non_edges=self.non_edges,
            negatives=self.negatives,
        )
