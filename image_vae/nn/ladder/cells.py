"""Residual cells: x ↦ skip(x) + .1 · SE(body(x)), the layers of both towers.

The skip connection is x itself, or changes the number of channels and the resolution. Source:
Vahdat & Kautz 2020, "NVAE", §3.1 and figure 3; squeeze and excitation (SE) of Hu et al. 2018,
"Squeeze-and-Excitation Networks".

| cell | body |
|---|---|
| encoder | twice: BN, Swish, 3×3 |
| depthwise decoder | BN, 1×1 to E·C channels, BN, Swish, depthwise 5×5, BN, Swish, 1×1, BN |
| plain decoder | as the encoder's |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.nn.ladder.convolution import Convolution
from image_vae.nn.normalisation import BatchNorm

Maps = Float[Tensor, "batch _ _ _"]
"""Maps [batch, channel, height, width]."""
Change = Literal["same", "down", "up"]
"""Whether a cell keeps the resolution, halves it, or doubles it."""
CellMaker = Callable[[int, int, Change, torch.Generator], nn.Module]
"""Creates a cell from the channels of its input and output, a change, and a generator."""
MOMENTUM = 0.05
"""Weight of a batch's moments in the running moments."""
SHARE = 0.1
"""Weight of the residual."""
REDUCTION, LEAST_HIDDEN = 16, 4
"""Hidden units of SE: channels / 16, at least 4."""


class Swish(nn.Module):
    """x σ(x)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return x σ(x)."""
        return F.silu(x)


class SqueezeExcitation(nn.Module):
    """Scale each channel by a gate computed from the means of all channels.

    Args:
        channels: number of channels.
        generator: draws the weights.
    """

    def __init__(self, channels: int, generator: torch.Generator) -> None:
        super().__init__()
        hidden = max(channels // REDUCTION, LEAST_HIDDEN)
        self.squeeze = _linear(channels, hidden, generator)
        self.excite = _linear(hidden, channels, generator)

    def forward(self, x: Maps) -> Maps:
        """Return x ∘ σ(B relu(A mean(x)))."""
        gate = torch.sigmoid(self.excite(F.relu(self.squeeze(x.mean((2, 3))))))
        return x * gate[:, :, None, None]


class HalvedSkip(nn.Module):
    """Halve the resolution: Swish, then one 1×1 convolution for each corner of a 2×2 window.

    Args:
        inputs: channels of the input.
        outputs: channels of the output, a multiple of 4.
        generator: draws the weights.
    """

    def __init__(self, inputs: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        self.corners = Convolution(4 * inputs, outputs, 1, groups=4, generator=generator)

    def forward(self, x: Maps) -> Maps:
        """Return maps of half the height and width, which are even."""
        x = F.silu(x)
        corners = [x[:, :, row::2, column::2] for row in (0, 1) for column in (0, 1)]
        halved: Tensor = self.corners(torch.cat(corners, 1))
        return halved


class DoubledSkip(nn.Module):
    """Double the resolution: bilinear interpolation, then a 1×1 convolution.

    Args:
        inputs: channels of the input.
        outputs: channels of the output.
        generator: draws the weights.
    """

    def __init__(self, inputs: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        self.mix = Convolution(inputs, outputs, 1, generator=generator)

    def forward(self, x: Maps) -> Maps:
        """Return maps of twice the height and width."""
        # The 1×1 convolution and the interpolation commute; this order needs a quarter of the
        # multiplications.
        mixed = self.mix(x)
        return F.interpolate(mixed, scale_factor=2, mode="bilinear", align_corners=True)


class Repeated(nn.Module):
    """Double the resolution by repeating pixels."""

    def forward(self, x: Maps) -> Maps:
        """Return maps of twice the height and width."""
        return F.interpolate(x, scale_factor=2, mode="nearest")


class Cell(nn.Module):
    """skip(x) + .1 · SE(body(x)).

    Args:
        skip: maps x to the output shape; the identity if the shapes are equal.
        body: the layers of the residual.
        gate: SE, or the identity.
    """

    def __init__(self, skip: nn.Module, body: nn.Module, gate: nn.Module) -> None:
        super().__init__()
        self.skip, self.body, self.gate = skip, body, gate

    def forward(self, x: Maps) -> Maps:
        """Return the maps."""
        skip: Tensor = self.skip(x)
        return skip.add(self.gate(self.body(x)), alpha=SHARE)


def encoder_cell(
    inputs: int, outputs: int, change: Change, generator: torch.Generator, *, squeeze: bool = True
) -> Cell:
    """Return a cell of two 3×3 convolutions; also the plain decoder cell."""
    stride = 2 if change == "down" else 1
    body = nn.Sequential(
        _normal(inputs),
        Swish(),
        *([Repeated()] if change == "up" else []),
        Convolution(inputs, outputs, 3, stride=stride, generator=generator),
        _normal(outputs),
        Swish(),
        Convolution(outputs, outputs, 3, generator=generator),
    )
    skip = _skip(inputs, outputs, change, generator)
    return Cell(skip, body, _gate(outputs, squeeze, generator))


def depthwise_cell(
    inputs: int,
    outputs: int,
    change: Change,
    generator: torch.Generator,
    *,
    expansion: int = 6,
    squeeze: bool = True,
) -> Cell:
    """Return an inverted residual cell with a depthwise 5×5 convolution of expanded channels.

    Args:
        inputs: channels of the input.
        outputs: channels of the output.
        change: `same` or `up`.
        generator: draws the weights.
        expansion: E, expansion ratio of the channels.
        squeeze: whether the residual is gated by SE.
    """
    inside = expansion * inputs
    # Pixels are repeated just before the 5×5 convolution: the layers before it are pixelwise, and
    # their batch moments do not change, so they need a quarter of the multiplications.
    body = nn.Sequential(
        _normal(inputs),
        Convolution(inputs, inside, 1, generator=generator),
        _normal(inside),
        Swish(),
        *([Repeated()] if change == "up" else []),
        Convolution(inside, inside, 5, groups=inside, generator=generator),
        _normal(inside),
        Swish(),
        Convolution(inside, outputs, 1, generator=generator),
        _normal(outputs),
    )
    skip = _skip(inputs, outputs, change, generator)
    return Cell(skip, body, _gate(outputs, squeeze, generator))


def _skip(inputs: int, outputs: int, change: Change, generator: torch.Generator) -> nn.Module:
    if change == "down":
        return HalvedSkip(inputs, outputs, generator)
    if change == "up":
        return DoubledSkip(inputs, outputs, generator)
    return (
        nn.Identity() if inputs == outputs else Convolution(inputs, outputs, 1, generator=generator)
    )


def _gate(channels: int, squeeze: bool, generator: torch.Generator) -> nn.Module:
    return SqueezeExcitation(channels, generator) if squeeze else nn.Identity()


def _normal(features: int) -> BatchNorm:
    return BatchNorm(features, MOMENTUM)


def _linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, inputs, outputs)
    bound = inputs**-0.5
    for each in (layer.weight, layer.bias):
        nn.init.uniform_(each, -bound, bound, generator=generator)
    return layer
