"""Priors p(z) of a code: a standard normal, mixtures of Gaussians, averages of posteriors.

A prior is a module. Called with a function that encodes inputs, it returns a distribution: a
`DiagonalGaussian` [latent], which has a Kullback-Leibler divergence in closed form, or another
`Density`. The declarations, with settings and defaults, are in `specs.priors`. Notation: K
components, u_k a pseudo-input.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvae_data.settings.setting_errors import SettingClash
from image_vae.parts.distributions.posteriors import (
    DiagonalGaussian,
    Distribution,
    StandardGaussian,
    gaussian_of,
)
from image_vae.specs.priors import Examples

Encode = Callable[[Tensor], Distribution]
"""Maps inputs [component, ...] to their posteriors."""
MARGIN = 0.02
"""Initial bounded pseudo-inputs are at least this far from 0 and 1, where σ is flat."""


@dataclass(frozen=True)
class Mixture:
    """Σ_k π_k N(μ_k, diag σ_k²).

    >>> ends = DiagonalGaussian(torch.tensor([[-2.0], [2.0]]), torch.zeros(2, 1))
    >>> Mixture.uniform(ends).log_prob(torch.zeros(1)).exp().round(decimals=4)
    tensor(0.0540)
    """

    components: DiagonalGaussian
    """The Gaussians, [component, latent]."""
    log_weights: Float[Tensor, " component"]
    """log π, normalised."""

    @classmethod
    def uniform(cls, components: DiagonalGaussian) -> Mixture:
        """Return the mixture with equal weights 1/K."""
        count = components.mean.size(0)
        return cls(components, components.mean.new_full((count,), -math.log(count)))

    def log_prob(self, z: Float[Tensor, "*example latent"]) -> Float[Tensor, "*example"]:
        """Return log Σ_k π_k N(z; μ_k, σ_k²), in nats."""
        return torch.logsumexp(self.log_joint(z), -1)

    def log_joint(self, z: Float[Tensor, "*example latent"]) -> Float[Tensor, "*example component"]:
        """Return log π_k + log N(z; μ_k, σ_k²) for every component.

        The square is expanded, Σ_j (z_j² − 2 z_j μ_j + μ_j²) / σ_j², into two matrix products, so
        that no tensor of shape [example, component, latent] is allocated.
        """
        mean, log_std = self.components.mean, self.components.log_std
        precision = torch.exp(-2 * log_std)
        constant = (0.5 * mean.square() * precision + log_std).sum(-1) - self.log_weights
        constant = constant + 0.5 * mean.size(-1) * math.log(2 * math.pi)
        return z @ (mean * precision).T - (0.5 * z.square()) @ precision.T - constant

    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "count latent"]:
        """Draw `count` codes: a component by its weight, then a code from it."""
        drawn = torch.multinomial(
            self.log_weights.exp(), count, replacement=True, generator=generator
        )
        mean, log_std = self.components.mean[drawn], self.components.log_std[drawn]
        return DiagonalGaussian(mean, log_std).sample(generator)

    def in_double(self, device: torch.device) -> Mixture:
        """Return the distribution in double precision, on a device."""
        return Mixture(self.components.in_double(device), self.log_weights.to(device).double())


@dataclass(frozen=True)
class AveragePosterior:
    """1/K Σ_k q(z | u_k) of non-Gaussian posteriors."""

    components: Distribution
    """The posteriors, [component, latent]."""

    def log_prob(self, z: Float[Tensor, "*example latent"]) -> Float[Tensor, "*example"]:
        """Return log 1/K Σ_k q(z | u_k), in nats."""
        return torch.logsumexp(self.components.log_prob(z.unsqueeze(-2)), -1) - math.log(
            len(self.components)
        )

    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "count latent"]:
        """Draw `count` codes: a component, then a code from it."""
        device = generator.device
        index = torch.randint(len(self.components), (count,), generator=generator, device=device)
        return self.components.at(index).sample(generator)


def average_posterior(components: Distribution) -> Mixture | AveragePosterior:
    """Return the equal mixture of posteriors [component, latent].

    Raises:
        SettingClash: the density of the posteriors is known at their own samples only.
    """
    if components.gaussian is not None:
        return Mixture.uniform(components.gaussian)
    if components.has_density:
        return AveragePosterior(components)
    raise SettingClash(
        ("prior",),
        "expected a posterior with a density at any point, as its components are posteriors; "
        f"{type(components).__name__} has one at its own samples only",
    )


@runtime_checkable
class Density(Protocol):
    """A distribution without a closed-form divergence."""

    def log_prob(self, z: Tensor) -> Tensor:
        """Return log p(z) in nats, from codes [*example, latent] to [*example]."""
        ...

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw codes [count, latent]."""
        ...


PriorDistribution = Distribution | Density
"""What a prior module returns."""


@runtime_checkable
class Doubled(Protocol):
    """A distribution that can be evaluated in double precision."""

    def in_double(self, device: torch.device) -> PriorDistribution:
        """Return the distribution in double precision, on a device."""
        ...


def draw(
    prior: PriorDistribution, count: int, generator: torch.Generator
) -> Float[Tensor, "count latent"]:
    """Draw `count` codes from the distribution of a prior module."""
    gaussian = gaussian_of(prior)
    if gaussian is not None:
        return gaussian.expand(count).sample(generator)
    assert isinstance(prior, Density)
    return prior.sample(count, generator)


class PriorModule(nn.Module):
    """A prior p(z) and its weights.

    A user-defined prior implements `log_prob` and `sample`, or `forward`.
    """

    def forward(self, encode: Encode) -> PriorDistribution:
        """Return the distribution at the current weights; by default the module itself.

        Args:
            encode: returns the posteriors of inputs.
        """
        return self

    def log_prob(self, z: Float[Tensor, "*example latent"]) -> Float[Tensor, "*example"]:
        """Return log p(z) in nats."""
        raise NotImplementedError

    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "count latent"]:
        """Draw codes; the generator is on the device of the weights."""
        raise NotImplementedError

    def pseudo_inputs(self) -> Float[Tensor, "component ..."] | None:
        """Return the inputs whose posteriors are the components, if there are any."""
        return None

    def means(self) -> Float[Tensor, "component latent"] | None:
        """Return the means of the components, if there are any."""
        return None


class StandardNormal(PriorModule):
    """N(0, I). Source: Kingma & Welling 2013.

    Args:
        latent: width of the code.
    """

    origin: Tensor

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.register_buffer("origin", torch.zeros(latent), persistent=False)

    def forward(self, encode: Encode) -> StandardGaussian:
        """Return the distribution; `encode` is not used."""
        return StandardGaussian(self.origin, self.origin)


class UniformCategories(PriorModule):
    """The uniform categorical distribution p(y) = 1/C of one-hot vectors.

    Args:
        count: C.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def log_prob(self, z: Float[Tensor, "*example category"]) -> Float[Tensor, "*example"]:
        """Return −log C."""
        return z.new_full(z.shape[:-1], -math.log(self.count))

    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "count category"]:
        """Draw one-hot vectors."""
        device = generator.device
        index = torch.randint(self.count, (count,), generator=generator, device=device)
        return nn.functional.one_hot(index, self.count).to(torch.get_default_dtype())


class GaussianMixture(PriorModule):
    """A mixture of Gaussians of equal weight, with learnt means and standard deviations.

    Source: Tomczak & Welling 2017, "VAE with a VampPrior", §2 ("MoG").

    Args:
        latent: width of the code.
        components: K.
        generator: draws the initial means, from N(0, I).
    """

    def __init__(self, latent: int, components: int, *, generator: torch.Generator) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.randn(components, latent, generator=generator))
        self.log_std = nn.Parameter(torch.zeros(components, latent))

    def means(self) -> Float[Tensor, "component latent"]:
        """Return the means."""
        return self.mean

    def forward(self, encode: Encode) -> Mixture:
        """Return the distribution; `encode` is not used."""
        return Mixture.uniform(DiagonalGaussian(self.mean, self.log_std))


class VampPrior(PriorModule):
    """The average posterior of K pseudo-inputs, p(z) = 1/K Σ_k q(z | u_k).

    Learnt pseudo-inputs give the VampPrior; fixed random training examples give "VampPrior data";
    *all* training examples give the aggregate posterior. Source: Tomczak & Welling 2017, §2,
    equation 9.

    Args:
        inputs: the initial pseudo-inputs [component, ...].
        learnt: whether they are parameters.
        bounded: whether learnt ones are restricted to (0, 1), like pixels, by u = σ(a).
    """

    def __init__(
        self, inputs: Float[Tensor, "component ..."], *, learnt: bool = True, bounded: bool = True
    ) -> None:
        super().__init__()
        self.bounded = learnt and bounded
        start = inputs.clamp(MARGIN, 1 - MARGIN).logit() if self.bounded else inputs.clone()
        self.inputs = nn.Parameter(start, requires_grad=learnt)

    def pseudo_inputs(self) -> Float[Tensor, "component ..."]:
        """Return u."""
        return self.inputs.sigmoid() if self.bounded else self.inputs

    def forward(self, encode: Encode) -> Mixture | AveragePosterior:
        """Return the mixture of the pseudo-inputs' posteriors."""
        return average_posterior(encode(self.pseudo_inputs()))


def vamp_prior(
    examples: Examples, components: int, generator: torch.Generator, *, learnt: bool
) -> VampPrior:
    """Return the average posterior of K pseudo-inputs, initialised from random examples.

    Learnt pseudo-inputs may outnumber the examples, which are then used repeatedly.

    Raises:
        SettingClash: more fixed pseudo-inputs than examples.
    """
    count = len(examples)
    if components > count and not learnt:
        raise SettingClash(
            ("prior", "components"), f"expected at most the {count} examples, got {components}"
        )
    index = torch.cat(
        [
            torch.randperm(count, generator=generator, device="cpu")
            for _ in range(-(-components // count))
        ]
    )[:components]
    return VampPrior(examples.take(index), learnt=learnt, bounded=examples.bounded)


def aggregate_posterior(examples: Examples) -> VampPrior:
    """Return the average posterior of all examples."""
    return VampPrior(examples.take(torch.arange(len(examples))), learnt=False)
