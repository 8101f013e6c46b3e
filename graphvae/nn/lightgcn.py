"""LightGCN: learnable node embeddings, averaged over linear hops without self-loops.

Notation: E [node, width] the embeddings, free parameters; A the adjacency, D its degrees,
Â = D^-½ A D^-½; K hops. The message graph has Ã = D̃^-½ (A + I) D̃^-½, D̃ = D + 1, whose diagonal is
d = 1 / D̃; so with r = (1 − d)^-½ = (D̃ / D)^½, Â H = r ∘ (Ã (r ∘ H) − d ∘ r ∘ H).
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvae.graph.propagation import MessageGraph
from graphvae.nn.encoders import States

INITIAL_STD = 0.1
"""Standard deviation of the initial embeddings, as in the authors' code."""


class LightGCN(nn.Module):
    """Z = (1 / (K + 1)) Σ_k Â^k E, k = 0 … K; features are not used.

    Source: He et al. 2020, "LightGCN: Simplifying and Powering Graph Convolution Network for
    Recommendation" (arXiv:2002.02126), §3.1, with α_k = 1 / (K + 1).

    Args:
        num_nodes: N, rows of E.
        outputs: width of E.
        hops: K.
        generator: initialises E (on the CPU).
    """

    def __init__(
        self, num_nodes: int, outputs: int, *, hops: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.empty(num_nodes, outputs))
        nn.init.normal_(self.embedding, std=INITIAL_STD, generator=generator)
        self.hops = hops

    def forward(self, graph: MessageGraph, generator: torch.Generator) -> States:
        """Return node states [node, outputs]."""
        loop = graph.loops[:, None]
        ratio = torch.where(loop < 1, (1 - loop).clamp(min=0).rsqrt(), 0.0)
        states: Tensor = self.embedding
        total = states
        for _ in range(self.hops):
            scaled = ratio * states
            states = ratio * (graph.adjacency @ scaled - loop * scaled)
            total = total + states
        mean: Float[Tensor, "node output"] = total / (self.hops + 1)
        return mean
