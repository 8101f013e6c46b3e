"""Parts that a user might write for graphs, one of each family; none is registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from graphvae.losses.adversary import CodeAdversary as Player
from graphvae.losses.reconstruction import Reconstruction
from graphvae.specs.adversaries import Adversary
from graphvae.specs.decoders import EdgeDecoder
from graphvae.specs.encoders import EncoderInputs, GraphEncoder
from graphvae.specs.losses import Loss, LossInputs
from graphvae.splits.negative_sampling import NonEdgeSampler


class Hops(GraphEncoder):
    """Ã^k X W: as many hops as are asked for, and one product."""

    hops: int = Field(default=3, ge=1, description="k.")
    noise: float = Field(
        default=0.0, ge=0, description="Deviation of noise on the states in training."
    )

    @property
    def inductive(self) -> bool:
        return True

    def build(self, inputs: EncoderInputs) -> nn.Module:
        return HopsModule(self, inputs)


class HopsModule(nn.Module):
    def __init__(self, settings: Hops, inputs: EncoderInputs) -> None:
        super().__init__()
        self.settings = settings
        weight = torch.empty(inputs.inputs, inputs.heads * inputs.latent)
        self.weight = nn.Parameter(nn.init.xavier_uniform_(weight, generator=inputs.generator))

    def forward(self, graph: Any, generator: torch.Generator) -> Tensor:
        states = self.weight if graph.features is None else graph.x @ self.weight
        for _ in range(self.settings.hops):
            states = graph.adjacency @ states
        if self.training and self.settings.noise:
            noise = torch.empty_like(states).normal_(generator=generator)
            states = states + self.settings.noise * noise
        return states


class Careless(GraphEncoder):
    """Ã X W with dropout; weights and dropout are drawn from PyTorch's global generator."""

    surplus: int = Field(default=0, description="Columns more than the model expects.")
    nothing: bool = Field(default=False, description="Whether it returns None.")

    def build(self, inputs: EncoderInputs) -> nn.Module:
        columns = inputs.heads * inputs.latent + self.surplus
        return CarelessModule(nn.Linear(inputs.inputs, columns), nothing=self.nothing)


class CarelessModule(nn.Module):
    def __init__(self, linear: nn.Linear, *, nothing: bool) -> None:
        super().__init__()
        self.linear, self.dropout, self.nothing = linear, nn.Dropout(0.5), nothing

    def forward(self, graph: Any, generator: torch.Generator) -> Tensor | None:
        states = self.dropout(graph.adjacency @ self.linear(graph.x))
        return None if self.nothing else states


class Forgetful(EdgeDecoder):
    """wᵀ (z_u ⊙ z_v), without the first pairs; w is drawn from PyTorch's global generator."""

    forgotten: int = Field(default=0, description="Pairs that it leaves out.")

    def build(self, latent: int, generator: torch.Generator) -> ForgetfulModule:
        return ForgetfulModule(nn.Linear(latent, 1), self.forgotten)


class ForgetfulModule(nn.Module):
    symmetric = True

    def __init__(self, linear: nn.Linear, forgotten: int) -> None:
        super().__init__()
        self.linear, self.forgotten = linear, forgotten

    def forward(self, z: Tensor, pairs: Tensor) -> Tensor:
        logits: Tensor = self.linear(z[pairs[0]] * z[pairs[1]]).squeeze(-1)
        return logits[self.forgotten :]


class Distance(EdgeDecoder):
    """b − |z_u − z_v|², with b learnt."""

    start: float = Field(default=1.0, description="b at the start.")

    def build(self, latent: int, generator: torch.Generator) -> DistanceModule:
        return DistanceModule(self.start)


class DistanceModule(nn.Module):
    symmetric = True

    def __init__(self, start: float) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.tensor(start))

    def forward(self, z: Tensor, pairs: Tensor) -> Tensor:
        return self.bias - (z[pairs[0]] - z[pairs[1]]).square().sum(-1)

    def block(self, z_rows: Tensor, z_columns: Tensor) -> Tensor:
        return self.bias - (z_rows[:, None] - z_columns[None]).square().sum(-1)


class Ranking(Loss):
    """softplus(margin + s⁻ − s⁺), averaged over edges, each with a non-edge of its own."""

    margin: float = Field(default=0.5, ge=0, description="By how much edges are to score higher.")

    @property
    def negatives(self) -> int:
        return 1

    def pairs_per_epoch(self, num_nodes: int, num_edges: int) -> int:
        return 2 * num_edges

    def build(self, inputs: LossInputs) -> RankingLoss:
        return RankingLoss(inputs.edges, inputs.num_nodes, self.margin)


class RankingLoss(Reconstruction):
    def __init__(self, edges: Tensor, num_nodes: int, margin: float) -> None:
        super().__init__(edges, num_nodes)
        self.margin = margin
        self.sampler = NonEdgeSampler(edges, num_nodes, directed=False)

    def __call__(
        self, z: Tensor, decoder: Callable[[Tensor, Tensor], Tensor], generator: torch.Generator
    ) -> Tensor:
        count = self.edges.size(1)
        others = self.sampler.sample(count, generator, slice(0, count))
        return F.softplus(self.margin + decoder(z, others) - decoder(z, self.edges)).mean()

    def on(self, edges: Tensor) -> RankingLoss:
        part = RankingLoss(edges, self.num_nodes, self.margin)
        part.sampler = self.sampler
        return part


class Likelihood(Loss):
    """−log p(A | Z) of the paper, written by a user; the importance-weighted bound takes it."""

    @property
    def all_pairs(self) -> bool:
        return True

    @property
    def likelihood(self) -> bool:
        return True

    def pairs_per_epoch(self, num_nodes: int, num_edges: int) -> int:
        return num_nodes * (num_nodes - 1) // 2

    def build(self, inputs: LossInputs) -> LikelihoodLoss:
        return LikelihoodLoss(inputs.edges, inputs.num_nodes)


class LikelihoodLoss(Reconstruction):
    @property
    def divisor(self) -> int:
        return self.num_nodes

    @property
    def kl_divisor(self) -> int:
        return 1

    def __call__(self, z: Tensor, decoder: Any, generator: torch.Generator) -> Tensor:
        rows, columns = torch.triu_indices(self.num_nodes, self.num_nodes, 1)
        softplus = F.softplus((z[rows] * z[columns]).sum(-1)).sum()
        return softplus - (z[self.edges[0]] * z[self.edges[1]]).sum()

    def on(self, edges: Tensor) -> LikelihoodLoss:
        return LikelihoodLoss(edges, self.num_nodes)


class Gentle(Adversary):
    """A discriminator whose pull counts less."""

    strength: float = Field(default=0.1, gt=0, description="Weight of the pull.")

    def build(self, latent: int, generator: torch.Generator, device: torch.device) -> Player:
        return GentlePlayer(self.strength, latent, generator, device)


class GentlePlayer(Player):
    def __init__(
        self, strength: float, latent: int, generator: torch.Generator, device: torch.device
    ) -> None:
        super().__init__(latent, generator, hidden=(8,), device=device)
        self.strength = strength

    def fooling_loss(self, codes: Tensor) -> Tensor:
        return self.strength * super().fooling_loss(codes)
