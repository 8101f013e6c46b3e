"""Decoders that use the message graph around a pair, in addition to the codes of its nodes.

Notation: z_u the code of a node, d_u its degree and Γ(u) its neighbours over the message edges. A
training step with masking hides its target edges from the messages, and so from these decoders too.
`on` binds a module to a graph; it then scores pairs like any decoder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from graphvae.graph.dense_neighbourhoods import neighbourhoods_of
from graphvae.graph.intersections import Common
from graphvae.graph.neighbourhoods import STRUCTURE, Neighbourhoods
from graphvae.graph.pair_products import pair_products
from graphvae.graph.propagation import MessageGraph
from graphvae.graph.signatures import EstimatedNeighbourhoods
from graphvae.nn.decoders import HadamardMLP
from graphvae.nn.dropout import drop

AnyPairs = TypeVar("AnyPairs", bound="GraphPairs")
CHUNK = 1 << 15
"""Pairs that are scored at a time."""
ROW_ENTRIES = 1 << 20
"""Pairs of whole rows that are scored at a time."""
EPSILON, MOMENTUM = 1e-5, 0.1
"""Added to a variance; the share of a step's mean and variance in the running ones."""
LIMIT = 4.0
"""Standard deviations from the mean at which columns of a structural decoder are cut."""


class GraphPairs(nn.Module):
    """Base of the decoders that are bound to a message graph.

    `around` computes what depends on the graph alone, and `forward` the logits.
    """

    def on(self: AnyPairs, graph: MessageGraph) -> OnGraph[AnyPairs]:
        """Return the decoder for a message graph."""
        return OnGraph(self, Neighbourhoods(graph))

    def around(
        self, neighbourhoods: Neighbourhoods, pairs: Int[Tensor, "2 pair"]
    ) -> Tensor | Common:
        """Return what the decoder needs of the graph to score some pairs."""
        raise NotImplementedError


@dataclass(frozen=True)
class OnGraph(Generic[AnyPairs]):
    """A decoder bound to a message graph; pairs are scored in chunks."""

    decoder: AnyPairs
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
        return partial(_decode_chunks, self.decoder, chunks)

    def _around(self, pairs: Int[Tensor, "2 pair"]) -> Tensor | Common:
        return self.decoder.around(self.neighbourhoods, pairs)


def _decode_chunks(
    decoder: GraphPairs,
    chunks: Sequence[tuple[Tensor, Tensor | Common]],
    z: Float[Tensor, "node latent"],
) -> Float[Tensor, " pair"]:
    return torch.cat([decoder(z, *chunk) for chunk in chunks])


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

    The norms of the codes need not grow with the degree, as each node of a degree-corrected block
    model has its own rate (Karrer & Newman 2011, "Stochastic blockmodels and community structure in
    networks"); a < 0 lowers the logits of hubs, which are high because their codes have large
    norms.
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
        return pair_products(z, z, pairs) + self.slope * degrees + self.constant


class Structural(GraphPairs):
    """logit = MLP(φ_uv), with φ computed from the codes of a pair and the structure around it.

    φ holds the logit of a Hadamard-MLP of the codes and their cosine, common neighbours,
    Adamic–Adar, resource allocation, walks, degrees and cosines of the features and of their means
    over neighbourhoods (`graph.neighbourhoods.STRUCTURE`), each scaled to mean 0 and variance 1
    over a step's pairs and cut at ± `LIMIT`. Without this limit the MLP extrapolates: twins with
    equal features, which are rare in training, were ranked first among all non-edges. The gradient
    of the MLP does not reach the codes, which are trained by their own logit on edges and uniform
    non-edges, as in stacking (Wolpert 1992; Ghasemian et al. 2020, "Stacking models for nearly
    optimal link prediction in complex networks"). Validation scores were lower with joint training,
    and with a linear function in place of the MLP.

    Args:
        latent: width of the embedding.
        hidden: width of the hidden layers.
        generator: initialises the weights (on the CPU).
        dropout: dropout rate of the hidden layers.
        signatures: dimension of the random signatures that estimate counts; None for exact ones.
    """

    def __init__(
        self,
        latent: int,
        hidden: int,
        generator: torch.Generator,
        *,
        dropout: float = 0.0,
        signatures: int | None = None,
    ) -> None:
        super().__init__()
        self.codes = HadamardMLP(latent, generator)
        columns = len(STRUCTURE) + 2
        self.register_buffer("mean", torch.zeros(columns))
        self.register_buffer("variance", torch.ones(columns))
        self.first = nn.Parameter(torch.empty(columns, hidden))
        self.second = nn.Parameter(torch.empty(hidden, hidden))
        self.biases = nn.Parameter(torch.zeros(2, hidden))
        self.last = nn.Parameter(torch.empty(hidden, 1))
        self.constant = nn.Parameter(torch.zeros(1))
        self.dropout, self.signatures = dropout, signatures
        for weight in (self.first, self.second, self.last):
            nn.init.xavier_uniform_(weight, generator=generator)

    def on(self, graph: MessageGraph) -> StructuralOnGraph:
        """Return the decoder for a message graph."""
        around = (
            neighbourhoods_of(graph)
            if self.signatures is None
            else EstimatedNeighbourhoods(graph, self.signatures)
        )
        return StructuralOnGraph(self, around)

    def around(self, neighbourhoods: Neighbourhoods, pairs: Int[Tensor, "2 pair"]) -> Tensor:
        """Return the structure [pair, column]."""
        return neighbourhoods.structure(pairs)

    def forward(
        self,
        z: Float[Tensor, "node latent"],
        pairs: Int[Tensor, "2 pair"],
        structure: Float[Tensor, "pair column"],
    ) -> Float[Tensor, " pair"]:
        """Return one logit per pair."""
        return self.of_columns(self.columns(z, pairs, structure))

    @torch.no_grad()
    def columns(
        self,
        z: Float[Tensor, "node latent"],
        pairs: Int[Tensor, "2 pair"],
        structure: Float[Tensor, "pair column"],
    ) -> Float[Tensor, "pair phi"]:
        """Return φ before it is scaled."""
        unit = F.normalize(z, dim=-1)
        said = torch.stack([self.codes(z, pairs), pair_products(unit, unit, pairs)], 1)
        return torch.cat([structure, said], 1)

    def of_columns(self, columns: Float[Tensor, "*pair phi"]) -> Float[Tensor, " *pair"]:
        """Return logits from φ, scaled by the mean and variance of training."""
        mean, variance = self.get_buffer("mean"), self.get_buffer("variance")
        return self._network(_scaled(columns, mean, variance), None)

    def of_step(
        self, columns: Float[Tensor, "pair phi"], generator: torch.Generator
    ) -> Float[Tensor, " pair"]:
        """Return the logits of a training step, with dropout; updates mean and variance."""
        variance, mean = torch.var_mean(columns, 0, correction=0)
        for name, value in (("mean", mean), ("variance", variance)):
            self.get_buffer(name).lerp_(value, MOMENTUM)
        return self._network(_scaled(columns, mean, variance), generator)

    def _network(
        self, x: Float[Tensor, "*pair phi"], generator: torch.Generator | None
    ) -> Float[Tensor, " *pair"]:
        for weight, bias in zip((self.first, self.second), self.biases, strict=True):
            x = (x @ weight + bias).relu()
            if generator is not None and self.dropout > 0:
                x = drop(x, self.dropout, generator)
        return (x @ self.last + self.constant).squeeze(-1)


def _scaled(
    columns: Float[Tensor, "*pair phi"],
    mean: Float[Tensor, " phi"],
    variance: Float[Tensor, " phi"],
) -> Float[Tensor, "*pair phi"]:
    return ((columns - mean) * (variance + EPSILON).rsqrt()).clamp(-LIMIT, LIMIT)


class StructuralOnGraph(OnGraph[Structural]):
    """The structural decoder on a message graph."""

    steps_differ = True

    @torch.no_grad()
    def rows(
        self, z: Float[Tensor, "node latent"], sources: Int[Tensor, " source"]
    ) -> Float[Tensor, "source node"]:
        """Return the logits of each source with every node."""
        unit = F.normalize(z, dim=-1)
        logits = []
        for part in sources.split(max(1, ROW_ENTRIES // len(z))):
            structure = self.neighbourhoods.structure_rows(part)
            said = [self.decoder.codes.block(z[part], z), unit[part] @ unit.T]
            logits.append(self.decoder.of_columns(torch.stack([*structure, *said], -1)))
        return torch.cat(logits)

    def noisy(self, generator: torch.Generator) -> Callable[[Tensor, Tensor], Tensor]:
        """Return the decoder of a training step."""

        def decode(z: Tensor, pairs: Tensor) -> Tensor:
            structure = self.neighbourhoods.structure(pairs)
            columns = self.decoder.columns(z, pairs, structure)
            return self.decoder.of_step(columns, generator)

        return decode

    def code_logits(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
    ) -> Float[Tensor, " pair"]:
        """Return the logits of the codes alone."""
        logits: Tensor = self.decoder.codes(z, pairs)
        return logits
