"""Inverse autoregressive flows of convolutional codes [map, row, column], by masked convolutions.

The order of the coordinates is raster order, then the order of the maps at each pixel. The Jacobian
is triangular, so log |det| is a sum over coordinates, and log q(z) has a term for each. Source:
Kingma et al. 2016, "Improving Variational Inference with Inverse Autoregressive Flow", §5 and
appendix C.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.parts.distributions.posteriors import DiagonalGaussian, Distribution, Draw

Maps = Float[Tensor, "batch _ row column"]
STRENGTH = 0.1
"""The shift and the log-scale of a step are a tenth of the network's outputs."""


class MaskedMapConv(nn.Module):
    """A masked 3×3 convolution over the previous pixels and some maps of the pixel itself.

    Args:
        inner: 1 where an output depends on an input of its own pixel, [outputs, inputs].
        generator: draws the weights (Glorot).
    """

    mask: Tensor

    def __init__(self, inner: Float[Tensor, "outputs inputs"], generator: torch.Generator) -> None:
        super().__init__()
        outputs, inputs = inner.shape
        mask = torch.zeros(outputs, inputs, 2, 3)
        mask[:, :, 0] = 1
        mask[:, :, 1, 0] = 1
        mask[:, :, 1, 1] = inner
        self.register_buffer("mask", mask, persistent=False)
        self.weight = nn.Parameter(torch.empty_like(mask))
        nn.init.xavier_uniform_(self.weight, generator=generator)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Maps) -> Maps:
        """Return the outputs, of the same height and width."""
        return F.conv2d(F.pad(x, (1, 1, 1, 0)), self.weight * self.mask, self.bias)


class MapStep(nn.Module):
    """y = (x − m/10) · exp(−s/10), where m and s depend on the previous coordinates.

    Args:
        maps: maps of the code.
        features: channels of the two hidden layers and of the context, added to the first one.
        reverse: whether the order of pixels and maps is reversed.
        generator: draws the weights.
    """

    def __init__(
        self, maps: int, features: int, *, reverse: bool, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.reverse = reverse
        order = torch.arange(maps) + 1
        degree = torch.arange(features) % maps  # maps of its own pixel that a unit depends on
        self.enter = MaskedMapConv((degree[:, None] >= order).float(), generator)
        self.hidden = MaskedMapConv((degree[:, None] >= degree).float(), generator)
        self.leave = MaskedMapConv((order[:, None] > degree).float().repeat(2, 1), generator)

    def forward(self, x: Maps, context: Maps) -> tuple[Maps, Maps]:
        """Return y and log |∂y/∂x| of each coordinate, −s/10."""
        if self.reverse:
            y, log_slope = self._step(x.flip((1, 2, 3)), context.flip((2, 3)))
            return y.flip((1, 2, 3)), log_slope.flip((1, 2, 3))
        return self._step(x, context)

    def _step(self, x: Maps, context: Maps) -> tuple[Maps, Maps]:
        hidden = self.hidden(F.elu(self.enter(x) + context))
        shift, log_scale = (STRENGTH * self.leave(F.elu(hidden))).chunk(2, 1)
        return (x - shift) * torch.exp(-log_scale), -log_scale


class MapFlow(nn.Module):
    """A composition of steps, which alternate the order of pixels and maps.

    Args:
        shape: maps, rows and columns of the code.
        features: channels of the steps' networks and of the context.
        steps: number of steps.
        generator: draws the weights.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        features: int,
        steps: int,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.shape, self.features = shape, features
        self.steps = nn.ModuleList(
            MapStep(shape[0], features, reverse=i % 2 == 1, generator=generator)
            for i in range(steps)
        )

    def forward(
        self,
        x: Float[Tensor, "*example latent"],
        context: Float[Tensor, "*example context"],
    ) -> tuple[Float[Tensor, "*example latent"], Float[Tensor, "*example latent"]]:
        """Return y and log |∂y/∂x| of each coordinate; codes and contexts are flattened."""
        maps = x.reshape(-1, *self.shape)
        context_maps = context.reshape(-1, self.features, *self.shape[1:])
        total = torch.zeros_like(maps)
        for step in self.steps:
            maps, log_slope = step(maps, context_maps)
            total = total + log_slope
        return maps.reshape(x.shape), total.reshape(x.shape)


@dataclass(frozen=True)
class FlowingMaps(Distribution):
    """Distribution of z = f(z₀), z₀ ~ N(μ, diag σ²), with f a flow of maps; all flattened."""

    base: DiagonalGaussian
    """q₀."""
    context: Float[Tensor, "*example context"]
    """What the flow is conditioned on."""
    flow: MapFlow
    """f."""

    @property
    def point(self) -> Float[Tensor, "*example latent"]:
        """f(μ)."""
        z: Tensor = self.flow(self.base.mean, self.context)[0]
        return z

    @property
    def has_density(self) -> bool:
        """No: the inverse would take one pass per coordinate."""
        return False

    def draw(self, generator: torch.Generator) -> Draw:
        """Sample z₀ and transform it; log q(z) has a term for each coordinate."""
        start = self.base.sample(generator)
        z, log_slope = self.flow(start, self.context)

        def by_dimension() -> Tensor:
            terms: Tensor = self.base.log_prob_by_dimension(start) - log_slope
            return terms

        return Draw(z, lambda: by_dimension().sum(-1), by_dimension)
