"""Encoders: from features and adjacency to a state for every node.

Notation: X [node, feature], Ã the normalised adjacency, W weights. An encoder is any module with
`forward(graph, generator) -> [node, output]`; the generator feeds dropout while training.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from graphvae.graph.propagation import MessageGraph
from graphvae.graph.sparse import SparseMatrix

States = Float[Tensor, "node state"]


class Linear(nn.Module):
    """X W without bias, where X may be sparse or the identity.

    `blocks` matrices stand side by side in W, each with Glorot's initialisation of its own, so
    that two heads cost one product (Glorot & Bengio 2010, eq. 16).
    """

    def __init__(
        self, inputs: int, outputs: int, *, blocks: int = 1, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, blocks * outputs))
        for block in self.weight.detach().split(outputs, 1):
            nn.init.xavier_uniform_(block, generator=generator)

    def forward(self, x: SparseMatrix | Tensor | None) -> States:
        """Return X W; `None` stands for the identity, whose product is W itself."""
        return self.weight if x is None else x @ self.weight


class FeatureNetwork(nn.Module):
    """An encoder whose first weights multiply the features, or are an embedding of the nodes."""

    def node_weights(self) -> list[Tensor]:
        """Return those weights [node, width], one matrix for each head."""
        raise NotImplementedError


class GCN(FeatureNetwork):
    """Two graph convolutions: GCN(X, A) = Ã ReLU(Ã X W₀) W₁.

    Source: Kipf & Welling 2016, "Variational Graph Auto-Encoders", §2. With `heads=2`, W₁ is
    [W_μ, W_σ]: both heads share the first layer.

    Args:
        inputs: D, features per node (N for a graph without features).
        hidden: width of the shared first layer.
        outputs: width of each head.
        heads: how many heads stand side by side in the output.
        dropout: share of the inputs of each layer set to zero while training.
        generator: initialises the weights (on the CPU).
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        outputs: int,
        *,
        heads: int = 1,
        dropout: float = 0.0,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.first = Linear(inputs, hidden, generator=generator)
        self.second = Linear(hidden, outputs, blocks=heads, generator=generator)
        self.dropout = dropout

    def forward(self, graph: MessageGraph, generator: torch.Generator) -> States:
        """Return node states [node, heads · outputs]."""
        rate = self.dropout if self.training else 0.0
        hidden = self.first_layer(graph, rate, generator).relu()
        return self.propagate(graph, self.second(_dropout_dense(hidden, rate, generator)))

    def node_weights(self) -> list[Tensor]:
        """Return the weights that are an embedding of the nodes where there are no features."""
        return [self.first.weight.detach()]

    def first_layer(self, graph: MessageGraph, rate: float, generator: torch.Generator) -> States:
        """Return Ã X W₀ with dropout on X."""
        return self.propagate(graph, _project(self.first, graph, rate, generator))

    def propagate(self, graph: MessageGraph, states: States) -> States:
        """Return Ã H."""
        return graph.adjacency @ states


class LinearGCN(FeatureNetwork):
    """One linear hop: Z = Ã X W.

    Source: Salha et al. 2020, "Simple and Effective Graph Autoencoders with One-Hop Linear
    Models", §3. With `heads=2`, W is [W_μ, W_σ].

    Args:
        inputs: D, features per node (N for a graph without features).
        outputs: width of each head.
        heads: how many heads stand side by side in the output.
        dropout: share of the features set to zero while training.
        generator: initialises the weights (on the CPU).
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        heads: int = 1,
        dropout: float = 0.0,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.linear = Linear(inputs, outputs, blocks=heads, generator=generator)
        self.heads = heads
        self.dropout = dropout

    def forward(self, graph: MessageGraph, generator: torch.Generator) -> States:
        """Return node states [node, heads · outputs]."""
        projected = self.project(graph, generator)
        return projected if graph.propagated else graph.adjacency @ projected

    def node_weights(self) -> list[Tensor]:
        """Return the weights that are an embedding of the nodes without features, head by head."""
        weight = self.linear.weight.detach()
        return list(weight.split(weight.size(1) // self.heads, 1))

    def project(self, graph: MessageGraph, generator: torch.Generator) -> States:
        """Return X W with dropout on X."""
        rate = self.dropout if self.training else 0.0
        return _project(self.linear, graph, rate, generator)


class NormalisedGCN(LinearGCN):
    """States of one length, then hops: Z = Ã^K (s · x_i W / |x_i W|).

    A node without neighbours keeps the length s instead of shrinking to nothing. With `heads=2`
    the second head, log σ, is a plain Ã X W_σ. Source: Ahn & Kim 2021, "Variational Graph
    Normalized AutoEncoders", §3; s = 1.8 and K = 1 are those of their code (which has a bias in
    X W that the formula has not, and trains the variational form without its KL term, which is
    kept here). The length of a row of X takes no part in the first head.
    """

    scale = 1.8
    hops = 1

    def forward(self, graph: MessageGraph, generator: torch.Generator) -> States:
        """Return node states [node, heads · outputs]."""
        first, *others = self.project(graph, generator).chunk(self.heads, -1)
        states = self.scale * F.normalize(first, dim=-1)
        for _ in range(self.hops - 1):
            states = graph.adjacency @ states
        return graph.adjacency @ torch.cat([states, *others], -1)


class NormalisedMean(LinearGCN):
    """States of one length, averaged over hops: Z = 1/(K+1) Σ_k Ã^k H, h_i = s x_i W / |x_i W|.

    The sum begins at k = 0, with the node itself: what two nodes share in their features is told
    apart from what their neighbours share. Source: Zhu & Koniusz 2021, "Simple Spectral Graph
    Convolution", with α = 0 and the node itself in the sum, on states as in `NormalisedGCN`; K = 2
    and s = 3 were chosen by validation on Cora and Citeseer.
    """

    scale = 3.0
    hops = 2

    def forward(self, graph: MessageGraph, generator: torch.Generator) -> States:
        """Return node states [node, heads · outputs]."""
        heads = self.project(graph, generator).unflatten(-1, (self.heads, -1))
        states = self.scale * F.normalize(heads, dim=-1).flatten(1)
        total = states
        for _ in range(self.hops):
            states = graph.adjacency @ states
            total = total + states
        return total / (self.hops + 1)


class MLP(GCN):
    """The same two layers without a graph, ReLU(X W₀) W₁: what features alone can tell."""

    def propagate(self, graph: MessageGraph, states: States) -> States:
        """Return H: no messages pass."""
        return states


def _project(
    linear: Linear, graph: MessageGraph, rate: float, generator: torch.Generator
) -> States:
    """Return X W with dropout on X; dropping entries of the identity drops rows of W."""
    if graph.features is None:
        return _drop_rows(linear(None), rate, generator)
    product: Tensor = linear(dropout(graph.features, rate, generator))
    return product


def dropout(
    x: SparseMatrix | Tensor, rate: float, generator: torch.Generator
) -> SparseMatrix | Tensor:
    """Zero a share of the entries and scale the others by 1 / (1 − rate)."""
    if rate == 0:
        return x
    if isinstance(x, SparseMatrix):
        return x.with_values(_dropout_dense(x.values, rate, generator))
    return _dropout_dense(x, rate, generator)


def _dropout_dense(x: Tensor, rate: float, generator: torch.Generator) -> Tensor:
    return x if rate == 0 else x * _keep(x.shape, x, rate, generator)


def _drop_rows(x: Tensor, rate: float, generator: torch.Generator) -> Tensor:
    return x if rate == 0 else x * _keep(torch.Size([x.size(0), 1]), x, rate, generator)


def _keep(shape: torch.Size, like: Tensor, rate: float, generator: torch.Generator) -> Tensor:
    return like.new_empty(shape).bernoulli_(1 - rate, generator=generator) / (1 - rate)
