"""Approximate posteriors q(z | x), from the encoder to the loss.

A posterior has a point estimate (`mean`), a reparameterised sample (`sample`), and its density or
Kullback-Leibler divergence in nats per example. The same Gaussian is the conditional prior
p(z_l | z_{l+1}) of a hierarchy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class DiagonalGaussian:
    """A Gaussian with independent coordinates, q(z | x) = N(μ, diag σ²).

    Source: Kingma & Welling 2013, "Auto-Encoding Variational Bayes", §3 and appendix B.

    >>> q = DiagonalGaussian(torch.zeros(3, 2), torch.zeros(3, 2))
    >>> q.kl_standard_normal()
    tensor([0., 0., 0.])
    """

    mean: Float[Tensor, "*example latent"]
    """μ."""
    log_std: Float[Tensor, "*example latent"]
    """log σ, the logarithm of the standard deviation (not of the variance)."""

    def sample(self, generator: torch.Generator) -> Float[Tensor, "*example latent"]:
        """Draw z = μ + σ ε with ε ~ N(0, I); gradients reach μ and σ."""
        noise = torch.empty_like(self.mean, memory_format=torch.contiguous_format)
        return self.mean + self.log_std.exp() * noise.normal_(generator=generator)

    def expand(self, *shape: int) -> DiagonalGaussian:
        """Return the Gaussian broadcast to a larger shape [*shape, latent]."""
        size = (*shape, self.mean.size(-1))
        return DiagonalGaussian(self.mean.expand(size), self.log_std.expand(size))

    def in_double(self, device: torch.device) -> DiagonalGaussian:
        """Return the same in double precision, on a device."""
        return DiagonalGaussian(self.mean.to(device).double(), self.log_std.to(device).double())

    def log_prob(self, z: Float[Tensor, "*#batch latent"]) -> Float[Tensor, "*batch"]:
        """Return log q(z | x), the fully normalised density, in nats per example."""
        standardised = (z - self.mean) * torch.exp(-self.log_std)
        return -(0.5 * (standardised.square() + math.log(2 * math.pi)) + self.log_std).sum(-1)

    def kl_standard_normal(self) -> Float[Tensor, "*example"]:
        """Return KL(q ‖ N(0, I)) = ½ Σ (μ² + σ² − 1 − 2 log σ), in nats per example."""
        terms = self.mean.square() + torch.exp(2 * self.log_std) - 1 - 2 * self.log_std
        return 0.5 * terms.sum(-1)

    def kl_by_dimension(self, other: DiagonalGaussian) -> Float[Tensor, "*example latent"]:
        """Return KL(q_j ‖ p_j) of each coordinate, in nats: log σp/σq + (σq² + δ²) / 2σp² − ½."""
        ratio = 2 * (self.log_std - other.log_std)
        apart = (self.mean - other.mean) * torch.exp(-other.log_std)
        return 0.5 * (ratio.expm1() + apart.square() - ratio)

    def kl_from(self, q: DiagonalGaussian) -> Float[Tensor, "*example"]:
        """Return KL(q ‖ self) in nats per example, in closed form."""
        return q.kl_by_dimension(self).sum(-1)


class StandardGaussian(DiagonalGaussian):
    """N(0, I), whose divergence has a shorter formula."""

    def kl_from(self, q: DiagonalGaussian) -> Float[Tensor, "*example"]:
        """Return KL(q ‖ N(0, I)) in nats per example."""
        return q.kl_standard_normal()


def residual_gaussian(prior: DiagonalGaussian, delta: DiagonalGaussian) -> DiagonalGaussian:
    """Return the posterior relative to the prior, N(μp + Δμ, σp Δσ).

    With Δμ = 0 and Δσ = 1 it is the prior. Source: Vahdat & Kautz 2020, "NVAE", §3.2.
    """
    mean = prior.mean + delta.mean
    return DiagonalGaussian(mean, prior.log_std + delta.log_std)


@dataclass(frozen=True)
class PointMass:
    """All mass at one point: the code of a non-variational auto-encoder.

    Its objective has no Kullback-Leibler term: `kl_standard_normal` returns zeros.
    """

    mean: Float[Tensor, "*example latent"]
    """The code itself."""

    def sample(self, generator: torch.Generator) -> Float[Tensor, "*example latent"]:
        """Return the point itself."""
        return self.mean

    def kl_standard_normal(self) -> Float[Tensor, "*example"]:
        """Return zeros: a plain auto-encoder is not regularised towards a prior."""
        return self.mean.new_zeros(self.mean.shape[:-1])


Posterior = DiagonalGaussian | PointMass
