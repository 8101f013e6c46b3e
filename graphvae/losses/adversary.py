"""Adversarial regularisation: a discriminator pulls the node codes towards the prior.

Let D(z) be the logit that z was drawn from the prior N(0, I), and z_i the code of node i:

- the discriminator minimises −E_z log σ(D(z)) − mean_i log(1 − σ(D(z_i))), the codes held fixed;
- the encoder minimises its objective − mean_i log σ(D(z_i)), the discriminator held fixed.

Each updates only its own weights. A discriminator that guesses at chance has the loss 2 log 2.
Source: Pan et al. 2018, "Adversarially Regularized Graph Autoencoder for Graph Embedding",
arXiv:1802.04407, algorithm 1; the second line and the widths are those of the authors' code.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call

from graphvae_data.training.adam import PlainAdam
from graphvae_data.training.players import Player
from image_vae.parts.terms import LossTerms

Codes = Float[Tensor, "node latent"]
WIDTHS = (64, 32)
"""Widths of the discriminator's hidden layers in the authors' code."""


class CodeAdversary:
    """The discriminator as a player, and the loss of the encoder.

    Args:
        latent: width of the codes.
        generator: initialises the weights (on the CPU).
        hidden: widths of the hidden layers.
        lr: PlainAdam's step size.
        device: where the codes are.

    >>> generator = torch.Generator().manual_seed(0)
    >>> adversary = CodeAdversary(2, generator)
    >>> codes = torch.ones(5, 2, requires_grad=True)
    >>> adversary.play(codes, generator).backward()  # gradient towards the prior
    >>> codes.grad.shape
    torch.Size([5, 2])
    """

    def __init__(
        self,
        latent: int,
        generator: torch.Generator,
        *,
        hidden: tuple[int, ...] = WIDTHS,
        lr: float = 1e-3,
        device: torch.device | str = "cpu",
    ) -> None:
        network = discriminator(latent, generator, hidden).to(device)
        self.player = Player(network, PlainAdam(network.parameters(), lr=lr), self._loss)
        self.loss: Float[Tensor, ""] = torch.tensor(float("nan"))
        """The discriminator's loss at the start of its last step; NaN before the first."""

    @property
    def discriminator(self) -> nn.Module:
        """D."""
        return self.player.module

    def play(self, codes: Codes, generator: torch.Generator) -> Float[Tensor, ""]:
        """Update the discriminator, then return the adversarial loss of the encoder."""
        self.step(codes.detach(), generator)
        return self.fooling_loss(codes)

    def step(self, codes: Codes, generator: torch.Generator) -> None:
        """Train the discriminator on these codes, held fixed, and as many prior draws."""
        self.loss = self.player.turn(codes, generator).total.detach()

    def _loss(self, codes: Codes, generator: torch.Generator) -> LossTerms:
        draws = torch.empty_like(codes).normal_(generator=generator)
        logits = self.discriminator(torch.cat([draws, codes])).squeeze(-1)
        return LossTerms(discriminator_loss(*logits.tensor_split([len(draws)])))

    def fooling_loss(self, codes: Codes) -> Float[Tensor, ""]:
        """Return −mean log σ(D(z_i)); only the codes receive gradients."""
        fixed = {name: value.detach() for name, value in self.discriminator.named_parameters()}
        logits: Tensor = functional_call(self.discriminator, fixed, (codes,))
        return F.softplus(-logits).mean()

    def state_dict(self) -> dict[str, Any]:
        """Return the state as tensors and plain values, for checkpoints."""
        return {**self.player.state_dict(), "loss": self.loss}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` returned."""
        self.player.load_state_dict(state)
        self.loss = state["loss"]


def discriminator(
    latent: int, generator: torch.Generator, hidden: tuple[int, ...] = WIDTHS
) -> nn.Sequential:
    """Return D: codes [node, latent] → logits [node, 1], with Glorot's initialisation."""
    layers: list[nn.Module] = []
    widths = (latent, *hidden, 1)
    for inputs, outputs in pairwise(widths):
        with torch.random.fork_rng([]):  # nn.Linear draws from the global generator
            layer = nn.Linear(inputs, outputs)
        nn.init.xavier_uniform_(layer.weight, generator=generator)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def discriminator_loss(
    prior_logits: Float[Tensor, " draw"], code_logits: Float[Tensor, " node"]
) -> Float[Tensor, ""]:
    """Mean cross-entropy of prior draws labelled 1, plus that of codes labelled 0."""
    return F.softplus(-prior_logits).mean() + F.softplus(code_logits).mean()
