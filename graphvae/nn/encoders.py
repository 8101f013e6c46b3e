"""Encoders: from features and adjacency to node states.

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

    W concatenates `blocks` matrices, each with its own Glorot initialisation, so that two heads
    need only one product (Glorot & Bengio 2010, eq. 16).
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
    """An encoder whose first layer embeds the nodes if there are no features."""

    def node_weights(self) -> list[Tensor]:
        """Return the first-layer weights [node, width], one matrix for each head."""
        raise NotImplementedError


class GCN(FeatureNetwork):
    """Two graph convolutions: GCN(X, A) = Ã ReLU(Ã X W₀) W₁.

    Source: Kipf & Welling 2016, "Variational Graph Auto-Encoders", §2. With `heads=2`, W₁ is
    [W_μ, W_σ]: both heads share the first layer.

    Args:
        inputs: D, features per node (N for a graph without features).
        hidden: width of the shared first layer.
        outputs: width of each head.
        heads: number of heads, concatenated in the output.
        dropout: dropout rate of the inputs of each layer.
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
        return self.propagate(graph, self.second(dropout_dense(hidden, rate, generator)))

    def node_weights(self) -> list[Tensor]:
        """Return the first-layer weights, the node embeddings of a graph without features."""
        return [self.first.weight.detach()]

    def first_layer(self, graph: MessageGraph, rate: float, generator: torch.Generator) -> States:
        """Return Ã X W₀ with dropout on X."""
        return self.propagate(graph, _project(self.first, graph, rate, generator))

    def propagate(self, graph: MessageGraph, states: States) -> States:
        """Return Ã H."""
        return graph.adjacency @ states


class LinearGCN(FeatureNetwork):
    """One linear hop: Z = Ã X W, or Ã X W + b.

    Source: Salha et al. 2020, "Simple and Effective Graph Autoencoders with One-Hop Linear
    Models", §3. With `heads=2`, W is [W_μ, W_σ].

    Args:
        inputs: D, features per node (N for a graph without features).
        outputs: width of each head.
        heads: number of heads, concatenated in the output.
        dropout: dropout rate of the features.
        bias: add b, zero at the start.
        generator: initialises the weights (on the CPU).
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        heads: int = 1,
        dropout: float = 0.0,
        bias: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.linear = Linear(inputs, outputs, blocks=heads, generator=generator)
        self.heads = heads
        self.dropout = dropout
        self.bias = nn.Parameter(torch.zeros(heads * outputs)) if bias else None

    def forward(self, graph: MessageGraph, generator: torch.Generator) -> States:
        """Return node states [node, heads · outputs]."""
        projected = self.project(graph, generator)
        states = projected if graph.propagated else graph.adjacency @ projected
        return states if self.bias is None else states + self.bias

    def node_weights(self) -> list[Tensor]:
        """Return the weights of each head, the node embeddings of a graph without features."""
        weight = self.linear.weight.detach()
        return list(weight.split(weight.size(1) // self.heads, 1))

    def project(self, graph: MessageGraph, generator: torch.Generator) -> States:
        """Return X W with dropout on X."""
        rate = self.dropout if self.training else 0.0
        return _project(self.linear, graph, rate, generator)


class NormalisedGCN(LinearGCN):
    """Projections scaled to the same norm, then hops: Z = Ã^K (s · x_i W / |x_i W|).

    A node without neighbours keeps the norm s instead of vanishing. With `heads=2` the second head,
    log σ, is Ã X W_σ. Source: Ahn & Kim 2021, "Variational Graph
    Normalized AutoEncoders", §3; s = 1.8 and K = 1 are those of their code (which adds a bias to X
    W, absent from the formula, and trains the variational form without its KL term; here the KL
    term is kept). The first head does not depend on the norms of the rows of X.
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
    """Scaled projections, averaged over hops: Z = 1/(K+1) Σ_k Ã^k H, h_i = s x_i W / |x_i W|.

    The sum starts at k = 0, with the node itself, so that a node's own features are distinguished
    from those of its neighbours. Source: Zhu & Koniusz 2021, "Simple Spectral Graph
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
    """The two layers of `GCN` without propagation, ReLU(X W₀) W₁: a features-only baseline."""

    def propagate(self, graph: MessageGraph, states: States) -> States:
        """Return H unchanged."""
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
        return x.with_values(dropout_dense(x.values, rate, generator))
    return dropout_dense(x, rate, generator)


def dropout_dense(x: Tensor, rate: float, generator: torch.Generator) -> Tensor:
    """As `dropout`, for a dense matrix."""
    return x if rate == 0 else x * _keep(x.shape, x, rate, generator)


def _drop_rows(x: Tensor, rate: float, generator: torch.Generator) -> Tensor:
    return x if rate == 0 else x * _keep(torch.Size([x.size(0), 1]), x, rate, generator)


def _keep(shape: torch.Size, like: Tensor, rate: float, generator: torch.Generator) -> Tensor:
    return like.new_empty(shape).bernoulli_(1 - rate, generator=generator) / (1 - rate)
