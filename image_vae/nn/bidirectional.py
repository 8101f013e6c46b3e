"""The layers of a ResNet VAE: a pass up from the image, and one down through the codes.

Each code has a layer. Its pass up gives what the image says of the code; its pass down gives p(z),
the rest of q(z), and the state of the layer below. Values have the axes [sample, channel, row,
column]. Source: Kingma et al. 2016, "Improving Variational Inference with Inverse Autoregressive
Flow", §5 and figure 3; without its weight normalisation.
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
"""The weight of a layer's output beside its input."""


def convolution(
    inputs: int, outputs: int, kernel: int, generator: torch.Generator, *, stride: int = 1
) -> nn.Conv2d:
    """Return a convolution with an odd kernel that keeps the size, or halves it."""
    layer: nn.Conv2d = nn.utils.skip_init(
        nn.Conv2d, inputs, outputs, kernel, stride=stride, padding=kernel // 2
    )
    return glorot(layer, generator)


@dataclass(frozen=True)
class Upward:
    """What the image says of a code."""

    mean: Maps
    """A summand of μ of q."""
    log_std: Maps
    """A summand of log σ of q."""
    context: Maps
    """A summand of the flow's context."""


@dataclass(frozen=True)
class Downward:
    """What the codes above say of a code."""

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
    """Joins the code on the way down."""


class BidirectionalLayer(nn.Module):
    """Both passes of one code.

    Args:
        maps: of the code.
        features: channels of the state.
        halves: whether the pass up halves the size first.
        top: whether no layer is above it.
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
        """Return what the image says of the code, and the state of the layer above."""
        mean, log_std, context, hidden = self.up_in(F.elu(state)).split(self.seen, 1)
        seen = Upward(mean, log_std, context)
        if self.up_out is None:
            return seen, state
        kept = state[:, :, ::2, ::2] if self.halves else state
        return seen, kept + RESIDUAL * self.up_out(F.elu(hidden))

    def down(self, state: Maps) -> Downward:
        """Return what the codes above say of this one."""
        sizes = (*(self.maps,) * 4, self.features, self.features)
        return Downward(*self.down_in(F.elu(state)).split(sizes, 1))

    def join(self, state: Maps, hidden: Maps, z: Maps, size: tuple[int, int]) -> Maps:
        """Return the state of the layer below, of a height and width.

        Args:
            state: of this layer.
            hidden: of the pass down.
            z: the code.
            size: of the layer below.
        """
        both = F.elu(torch.cat([z, hidden], 1))
        below: Tensor = enlarged(state, size) + RESIDUAL * self.down_out(enlarged(both, size))
        return below


def enlarged(x: Maps, size: tuple[int, int]) -> Maps:
    """Return maps of a height and width, by repeating rows and columns."""
    return x if tuple(x.shape[2:]) == size else F.interpolate(x, size)


class FirstLayer(nn.Module):
    """From an image to the state, at half its size.

    Args:
        channels: of the image.
        features: of the state.
        generator: draws the weights.
    """

    def __init__(self, channels: int, features: int, generator: torch.Generator) -> None:
        super().__init__()
        self.layer = convolution(channels, features, 5, generator, stride=2)

    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Maps:
        """Return the state; pixels are taken from [0, 1] to [−1, 1]."""
        state: Tensor = self.layer(2 * x - 1)
        return state


class LastLayer(nn.Module):
    """From the state to one value for each pixel.

    Args:
        features: of the state.
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
