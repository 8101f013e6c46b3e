"""Approximate posteriors q(z | x), from the encoder to the loss.

A sample carries its own log-density log q(z | x): some flows can evaluate the density only at their
own samples. Everything else is optional: a mean, a density at any point, the moments of a diagonal
Gaussian, a divergence in closed form. Code that uses a posterior checks for the ability, not for
the class. Densities are in nats per example.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvae_data.machine.workers import standard_normal

AnyDistribution = TypeVar("AnyDistribution", bound="Distribution")


@dataclass(frozen=True)
class Draw:
    """A sample z of q(z | x), with its log-density."""

    z: Float[Tensor, "*example latent"]
    """The sample, differentiable with respect to the parameters of q."""
    log_q: Callable[[], Float[Tensor, "*example"]]
    """Computes log q(z | x), in nats per example."""
    by_dimension: Callable[[], Float[Tensor, "*example latent"]] | None = None
    """Computes the term of each coordinate in log q(z | x); None if q does not factorise."""


class Distribution:
    """A distribution of codes, as a frozen dataclass of its parameters [*example, width].

    A conditional prior implements `sample` and `log_prob`. A posterior implements these two, or
    `draw` if its density can be evaluated only at its own samples. `expand`, `at` and `joined`
    apply to every field that is a tensor or a distribution, and leave the others unchanged.
    """

    @property
    def point(self) -> Float[Tensor, "*example latent"] | None:
        """The point that represents the code, such as the mean; None if there is none."""
        return None

    @property
    def gaussian(self) -> DiagonalGaussian | None:
        """Itself as a Gaussian with independent coordinates; None if it is not one."""
        return None

    @property
    def has_density(self) -> bool:
        """Whether `log_prob` is defined at any point."""
        return True

    def sample(self, generator: torch.Generator) -> Float[Tensor, "*example latent"]:
        """Draw a code for each example."""
        return self.draw(generator).z

    def log_prob(self, z: Float[Tensor, "*#batch latent"]) -> Float[Tensor, "*batch"]:
        """Return the log-density at z, in nats per example."""
        raise NotImplementedError

    def draw(self, generator: torch.Generator) -> Draw:
        """Draw a code for each example, with its log-density."""
        z = self.sample(generator)
        return Draw(z, lambda: self.log_prob(z))

    def closed_kl(self, prior: object) -> Callable[[], Float[Tensor, "*example latent"]] | None:
        """Return a function that computes KL(q_j ‖ p_j) in nats; None without a closed form."""
        return None

    def expand(self: AnyDistribution, *shape: int) -> AnyDistribution:
        """Return the distribution broadcast to a larger shape of examples."""
        return self._changed(
            lambda each: each.expand(*shape, each.size(-1)), lambda each: each.expand(*shape)
        )

    def at(self: AnyDistribution, index: int | Tensor) -> AnyDistribution:
        """Return the distributions at an index of the first axis."""
        return self._changed(lambda each: each[index], lambda each: each.at(index))

    def __len__(self) -> int:
        """Return the length of the first axis."""
        first = next(getattr(self, each.name) for each in fields(cast("Any", self)))
        return len(first)

    def to(self: AnyDistribution, device: torch.device | str) -> AnyDistribution:
        """Return the distribution on another device."""
        return self._changed(lambda each: each.to(device), lambda each: each.to(device))

    def _changed(
        self: AnyDistribution,
        tensor: Callable[[Tensor], Tensor],
        distribution: Callable[[Distribution], Distribution],
    ) -> AnyDistribution:
        changes = dict[str, Any]()
        for each in fields(cast("Any", self)):
            value = getattr(self, each.name)
            if isinstance(value, Tensor):
                changes[each.name] = tensor(value)
            elif isinstance(value, Distribution):
                changes[each.name] = distribution(value)
        return cast("AnyDistribution", replace(cast("Any", self), **changes))


def joined(parts: Sequence[AnyDistribution], axis: int = 0) -> AnyDistribution:
    """Return the concatenation of the distributions of several batches along an axis."""
    changes = dict[str, Any]()
    for each in fields(cast("Any", parts[0])):
        values = [getattr(part, each.name) for part in parts]
        if isinstance(values[0], Tensor):
            changes[each.name] = torch.cat(values, axis)
        elif isinstance(values[0], Distribution):
            changes[each.name] = joined(values, axis)
    return cast("AnyDistribution", replace(cast("Any", parts[0]), **changes))


def gaussian_of(distribution: object) -> DiagonalGaussian | None:
    """Return the attribute `gaussian` of a distribution; None if it has none.

    >>> gaussian_of(StandardGaussian(torch.zeros(2), torch.zeros(2))).mean
    tensor([0., 0.])
    """
    gaussian: DiagonalGaussian | None = getattr(distribution, "gaussian", None)
    return gaussian


@dataclass(frozen=True)
class DiagonalGaussian(Distribution):
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
        """Draw z = μ + σ ε with ε ~ N(0, I), differentiable with respect to μ and σ."""
        return self.mean + self.log_std.exp() * standard_normal(self.mean, generator)

    @property
    def point(self) -> Float[Tensor, "*example latent"]:
        """μ."""
        return self.mean

    @property
    def gaussian(self) -> DiagonalGaussian:
        """Itself."""
        return self

    def in_double(self, device: torch.device) -> DiagonalGaussian:
        """Return the distribution in double precision, on a device."""
        return DiagonalGaussian(self.mean.to(device).double(), self.log_std.to(device).double())

    def log_prob(self, z: Float[Tensor, "*#batch latent"]) -> Float[Tensor, "*batch"]:
        """Return log q(z | x), the fully normalised density, in nats per example."""
        return self.log_prob_by_dimension(z).sum(-1)

    def log_prob_by_dimension(
        self, z: Float[Tensor, "*#batch latent"]
    ) -> Float[Tensor, "*batch latent"]:
        """Return log q(z_j | x) of each coordinate, in nats."""
        standardised = (z - self.mean) * torch.exp(-self.log_std)
        return -(0.5 * (standardised.square() + math.log(2 * math.pi)) + self.log_std)

    def kl_standard_normal(self) -> Float[Tensor, "*example"]:
        """Return KL(q ‖ N(0, I)) = ½ Σ (μ² + σ² − 1 − 2 log σ), in nats per example."""
        terms = self.mean.square() + torch.exp(2 * self.log_std) - 1 - 2 * self.log_std
        return 0.5 * terms.sum(-1)

    def kl_by_dimension(self, other: DiagonalGaussian) -> Float[Tensor, "*example latent"]:
        """Return KL(q_j ‖ p_j) of each coordinate, in nats: log σp/σq + (σq² + δ²) / 2σp² − ½."""
        ratio = 2 * (self.log_std - other.log_std)
        standardised = (self.mean - other.mean) * torch.exp(-other.log_std)
        return 0.5 * (ratio.expm1() + standardised.square() - ratio)

    def closed_kl(self, prior: object) -> Callable[[], Float[Tensor, "*example latent"]] | None:
        """Return the divergence from another Gaussian."""
        other = gaussian_of(prior)
        return None if other is None else lambda: self.kl_by_dimension(other)

    def kl_from(self, q: DiagonalGaussian) -> Float[Tensor, "*example"]:
        """Return KL(q ‖ self) in nats per example, in closed form."""
        return q.kl_by_dimension(self).sum(-1)


class StandardGaussian(DiagonalGaussian):
    """N(0, I), for which the divergence simplifies."""

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
class PointMass(Distribution):
    """A deterministic code, of a non-variational auto-encoder, without a density."""

    mean: Float[Tensor, "*example latent"]
    """The code itself."""

    @property
    def point(self) -> Float[Tensor, "*example latent"]:
        """The code."""
        return self.mean

    @property
    def has_density(self) -> bool:
        """No."""
        return False

    def sample(self, generator: torch.Generator) -> Float[Tensor, "*example latent"]:
        """Return the code itself."""
        return self.mean


@dataclass(frozen=True)
class CategoricalCode(Distribution):
    """A categorical distribution of one-hot vectors, q(z = e_c | x) = softmax(l)_c."""

    logits: Float[Tensor, "*example category"]
    """l."""

    @property
    def point(self) -> Float[Tensor, "*example category"]:
        """The probability of each value."""
        return self.logits.softmax(-1)

    def sample(self, generator: torch.Generator) -> Float[Tensor, "*example category"]:
        """Draw one-hot vectors; samples have no gradient."""
        flat = self.point.detach().flatten(0, -2)
        index = torch.multinomial(flat, 1, generator=generator).view(self.logits.shape[:-1])
        return nn.functional.one_hot(index, self.logits.size(-1)).to(self.logits)

    def log_prob(self, z: Float[Tensor, "*#batch category"]) -> Float[Tensor, "*batch"]:
        """Return log q of one-hot vectors, in nats."""
        return (z * self.logits.log_softmax(-1)).sum(-1)


class PosteriorModule(nn.Module):
    """Maps the outputs of an encoder to q(z | x); holds weights such as those of a flow.

    Args:
        latent: width of the code.
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.latent = latent

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of the encoder outputs."""
        raise NotImplementedError

    def forward(self, *outputs: Float[Tensor, "*example _"]) -> Distribution:
        """Return the posterior."""
        raise NotImplementedError


class GaussianPosterior(PosteriorModule):
    """N(μ, diag σ²), with outputs μ and log σ. Source: Kingma & Welling 2013, §3."""

    @property
    def widths(self) -> tuple[int, int]:
        """Widths of μ and log σ."""
        return (self.latent, self.latent)

    def forward(self, *outputs: Float[Tensor, "*example latent"]) -> DiagonalGaussian:
        """Return the Gaussian."""
        return DiagonalGaussian(*outputs)


class PointPosterior(PosteriorModule):
    """A deterministic code: the output of the encoder."""

    @property
    def widths(self) -> tuple[int]:
        """Width of the code."""
        return (self.latent,)

    def forward(self, *outputs: Float[Tensor, "*example latent"]) -> PointMass:
        """Return the point."""
        return PointMass(*outputs)


class CategoricalPosterior(PosteriorModule):
    """A categorical posterior, parametrised by logits."""

    @property
    def widths(self) -> tuple[int]:
        """Width of the logits."""
        return (self.latent,)

    def forward(self, *outputs: Float[Tensor, "*example category"]) -> CategoricalCode:
        """Return the distribution."""
        return CategoricalCode(*outputs)
