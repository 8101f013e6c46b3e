"""The Concrete distribution: a continuous relaxation of the categorical one, reparametrisable.

y = softmax((l + g) / τ) with Gumbel noise g. For τ → 0 it is the categorical distribution of
one-hot vectors with probabilities softmax(l). Sources: Maddison et al. 2016, "The Concrete
Distribution", arXiv:1611.00712; Jang et al. 2016, "Categorical Reparameterization with
Gumbel-Softmax".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from image_vae.parts.distributions.posteriors import Distribution, Draw, PosteriorModule
from image_vae.parts.distributions.priors import PriorModule

TINY = 1e-30
"""Coordinates are clamped to at least this before taking logarithms."""


@dataclass(frozen=True)
class Concrete(Distribution):
    """The relaxed categorical distribution; its density is with respect to the simplex."""

    logits: Float[Tensor, "*example category"]
    """l."""
    temperature: float
    """τ."""

    @property
    def point(self) -> Float[Tensor, "*example category"]:
        """The probability of each value."""
        return self.logits.softmax(-1)

    def draw(self, generator: torch.Generator) -> Draw:
        """Draw a point of the simplex; its density is computed from its logarithm."""
        uniform = torch.empty_like(self.logits, memory_format=torch.contiguous_format)
        uniform.uniform_(generator=generator).clamp_(TINY, 1 - 1e-7)
        noise = -(-uniform.log()).log()
        log_y = ((self.logits + noise) / self.temperature).log_softmax(-1).clamp(min=math.log(TINY))
        return Draw(log_y.exp(), lambda: self._log_density(log_y))

    def log_prob(self, z: Float[Tensor, "*#batch category"]) -> Float[Tensor, "*batch"]:
        """Return the log-density, in nats."""
        return self._log_density(z.clamp(min=TINY).log())

    def _log_density(self, log_y: Float[Tensor, "*#batch category"]) -> Float[Tensor, "*batch"]:
        """Return the log-density at y. Source: Maddison et al. 2016, equation 10."""
        count, tau = self.logits.size(-1), self.temperature
        normaliser = torch.logsumexp(self.logits - tau * log_y, -1)
        unnormalised = (self.logits - (tau + 1) * log_y).sum(-1)
        return math.lgamma(count) + (count - 1) * math.log(tau) + unnormalised - count * normaliser


class ConcretePosterior(PosteriorModule):
    """A Concrete posterior, parametrised by logits.

    Args:
        latent: number of values.
        temperature: τ.
    """

    def __init__(self, latent: int, temperature: float) -> None:
        super().__init__(latent)
        self.temperature = temperature

    @property
    def widths(self) -> tuple[int]:
        """Width of the logits."""
        return (self.latent,)

    def forward(self, *outputs: Float[Tensor, "*example category"]) -> Concrete:
        """Return the distribution."""
        (logits,) = outputs
        return Concrete(logits, self.temperature)


class UniformConcrete(PriorModule):
    """The Concrete distribution with equal probabilities.

    Args:
        count: number of values.
        temperature: τ.
    """

    logits: Tensor

    def __init__(self, count: int, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature
        self.register_buffer("logits", torch.zeros(count), persistent=False)

    def log_prob(self, z: Float[Tensor, "*example category"]) -> Float[Tensor, "*example"]:
        """Return the log-density, in nats."""
        return Concrete(self.logits, self.temperature).log_prob(z)

    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "count category"]:
        """Draw points of the simplex."""
        return Concrete(self.logits.expand(count, -1), self.temperature).sample(generator)
