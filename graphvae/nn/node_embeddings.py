"""Learnable node embeddings with linear propagation.

Notation: E [node, width] the embeddings, free parameters with orthogonal initialisation; X the
features; Ã the normalised adjacency; K hops; r the weight of the residual. Source: Ma et al. 2024,
"Reconsidering the Performance of GAE in Link Prediction" (arXiv:2411.03845).
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvae.graph.propagation import MessageGraph
from graphvae.nn.encoders import Linear, States, dropout, dropout_dense
from graphvae.nn.orthogonal import fill_orthogonal


class NodeEmbedding(nn.Module):
    """H_k = Ã H_{k−1} + r H_0, Z = H_K; no weights and no activation between the hops.

    Without features H_0 = E, and with features H_0 = X W_x + E W_e. As H_0 is free, hops need no
    weights (the authors' code has some for graphs without features). With K hops, Z = Ã^K H_0 + r
    Σ_{k<K} Ã^k H_0.

    Args:
        inputs: D, features per node; 0 without features.
        hidden: width of E if there are features; without features E is as wide as the output.
        outputs: width of each head.
        num_nodes: N, rows of E.
        heads: number of heads, concatenated in the output.
        hops: K.
        residual: r.
        dropout: dropout rate of the features; E has no dropout.
        state_dropout: dropout rate of Z.
        generator: initialises the weights (on the CPU).
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        outputs: int,
        *,
        num_nodes: int,
        heads: int = 1,
        hops: int = 2,
        residual: float = 0.1,
        dropout: float = 0.0,
        state_dropout: float = 0.0,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        width = hidden if inputs else heads * outputs
        self.embedding = nn.Parameter(torch.empty(num_nodes, width))
        fill_orthogonal(self.embedding.detach(), generator)
        self.of_features = self.of_embedding = None
        if inputs:
            self.of_features = Linear(inputs, outputs, blocks=heads, generator=generator)
            self.of_embedding = Linear(width, outputs, blocks=heads, generator=generator)
        self.hops, self.residual = hops, residual
        self.dropout, self.state_dropout = dropout, state_dropout

    def forward(self, graph: MessageGraph, generator: torch.Generator) -> States:
        """Return node states [node, heads · outputs]."""
        start = self.start(graph, generator)
        states = start
        for _ in range(self.hops):
            states = torch.add(graph.adjacency @ states, start, alpha=self.residual)
        return dropout_dense(states, self.state_dropout if self.training else 0.0, generator)

    def start(
        self, graph: MessageGraph, generator: torch.Generator
    ) -> Float[Tensor, "node output"]:
        """Return H_0, with dropout on X."""
        if self.of_features is None or self.of_embedding is None:
            return self.embedding
        assert graph.features is not None, "expected a graph with features"
        features = dropout(graph.features, self.dropout if self.training else 0.0, generator)
        states: Tensor = self.of_features(features) + self.of_embedding(self.embedding)
        return states
