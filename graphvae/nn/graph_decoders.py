"""Decoders that see the message graph around a pair beside the codes of its nodes.

Notation: z_u the code of a node, d_u its degree and Γ(u) its neighbours over the message edges. A
training step with masking hides its target edges from the messages and so from these too. A module
here is bound to a graph by `on`, and then scores pairs as any decoder does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from graphvae.graph.intersections import Common
from graphvae.graph.neighbourhoods import STRUCTURE, Neighbourhoods
from graphvae.graph.propagation import MessageGraph
from graphvae.nn.decoders import HadamardMLP

CHUNK = 1 << 15
"""Pairs that are scored at a time."""


class GraphPairs(nn.Module):
    """Base of the decoders that are bound to a message graph.

    `around` computes what depends on the graph alone, and `forward` the logits.
    """

    def on(self, graph: MessageGraph) -> OnGraph:
        """Return the decoder for a message graph."""
        return OnGraph(self, Neighbourhoods(graph))

    def around(
        self, neighbourhoods: Neighbourhoods, pairs: Int[Tensor, "2 pair"]
    ) -> Tensor | Common:
        """Return what the decoder needs of the graph to score some pairs."""
        raise NotImplementedError

    def product_codes(self, z: Float[Tensor, "node latent"]) -> Float[Tensor, "node part"]:
        """Return the codes that the likelihood of the whole graph trains: all by default."""
        return z


@dataclass(frozen=True)
class OnGraph:
    """A decoder bound to a message graph; pairs are scored in chunks."""

    decoder: GraphPairs
    """The module."""
    neighbourhoods: Neighbourhoods
    """The graph."""
    symmetric: bool = True
    """Whether (u, v) and (v, u) always get the same logit."""

    def __call__(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
    ) -> Float[Tensor, " pair"]:
        """Return one logit per pair."""
        chunks = pairs.split(CHUNK, 1)
        return torch.cat([self.decoder(z, chunk, self._around(chunk)) for chunk in chunks])

    def prepared(self, pairs: Int[Tensor, "2 pair"]) -> Callable[[Tensor], Tensor]:
        """Return the function from codes to the logits of these pairs."""
        chunks = [(chunk, self._around(chunk)) for chunk in pairs.split(CHUNK, 1)]
        return lambda z: torch.cat([self.decoder(z, *chunk) for chunk in chunks])

    def product_codes(self, z: Float[Tensor, "node latent"]) -> Float[Tensor, "node part"]:
        """Return the codes that the likelihood of the whole graph trains."""
        return self.decoder.product_codes(z)

    def _around(self, pairs: Int[Tensor, "2 pair"]) -> Tensor | Common:
        return self.decoder.around(self.neighbourhoods, pairs)


class CommonNeighbours(GraphPairs):
    """logit = wᵀ ReLU(W₁ᵀ (z_u ⊙ z_v) + W₂ᵀ Σ_{w ∈ Γ(u) ∩ Γ(v)} z_w + b) + c.

    Source: Wang et al. 2024 (ICLR), "Neural Common Neighbor with Completion for Link Prediction",
    eq. 8, whose network takes both vectors side by side.

    Args:
        latent: width of the embedding.
        hidden: width of the hidden layer.
        generator: initialises the weights (on the CPU).
    """

    def __init__(self, latent: int, hidden: int, generator: torch.Generator) -> None:
        super().__init__()
        self.first = nn.Parameter(torch.empty(latent, hidden))
        self.common = nn.Parameter(torch.empty(latent, hidden))
        self.bias = nn.Parameter(torch.zeros(hidden))
        self.last = nn.Parameter(torch.empty(hidden, 1))
        self.constant = nn.Parameter(torch.zeros(1))
        for weight in (self.first, self.common, self.last):
            nn.init.xavier_uniform_(weight, generator=generator)

    def around(self, neighbourhoods: Neighbourhoods, pairs: Int[Tensor, "2 pair"]) -> Common:
        """Return the common neighbours."""
        return neighbourhoods.common(pairs)

    def forward(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"], common: Common
    ) -> Float[Tensor, " pair"]:
        """Return one logit per pair."""
        product = z.index_select(0, pairs[0]) * z.index_select(0, pairs[1])
        # Few pairs have common neighbours: theirs are projected before they are summed.
        shared = common.sums(z @ self.common, pairs.size(1))
        hidden = (product @ self.first + shared + self.bias).relu()
        return (hidden @ self.last + self.constant).squeeze(-1)


class DegreeCorrected(GraphPairs):
    """logit = z_uᵀ z_v + a (log(1 + d_u) + log(1 + d_v)) + c, with a and c learnt.

    The codes need not grow with the degree, as a degree-corrected block model gives each node a
    rate of its own (Karrer & Newman 2011, "Stochastic blockmodels and community structure in
    networks"); a < 0 takes from hubs what their long codes give them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(1))
        self.constant = nn.Parameter(torch.zeros(1))

    def around(self, neighbourhoods: Neighbourhoods, pairs: Int[Tensor, "2 pair"]) -> Tensor:
        """Return log(1 + d_u) + log(1 + d_v)."""
        return neighbourhoods.degree.log1p()[pairs].sum(0)

    def forward(
        self,
        z: Float[Tensor, "node latent"],
        pairs: Int[Tensor, "2 pair"],
        degrees: Float[Tensor, " pair"],
    ) -> Float[Tensor, " pair"]:
        """Return one logit per pair."""
        dot = (z.index_select(0, pairs[0]) * z.index_select(0, pairs[1])).sum(-1)
        return dot + self.slope * degrees + self.constant


class Structural(GraphPairs):
    """logit = HadamardMLP(y_u, y_v) + aᵀ φ_uv + c: codes, and the structure around the pair.

    A code z = [y, x] has a part x, the last `wide` coordinates, that the likelihood of the whole
    graph trains (`graphvae.losses.hard`). φ holds common neighbours, Adamic–Adar, resource
    allocation, walks, degrees and the cosine of the features (`graph.neighbourhoods.STRUCTURE`),
    the cosine of y, and product and cosine of x, which are taken as they are: no gradient of this
    logit reaches x. A linear function of φ stays a heuristic that is weighed against the codes;
    with a network in its place validation scores were no higher.

    Args:
        latent: width of the embedding.
        hidden: width of the hidden layer over y.
        wide: width of x; 0 for none.
        generator: initialises the weights (on the CPU).
    """

    def __init__(
        self, latent: int, hidden: int, generator: torch.Generator, *, wide: int = 0
    ) -> None:
        super().__init__()
        self.split = latent - wide
        self.codes = HadamardMLP(self.split, generator, hidden=hidden)
        columns = len(STRUCTURE) + (3 if wide else 1)
        self.weights = nn.Parameter(torch.zeros(columns))
        self.constant = nn.Parameter(torch.zeros(1))

    def around(self, neighbourhoods: Neighbourhoods, pairs: Int[Tensor, "2 pair"]) -> Tensor:
        """Return the structure [pair, column]."""
        return neighbourhoods.structure(pairs)

    def product_codes(self, z: Float[Tensor, "node latent"]) -> Float[Tensor, "node part"]:
        """Return x, or without it all."""
        return z[:, self.split :] if self.split < z.size(1) else z

    def forward(
        self,
        z: Float[Tensor, "node latent"],
        pairs: Int[Tensor, "2 pair"],
        structure: Float[Tensor, "pair column"],
    ) -> Float[Tensor, " pair"]:
        """Return one logit per pair."""
        y, x = z[:, : self.split], z[:, self.split :].detach()
        columns = [structure, _cosine(y, pairs)]
        if x.size(1):
            product = x.index_select(0, pairs[0]) * x.index_select(0, pairs[1])
            columns += [product.sum(-1, keepdim=True), _cosine(x, pairs)]
        codes: Tensor = self.codes(y, pairs)
        return codes + torch.cat(columns, 1) @ self.weights + self.constant


def _cosine(z: Float[Tensor, "node part"], pairs: Int[Tensor, "2 pair"]) -> Float[Tensor, "pair 1"]:
    unit = F.normalize(z, dim=-1)
    product = unit.index_select(0, pairs[0]) * unit.index_select(0, pairs[1])
    return product.sum(-1, keepdim=True)
