"""Normalizing flows: invertible maps of codes with known Jacobians, for posteriors and priors.

A flow maps x to y and returns log |det ∂y/∂x|, so that log p(y) = log p(x) − log |det ∂y/∂x|. A
posterior maps a sample of a Gaussian to the code (`FlowPosterior`); a prior maps the code to
standard normal noise (`FlowPrior`). The two directions are equivalent: along the encoder's path, an
autoregressive flow prior is an inverse autoregressive flow posterior (Chen et al. 2016,
"Variational Lossy Autoencoder", §3.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.parts.distributions.flow_steps import (
    Autoregressive,
    Coupling,
    FlowStep,
    Mapped,
    Planar,
)
from image_vae.parts.distributions.posteriors import (
    DiagonalGaussian,
    Distribution,
    Draw,
    PosteriorModule,
)
from image_vae.parts.distributions.priors import PriorModule


class Flow(nn.Module):
    """A composition of steps, with a shared context or a concatenation of each step's context.

    Args:
        steps: the maps, in order.
        shared: whether every step takes the whole context.
    """

    def __init__(self, steps: list[FlowStep], *, shared: bool = True) -> None:
        super().__init__()
        self.steps = nn.ModuleList(steps)
        self.shared = shared

    @property
    def context(self) -> int:
        """Width of the context."""
        widths = [each.context for each in self._all]
        return max(widths, default=0) if self.shared else sum(widths)

    @property
    def invertible(self) -> bool:
        """Whether every step has an inverse."""
        return all(each.invertible for each in self._all)

    @property
    def _all(self) -> list[FlowStep]:
        return [each for each in self.steps if isinstance(each, FlowStep)]

    def _contexts(self, context: Tensor) -> list[Tensor]:
        if self.shared:
            return [context] * len(self.steps)
        return list(context.split([each.context for each in self._all], -1))

    def forward(
        self, x: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return y and log |det ∂y/∂x|."""
        total = x.new_zeros(x.shape[:-1])
        for step, step_context in zip(self._all, self._contexts(context), strict=True):
            x, log_det = step(x, step_context)
            total = total + log_det
        return x, total

    def inverse(
        self, y: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return x and log |det ∂y/∂x|."""
        total = y.new_zeros(y.shape[:-1])
        reversed_contexts = self._contexts(context)[::-1]
        for step, step_context in zip(self._all[::-1], reversed_contexts, strict=True):
            y, log_det = step.inverse(y, step_context)
            total = total + log_det
        return y, total


@dataclass(frozen=True)
class Flowing(Distribution):
    """Distribution of z = f(z₀), z₀ ~ N(μ, diag σ²): log q(z) = log q₀(z₀) − log |det ∂f/∂z₀|.

    Source: Rezende & Mohamed 2015, "Variational Inference with Normalizing Flows".
    """

    base: DiagonalGaussian
    """q₀."""
    context: Float[Tensor, "*example context"]
    """What the flow is conditioned on."""
    flow: Flow
    """f."""

    @property
    def point(self) -> Float[Tensor, "*example latent"]:
        """f(μ)."""
        z: Tensor = self.flow(self.base.mean, self.context)[0]
        return z

    @property
    def gaussian(self) -> DiagonalGaussian | None:
        """The base, if the flow has no steps."""
        return None if len(self.flow.steps) else self.base

    @property
    def has_density(self) -> bool:
        """Whether the inverse of f is implemented."""
        return self.flow.invertible

    def draw(self, generator: torch.Generator) -> Draw:
        """Sample z₀ and transform it; log q(z) follows from log q₀(z₀)."""
        start = self.base.sample(generator)
        z, log_det = self.flow(start, self.context)
        return Draw(z, lambda: self.base.log_prob(start) - log_det)

    def log_prob(self, z: Float[Tensor, "*#batch latent"]) -> Float[Tensor, "*batch"]:
        """Return log q(z) by the inverse of f."""
        shape = torch.broadcast_shapes(z.shape, self.base.mean.shape)
        context = self.context.expand(*shape[:-1], self.context.size(-1))
        start, log_det = self.flow.inverse(z.expand(shape), context)
        return self.base.log_prob(start) - log_det


class FlowPosterior(PosteriorModule):
    """A Gaussian base and a flow; the encoder outputs μ, log σ and the context of the flow.

    Args:
        latent: width of the code.
        flow: the steps.
    """

    def __init__(self, latent: int, flow: Flow) -> None:
        super().__init__(latent)
        self.flow = flow

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of μ, log σ and the context, if there is one."""
        context = self.flow.context
        return (self.latent, self.latent, context) if context else (self.latent, self.latent)

    def forward(self, *outputs: Float[Tensor, "*example _"]) -> Flowing:
        """Return the posterior."""
        mean, log_std, *rest = outputs
        context = rest[0] if rest else mean[..., :0]
        return Flowing(DiagonalGaussian(mean, log_std), context, self.flow)


class FlowPrior(PriorModule):
    """p(z) of f(z) ~ N(0, I): log p(z) = log N(f(z)) + log |det ∂f/∂z|.

    With autoregressive steps the density takes one pass, and sampling one pass per coordinate.
    Source: Chen et al. 2016, "Variational Lossy Autoencoder", §3.2.

    Args:
        flow: f, without a context.
        latent: width of the code.
    """

    def __init__(self, flow: Flow, latent: int) -> None:
        super().__init__()
        self.flow, self.latent = flow, latent

    def log_prob(self, z: Float[Tensor, "*example latent"]) -> Float[Tensor, "*example"]:
        """Return log p(z) in nats."""
        mapped: Mapped = self.flow(z, z[..., :0])
        noise, log_det = mapped
        normal = -0.5 * (noise.square() + math.log(2 * math.pi)).sum(-1)
        return normal + log_det

    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "count latent"]:
        """Draw noise and apply the inverse of f."""
        weight = next(self.flow.parameters())
        shape = (count, self.latent)
        noise = weight.new_empty(shape).normal_(generator=generator)
        z, _ = self.flow.inverse(noise, noise[..., :0])
        return z


def planar_flow(latent: int, steps: int) -> Flow:
    """Return K planar steps; the context is the concatenation of their parameters."""
    return Flow([Planar(latent) for _ in range(steps)], shared=False)


def autoregressive_flow(
    latent: int, steps: int, hidden: int, context: int, generator: torch.Generator
) -> Flow:
    """Return K autoregressive steps; each reverses the order of the coordinates of the last."""
    return _alternating(Autoregressive, latent, steps, hidden, context, generator)


def coupling_flow(
    latent: int, steps: int, hidden: int, context: int, generator: torch.Generator
) -> Flow:
    """Return K coupling steps; each transforms the half that the previous one left unchanged."""
    return _alternating(Coupling, latent, steps, hidden, context, generator)


def _alternating(
    step: type[Autoregressive] | type[Coupling],
    latent: int,
    steps: int,
    hidden: int,
    context: int,
    generator: torch.Generator,
) -> Flow:
    """Return K steps, each with the order of the coordinates of the previous one reversed."""
    return Flow(
        [step(latent, hidden, context, reverse=i > 0, generator=generator) for i in range(steps)]
    )
