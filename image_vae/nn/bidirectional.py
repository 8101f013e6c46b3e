"""The layers of a ResNet VAE: a bottom-up pass from the image, a top-down pass through the codes.

Each code has a layer. The bottom-up pass computes the image's contribution to q(z); the top-down
pass computes p(z), the other contribution to q(z), and the state of the layer below. Values have
the shape [sample, channel, row, column]. Source: Kingma et al. 2016, "Improving Variational
Inference with Inverse Autoregressive Flow", §5 and figure 3; without its weight normalisation.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.nn.networks import glorot

Maps = Float[Tensor, "sample _ _ _"]
RESIDUAL = 0.1
"""Weight of the residual."""


def convolution(
    inputs: int, outputs: int, kernel: int, generator: torch.Generator, *, stride: int = 1
) -> nn.Conv2d:
    """Return a padded convolution with an odd kernel, which keeps the size or divides it by 2."""
    layer: nn.Conv2d = nn.utils.skip_init(
        nn.Conv2d, inputs, outputs, kernel, stride=stride, padding=kernel // 2
    )
    return glorot(layer, generator)


@dataclass(frozen=True)
class Upward:
    """The bottom-up contributions to q of a code."""

    mean: Maps
    """A summand of μ of q."""
    log_std: Maps
    """A summand of log σ of q."""
    context: Maps
    """A summand of the flow's context."""


@dataclass(frozen=True)
class Downward:
    """p of a code, and the top-down contributions to q."""

    prior_mean: Maps
    """μ of p."""
    prior_log_std: Maps
    """log σ of p."""
    mean: Maps
    """A summand of μ of q."""
    log_std: Maps
    """A summand of log σ of q."""
    context: Maps
    """A summand of the flow's context."""
    hidden: Maps
    """Features that are concatenated with the code for the layer below."""


class BidirectionalLayer(nn.Module):
    """The layer of one code, for both passes.

    Args:
        maps: maps of the code.
        features: channels of the state.
        halves: whether the bottom-up pass halves the resolution first.
        top: whether it is the topmost layer.
        generator: draws the weights.
    """

    def __init__(
        self,
        maps: int,
        features: int,
        *,
        halves: bool = False,
        top: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.maps, self.features, self.halves = maps, features, halves
        self.seen = (maps, maps, features, 0 if top else features)
        stride = 2 if halves else 1
        self.up_in = convolution(features, sum(self.seen), 3, generator, stride=stride)
        self.up_out = None if top else convolution(features, features, 3, generator)
        self.down_in = convolution(features, 4 * maps + 2 * features, 3, generator)
        self.down_out = convolution(maps + features, features, 3, generator)

    def up(self, state: Maps) -> tuple[Upward, Maps]:
        """Return the bottom-up contributions, and the bottom-up state of the layer above."""
        mean, log_std, context, hidden = self.up_in(F.elu(state)).split(self.seen, 1)
        seen = Upward(mean, log_std, context)
        if self.up_out is None:
            return seen, state
        skip = state[:, :, ::2, ::2] if self.halves else state
        return seen, skip + RESIDUAL * self.up_out(F.elu(hidden))

    def down(self, state: Maps) -> Downward:
        """Return p and the top-down contributions, given the state."""
        sizes = (*(self.maps,) * 4, self.features, self.features)
        return Downward(*self.down_in(F.elu(state)).split(sizes, 1))

    def join(self, state: Maps, hidden: Maps, z: Maps, size: tuple[int, int]) -> Maps:
        """Return the state of the layer below.

        Args:
            state: the state of this layer.
            hidden: the features of the top-down pass.
            z: the code.
            size: height and width of the layer below.
        """
        joined = F.elu(torch.cat([z, hidden], 1))
        below: Tensor = enlarged(state, size) + RESIDUAL * self.down_out(enlarged(joined, size))
        return below


def enlarged(x: Maps, size: tuple[int, int]) -> Maps:
    """Return maps resized by nearest-neighbour interpolation."""
    return x if tuple(x.shape[2:]) == size else F.interpolate(x, size)


class FirstLayer(nn.Module):
    """Maps an image to the state, at half the resolution.

    Args:
        channels: channels of the image.
        features: channels of the state.
        generator: draws the weights.
    """

    def __init__(self, channels: int, features: int, generator: torch.Generator) -> None:
        super().__init__()
        self.layer = convolution(channels, features, 5, generator, stride=2)

    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Maps:
        """Return the state; pixels are scaled from [0, 1] to [−1, 1]."""
        state: Tensor = self.layer(2 * x - 1)
        return state


class LastLayer(nn.Module):
    """Maps the state to one value per channel and pixel.

    Args:
        features: channels of the state.
        shape: channels, height and width of the image.
        generator: draws the weights.
    """

    def __init__(self, features: int, shape: tuple[int, ...], generator: torch.Generator) -> None:
        super().__init__()
        extra = tuple(1 - side % 2 for side in shape[1:])
        layer: nn.ConvTranspose2d = nn.utils.skip_init(
            nn.ConvTranspose2d, features, shape[0], 5, stride=2, padding=2, output_padding=extra
        )
        self.layer = glorot(layer, generator)

    def forward(self, state: Maps) -> Float[Tensor, "batch channel height width"]:
        """Return the values."""
        values: Tensor = self.layer(F.elu(state))
        return values
