"""Decoders: from node states and pairs of nodes to the *logit* of an edge.

Decoders do not apply the sigmoid: losses take logits, so that gradients do not vanish where σ
saturates.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from graphvae.graph.pair_products import pair_products
from graphvae.graph.propagation import MessageGraph
from graphvae.nn.dropout import drop
from graphvae_data.machine.workers import ALONE, Workers


@runtime_checkable
class PairDecoder(Protocol):
    """Protocol of a decoder, which scores pairs of nodes."""

    @property
    def symmetric(self) -> bool:
        """Whether (u, v) and (v, u) always get the same logit."""
        ...

    def __call__(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
    ) -> Float[Tensor, " pair"]:
        """Return one logit per pair."""
        ...


@runtime_checkable
class BlockDecoder(Protocol):
    """A decoder that is faster on whole rows than pair by pair."""

    def block(
        self, z_rows: Float[Tensor, "row latent"], z_columns: Float[Tensor, "column latent"]
    ) -> Float[Tensor, "row column"]:
        """Return the logits of every row node with every column node."""
        ...


@runtime_checkable
class RowDecoder(Protocol):
    """A decoder that is faster on whole rows, and needs the indices of their source nodes."""

    def rows(
        self, z: Float[Tensor, "node latent"], sources: Int[Tensor, " source"]
    ) -> Float[Tensor, "source node"]:
        """Return the logits of each source with every node."""
        ...


@runtime_checkable
class GraphDecoder(Protocol):
    """A decoder that also uses the message graph, such as the neighbours of both nodes."""

    def on(self, graph: MessageGraph) -> PairDecoder:
        """Return the decoder for a message graph."""
        ...


@runtime_checkable
class PreparedDecoder(Protocol):
    """A decoder that can precompute what it needs from the graph for a set of pairs."""

    def prepared(self, pairs: Int[Tensor, "2 pair"]) -> Callable[[Tensor], Tensor]:
        """Return the function from codes to the logits of these pairs."""
        ...


@runtime_checkable
class StackedDecoder(Protocol):
    """A decoder on codes that another loss trains: its own gradient does not reach the codes."""

    def code_logits(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
    ) -> Float[Tensor, " pair"]:
        """Return the logits of the codes alone, trained on edges and uniform non-edges."""
        ...


def on_graph(decoder: PairDecoder | GraphDecoder, graph: MessageGraph) -> PairDecoder:
    """Return the decoder for a message graph; most decoders use the codes alone."""
    return decoder.on(graph) if isinstance(decoder, GraphDecoder) else decoder


def decode_rows(
    decoder: PairDecoder,
    z: Float[Tensor, "node latent"],
    sources: Int[Tensor, " source"],
    start: int = 0,
) -> Float[Tensor, "source target"]:
    """Return the logits of each source with every node from number `start` on."""
    sources = sources.to(z.device)
    if isinstance(decoder, RowDecoder):
        return decoder.rows(z, sources)[:, start:]
    if isinstance(decoder, BlockDecoder):
        return decoder.block(z[sources], z[start:])
    targets = torch.arange(start, len(z), device=z.device)
    return decoder(z, torch.cartesian_prod(sources, targets).T).view(len(sources), len(targets))


def prepared(decoder: PairDecoder, pairs: Int[Tensor, "2 pair"]) -> Callable[[Tensor], Tensor]:
    """Return the function from codes to the logits of pairs that are decoded many times.

    What depends on the graph alone is computed once.
    """
    if isinstance(decoder, PreparedDecoder):
        return decoder.prepared(pairs)
    return partial(_decode, decoder, pairs)


def _decode(
    decoder: PairDecoder, pairs: Int[Tensor, "2 pair"], z: Float[Tensor, "node latent"]
) -> Float[Tensor, " pair"]:
    return decoder(z, pairs)


def inner_product(
    z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
) -> Float[Tensor, " pair"]:
    """Return z_uᵀ z_v for each pair (u, v).

    >>> import torch
    >>> inner_product(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[0], [1]]))
    tensor([11.])
    """
    return pair_products(z, z, pairs)


class InnerProduct(nn.Module):
    """logit p(A_uv = 1 | Z) = z_uᵀ z_v (Kipf & Welling 2016, §2)."""

    symmetric = True

    def forward(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
    ) -> Float[Tensor, " pair"]:
        """Return one logit per pair."""
        return inner_product(z, pairs)

    def block(
        self, z_rows: Float[Tensor, "row latent"], z_columns: Float[Tensor, "column latent"]
    ) -> Float[Tensor, "row column"]:
        """Return the logits of every row node with every column node."""
        return z_rows @ z_columns.T


class SourceTarget(nn.Module):
    """logit p(A_uv = 1 | Z) = s_uᵀ t_v, where z = [s, t]: u → v and v → u differ.

    The first half of an embedding represents a node as the source of an edge, the second half as
    the target. Source: Salha et al. 2019, "Gravity-Inspired Graph Autoencoders for Directed Link
    Prediction", §3.4 ("source/target" GAE and VGAE), after Ou et al. 2016 (HOPE).

    >>> import torch
    >>> z = torch.tensor([[1.0, 5.0], [2.0, 7.0]])
    >>> SourceTarget()(z, torch.tensor([[0, 1], [1, 0]]))
    tensor([ 7., 10.])
    """

    symmetric = False

    def forward(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
    ) -> Float[Tensor, " pair"]:
        """Return one logit per ordered pair."""
        source, target = z.chunk(2, -1)
        return pair_products(source, target, pairs)

    def block(
        self, z_rows: Float[Tensor, "row latent"], z_columns: Float[Tensor, "column latent"]
    ) -> Float[Tensor, "row column"]:
        """Return the logits of every row node, as source, with every column node, as target."""
        return z_rows.chunk(2, -1)[0] @ z_columns.chunk(2, -1)[1].T


class SignedProduct(nn.Module):
    """logit p(A_uv = 1 | Z) = Σ_i ± z_ui z_vi + b, with − for the last `repelling` coordinates.

    A positive semi-definite product joins similar nodes; with coordinates that repel it can also
    join unlike nodes, and keep similar ones apart. Source: Peysakhovich & Bottou 2021, "An
    Attract-Repel Decomposition of Undirected Networks". The bias b makes sparse graphs likely at
    z = 0, where σ(0) would be ½.

    Args:
        latent: width of the embedding.
        repelling: number of coordinates that repel.

    >>> z = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> SignedProduct(2, repelling=1)(z, torch.tensor([[0], [1]]))
    tensor([-5.], grad_fn=<AddBackward0>)
    """

    symmetric = True

    def __init__(self, latent: int, *, repelling: int) -> None:
        super().__init__()
        sign = torch.ones(latent)
        sign[latent - repelling :] = -1
        self.register_buffer("sign", sign, persistent=False)
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
    ) -> Float[Tensor, " pair"]:
        """Return one logit per pair."""
        return pair_products(z * self.get_buffer("sign"), z, pairs) + self.bias

    def block(
        self, z_rows: Float[Tensor, "row latent"], z_columns: Float[Tensor, "column latent"]
    ) -> Float[Tensor, "row column"]:
        """Return the logits of every row node with every column node."""
        return (z_rows * self.get_buffer("sign")) @ z_columns.T + self.bias


class HadamardMLP(nn.Module):
    """logit p(A_uv = 1 | Z) = z_uᵀ z_v + w₂ᵀ ReLU(W₁ᵀ (z_u ⊙ z_v) + b₁).

    The inner product weights all coordinates equally; the MLP can learn other weights, and its
    initial output is small. Source: Ma et al. 2024, "Reconsidering the Performance of GAE in Link
    Prediction", for the MLP of the Hadamard product.

    Args:
        latent: width of the embedding.
        generator: initialises the weights (on the CPU).
        hidden: width of the hidden layer.

    >>> decoder = HadamardMLP(2, torch.Generator().manual_seed(0))
    >>> z, pairs = torch.randn(5, 2), torch.tensor([[0, 1], [3, 4]])
    >>> bool((decoder(z, pairs) == decoder(z, pairs.flip(0))).all())
    True
    """

    symmetric = True

    def __init__(self, latent: int, generator: torch.Generator, *, hidden: int = 32) -> None:
        super().__init__()
        self.first = nn.Parameter(torch.empty(latent, hidden))
        self.bias = nn.Parameter(torch.zeros(hidden))
        self.second = nn.Parameter(torch.empty(hidden, 1))
        for weight in (self.first, self.second):
            nn.init.xavier_uniform_(weight, generator=generator)

    def forward(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
    ) -> Float[Tensor, " pair"]:
        """Return one logit per pair."""
        product = z.index_select(0, pairs[0]) * z.index_select(0, pairs[1])
        return product.sum(-1) + self._network(product @ self.first)

    def block(
        self, z_rows: Float[Tensor, "row latent"], z_columns: Float[Tensor, "column latent"]
    ) -> Float[Tensor, "row column"]:
        """Return the logits of every row node with every column node, row by row."""
        rows = [self._network(z_columns @ (row[:, None] * self.first)) for row in z_rows]
        return z_rows @ z_columns.T + torch.stack(rows)

    def _network(self, product: Float[Tensor, "pair hidden"]) -> Float[Tensor, " pair"]:
        return ((product + self.bias).relu() @ self.second).squeeze(-1)


class ResidualMLP(nn.Module):
    """logit p(A_uv = 1 | Z) = wᵀ x_L + c, x_l = ReLU(W_l x_{l−1} + b_l + x_0), x_0 = z_u ⊙ z_v.

    Each of the L layers sees the product x_0 again. Source: Ma et al. 2024, "Reconsidering the
    Performance of GAE in Link Prediction"; L counts the layers before the last, linear one.

    Args:
        latent: width of the embedding and of every layer.
        generator: initialises the weights (on the CPU).
        layers: L.
        dropout: dropout rate of each layer's outputs in training steps (see `noisy`).
    """

    symmetric = True

    def __init__(
        self, latent: int, generator: torch.Generator, *, layers: int = 1, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.empty(layers, latent, latent))
        self.biases = nn.Parameter(torch.zeros(layers, latent))
        self.last = nn.Parameter(torch.empty(latent, 1))
        self.bias = nn.Parameter(torch.zeros(1))
        self.dropout = dropout
        for weight in (*self.weights.detach(), self.last):
            nn.init.xavier_uniform_(weight, generator=generator)

    def forward(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
    ) -> Float[Tensor, " pair"]:
        """Return one logit per pair, computed in chunks of pairs."""
        logits = [
            self._network(z.index_select(0, u) * z.index_select(0, v), None)
            for u, v in pairs.split(CHUNK, 1)
        ]
        return torch.cat(logits)

    def noisy(self, generator: torch.Generator) -> Callable[[Tensor, Tensor], Tensor]:
        """Return the decoder with dropout drawn from `generator`, for training steps."""

        def decode(z: Tensor, pairs: Tensor) -> Tensor:
            product = z.index_select(0, pairs[0]) * z.index_select(0, pairs[1])
            return self._network(product, generator)

        return decode

    def block(
        self, z_rows: Float[Tensor, "row latent"], z_columns: Float[Tensor, "column latent"]
    ) -> Float[Tensor, "row column"]:
        """Return the logits of every row node with every column node, row by row."""
        return torch.stack([self._network(z_columns * row, None) for row in z_rows])

    def _network(
        self, product: Float[Tensor, "pair latent"], generator: torch.Generator | None
    ) -> Float[Tensor, " pair"]:
        """Return logits from products; without a generator there is no dropout."""
        x = product
        for weight, bias in zip(self.weights, self.biases, strict=True):
            x = (torch.addmm(bias, x, weight) + product).relu()
            if generator is not None and self.dropout > 0:
                x = drop(x, self.dropout, generator)
        return (x @ self.last + self.bias).squeeze(-1)


def in_training(
    decoder: PairDecoder, generator: torch.Generator, workers: Workers = ALONE
) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the decoder for a training step, with dropout if it has any.

    A decoder with `dropout`, or whose `steps_differ` is true, has a method `noisy`.

    Workers decode different pairs, so each draws its dropout from its own generator.
    """
    if not getattr(decoder, "dropout", 0) and not getattr(decoder, "steps_differ", False):
        return decoder
    noisy: Callable[[torch.Generator], Callable[[Tensor, Tensor], Tensor]]
    noisy = getattr(decoder, "noisy")  # noqa: B009  # a decoder with dropout has it
    return noisy(workers.own_generator(generator))


CHUNK = 1 << 14
"""Number of pairs that `ResidualMLP` scores at once outside training."""
