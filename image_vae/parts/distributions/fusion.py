"""Joint posteriors of several variables: products and mixtures of Gaussian experts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from image_vae.parts.distributions.posteriors import DiagonalGaussian, Distribution


def product_of_experts(
    experts: Sequence[DiagonalGaussian],
    present: Sequence[Float[Tensor, "*#example 1"]] | None = None,
) -> DiagonalGaussian:
    """Return the normalised N(0, I) · Π_m N(μ_m, σ_m²): precisions add, and weight the means.

    The factor N(0, I) is the prior expert. Source: Vedantam et al. 2017, §3.2; Wu & Goodman 2018,
    equation 4.

    Args:
        experts: at least one, all of one shape.
        present: for each expert, 1 for examples with an observed variable and 0 for others.

    >>> one = DiagonalGaussian(torch.tensor([2.0]), torch.tensor([0.0]))
    >>> product_of_experts([one]).mean
    tensor([1.])
    """
    total: Tensor | float = 1.0
    weighted_means: Tensor | float = 0.0
    for index, expert in enumerate(experts):
        precision = torch.exp(-2 * expert.log_std)
        if present is not None:
            precision = precision * present[index]
        total = total + precision
        weighted_means = weighted_means + precision * expert.mean
    assert isinstance(total, Tensor)
    return DiagonalGaussian(weighted_means / total, -0.5 * total.log())


def log_mean(values: Sequence[Float[Tensor, "*batch"]]) -> Float[Tensor, "*batch"]:
    """Return log (1/M) Σ_m exp v_m: the log-density of an equal mixture of M components."""
    return torch.logsumexp(torch.stack(list(values)), 0) - math.log(len(values))


@dataclass(frozen=True)
class EqualMixture(Distribution):
    """½ first + ½ second. Source: Shi et al. 2019, §3."""

    first: DiagonalGaussian
    """One component."""
    second: DiagonalGaussian
    """The other."""

    @property
    def point(self) -> Float[Tensor, "*example latent"]:
        """The mean."""
        return (self.first.mean + self.second.mean) / 2

    def sample(self, generator: torch.Generator) -> Float[Tensor, "*example latent"]:
        """Draw a component, then a code from it; no gradient passes through the choice."""
        first, second = self.first.sample(generator), self.second.sample(generator)
        use_first = torch.empty_like(first[..., :1]).uniform_(generator=generator) < 0.5
        return torch.where(use_first, first, second)

    def log_prob(self, z: Float[Tensor, "*#batch latent"]) -> Float[Tensor, "*batch"]:
        """Return the log-density, in nats per example."""
        return log_mean([self.first.log_prob(z), self.second.log_prob(z)])
