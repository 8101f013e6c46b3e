"""Normalizing flows: invertible maps of codes with known Jacobians, for posteriors and priors.

A flow maps x to y and gives log |det ∂y/∂x|, so that log p(y) = log p(x) − log |det ∂y/∂x|. As a
posterior it maps a draw of a Gaussian to the code (`FlowPosterior`); as a prior it maps the code to
standard normal noise (`FlowPrior`). With the same autoregressive map these are the two ways round:
a prior by an autoregressive flow is an inverse autoregressive flow along the encoder's path (Chen
et al. 2016, "Variational Lossy Autoencoder", §3.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.parts.posteriors import DiagonalGaussian, Distribution, Draw, PosteriorModule
from image_vae.parts.priors import PriorModule

Mapped = tuple[Float[Tensor, "*example latent"], Float[Tensor, "*example"]]
"""The image of a code, and log |det| of the Jacobian."""


class FlowStep(nn.Module):
    """An invertible map, which may depend on a context.

    Args:
        latent: D, width of the code.
    """

    context: int = 0
    """Width of the context."""
    invertible: bool = True
    """Whether `inverse` is implemented."""

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.latent = latent

    def forward(
        self, x: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return y and log |det ∂y/∂x|."""
        raise NotImplementedError

    def inverse(
        self, y: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return x and log |det ∂y/∂x|."""
        raise NotImplementedError


class Planar(FlowStep):
    """y = x + û tanh(wᵀx + b), whose u, w, b are the context.

    û = u + (softplus(wᵀu) − 1 − wᵀu) w / ‖w‖² keeps wᵀû > −1, so that the map is invertible,
    although its inverse has no formula. Source: Rezende & Mohamed 2015, "Variational Inference with
    Normalizing Flows", equations 10 to 12 and appendix A.1.
    """

    invertible = False

    def __init__(self, latent: int) -> None:
        super().__init__(latent)
        self.context = 2 * latent + 1

    def forward(
        self, x: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return y, and log |1 + (1 − tanh²) wᵀû|."""
        u, w, b = context.split((self.latent, self.latent, 1), -1)
        product = (w * u).sum(-1, keepdim=True)
        allowed = F.softplus(product) - 1  # wᵀû
        norm = w.square().sum(-1, keepdim=True).clamp(min=1e-12)
        u = u + (allowed - product) / norm * w
        bent = torch.tanh((w * x).sum(-1, keepdim=True) + b)
        slope = torch.log1p((1 - bent.square()) * allowed)
        return x + u * bent, slope.squeeze(-1)


class MaskedLinear(nn.Linear):
    """A linear layer some of whose weights are zero.

    Args:
        mask: 1 where a weight is used, [outputs, inputs].
        generator: draws the weights (Glorot).
    """

    mask: Tensor

    def __init__(self, mask: Float[Tensor, "outputs inputs"], generator: torch.Generator) -> None:
        outputs, inputs = mask.shape
        with torch.random.fork_rng([]):  # the layer draws first weights from the global generator
            super().__init__(inputs, outputs)
        nn.init.xavier_uniform_(self.weight, generator=generator)
        nn.init.zeros_(self.bias)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, input: Float[Tensor, "*example inputs"]) -> Float[Tensor, "*example outputs"]:
        """Return x (M ∘ W)ᵀ + b."""
        return F.linear(input, self.mask * self.weight, self.bias)


class Made(nn.Module):
    """A network whose outputs i depend on the inputs before i alone, and on a context.

    One hidden layer with ELU; the context is added to it. Source: Germain et al. 2015, "MADE:
    Masked Autoencoder for Distribution Estimation", §3, with degrees in order.

    Args:
        latent: D, inputs.
        hidden: width of the hidden layer.
        context: width of the context; 0 for none.
        outputs: how many outputs there are for each input.
        generator: draws the weights.
    """

    def __init__(
        self, latent: int, hidden: int, context: int, outputs: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        degrees = torch.arange(1, latent + 1)
        inner = torch.arange(hidden) % max(1, latent - 1) + 1
        enter = (inner.unsqueeze(1) >= degrees).float()
        leave = (degrees.unsqueeze(1) > inner).float()
        self.enter = MaskedLinear(enter, generator)
        self.leave = MaskedLinear(leave.repeat(outputs, 1), generator)
        self.outputs = outputs
        self.of_context = None
        if context:
            self.of_context = MaskedLinear(torch.ones(hidden, context), generator)

    def forward(
        self, x: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> tuple[Float[Tensor, "*example latent"], ...]:
        """Return each output."""
        hidden = self.enter(x)
        if self.of_context is not None:
            hidden = hidden + self.of_context(context)
        parts: tuple[Tensor, ...] = self.leave(F.elu(hidden)).chunk(self.outputs, -1)
        return parts


class Autoregressive(FlowStep):
    """y_i = g_i x_i + (1 − g_i) m_i with g = σ(s + 1), where m_i and s_i see x_1 … x_{i−1} alone.

    log |det| = Σ log g. The code is reversed first, where asked, so that another end of it comes
    first. Forward it is one pass; its inverse goes coordinate by coordinate. Source: Kingma et al.
    2016, "Improving Variational Inference with Inverse Autoregressive Flow", algorithm 1.

    Args:
        latent: D.
        hidden: width of the hidden layer of the network of m and s (`Made`).
        context: width of the context.
        reverse: whether the code is reversed first.
        generator: draws the weights.
    """

    def __init__(
        self,
        latent: int,
        hidden: int,
        context: int,
        *,
        reverse: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__(latent)
        self.context, self.reverse = context, reverse
        self.network = Made(latent, hidden, context, 2, generator=generator)

    def forward(
        self, x: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return y and Σ log g."""
        x = x.flip(-1) if self.reverse else x
        mean, scale = self.network(x, context)
        gate = torch.sigmoid(scale + 1)
        return mean + gate * (x - mean), F.logsigmoid(scale + 1).sum(-1)

    def inverse(
        self, y: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return x and Σ log g; D passes."""
        x = torch.zeros_like(y)
        for i in range(self.latent):
            mean, scale = self.network(x, context)
            gate = torch.sigmoid(scale[..., i] + 1)
            solved = mean[..., i] + (y[..., i] - mean[..., i]) / gate
            x = torch.cat([x[..., :i], solved.unsqueeze(-1), x[..., i + 1 :]], -1)
        mean, scale = self.network(x, context)
        return x.flip(-1) if self.reverse else x, F.logsigmoid(scale + 1).sum(-1)


class Coupling(FlowStep):
    """Half of the code moves the other half: y_2 = x_2 ∘ exp(s(x_1)) + t(x_1), y_1 = x_1.

    s is bounded by tanh. Both ways are one pass. Source: Dinh et al. 2017, "Density Estimation
    using Real NVP", equations 4 to 8.

    Args:
        latent: D, at least 2.
        hidden: width of the hidden layer of the network of s and t.
        context: width of the context.
        reverse: whether the second half moves the first.
        generator: draws the weights.
    """

    def __init__(
        self,
        latent: int,
        hidden: int,
        context: int,
        *,
        reverse: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__(latent)
        self.context, self.reverse = context, reverse
        self.fixed = latent // 2
        moved = latent - self.fixed
        self.enter = MaskedLinear(torch.ones(hidden, self.fixed + context), generator)
        self.leave = MaskedLinear(torch.ones(2 * moved, hidden), generator)

    def _parameters_of(self, fixed: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        hidden = F.elu(self.enter(torch.cat([fixed, context], -1)))
        scale, shift = self.leave(hidden).chunk(2, -1)
        return torch.tanh(scale), shift

    def forward(
        self, x: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return y and Σ s."""
        x = x.flip(-1) if self.reverse else x
        fixed, moved = x[..., : self.fixed], x[..., self.fixed :]
        scale, shift = self._parameters_of(fixed, context)
        return torch.cat([fixed, moved * scale.exp() + shift], -1), scale.sum(-1)

    def inverse(
        self, y: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return x and Σ s."""
        fixed, moved = y[..., : self.fixed], y[..., self.fixed :]
        scale, shift = self._parameters_of(fixed, context)
        x = torch.cat([fixed, (moved - shift) * torch.exp(-scale)], -1)
        return x.flip(-1) if self.reverse else x, scale.sum(-1)


class Flow(nn.Module):
    """Steps in sequence; a context is shared by all, or holds the part of each side by side.

    Args:
        steps: the maps, in order.
        shared: whether every step sees the whole context.
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
        for step, own in zip(self._all, self._contexts(context), strict=True):
            x, log_det = step(x, own)
            total = total + log_det
        return x, total

    def inverse(
        self, y: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return x and log |det ∂y/∂x|."""
        total = y.new_zeros(y.shape[:-1])
        for step, own in zip(self._all[::-1], self._contexts(context)[::-1], strict=True):
            y, log_det = step.inverse(y, own)
            total = total + log_det
        return y, total


@dataclass(frozen=True)
class Flowing(Distribution):
    """q(z | x) of z = f(z₀), z₀ ~ N(μ, diag σ²): log q(z) = log q₀(z₀) − log |det ∂f/∂z₀|."""

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
        """Whether f has an inverse with a formula."""
        return self.flow.invertible

    def draw(self, generator: torch.Generator) -> Draw:
        """Draw z₀ and map it; the density comes with it."""
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
    """A Gaussian of two outputs of the encoder and a flow, whose context is the third.

    Args:
        latent: width of the code.
        flow: the steps.
    """

    def __init__(self, latent: int, flow: Flow) -> None:
        super().__init__(latent)
        self.flow = flow

    @property
    def widths(self) -> tuple[int, ...]:
        """Those of μ, log σ and the context, if there is one."""
        context = self.flow.context
        return (self.latent, self.latent, context) if context else (self.latent, self.latent)

    def forward(self, *outputs: Float[Tensor, "*example _"]) -> Flowing:
        """Return the posterior."""
        mean, log_std, *rest = outputs
        context = rest[0] if rest else mean[..., :0]
        return Flowing(DiagonalGaussian(mean, log_std), context, self.flow)


class FlowPrior(PriorModule):
    """p(z) of f(z) ~ N(0, I): log p(z) = log N(f(z)) + log |det ∂f/∂z|.

    With autoregressive steps the density takes one pass, and a draw a pass for each coordinate.
    Source: Chen et al. 2016, "Variational Lossy Autoencoder", §3.2.

    Args:
        flow: f, without a context.
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
    """Return K planar steps; their parameters are the context, side by side."""
    return Flow([Planar(latent) for _ in range(steps)], shared=False)


def autoregressive_flow(
    latent: int, steps: int, hidden: int, context: int, generator: torch.Generator
) -> Flow:
    """Return K autoregressive steps; every other one sees the code in reverse."""
    return Flow(
        [
            Autoregressive(latent, hidden, context, reverse=i > 0, generator=generator)
            for i in range(steps)
        ]
    )


def coupling_flow(
    latent: int, steps: int, hidden: int, context: int, generator: torch.Generator
) -> Flow:
    """Return K coupling steps; each moves the half that the one before left."""
    return Flow(
        [
            Coupling(latent, hidden, context, reverse=i > 0, generator=generator)
            for i in range(steps)
        ]
    )
