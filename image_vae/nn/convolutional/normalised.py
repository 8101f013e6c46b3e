"""Convolutions with batch normalisation and ELU, between an image and a code.

Source: Vedantam et al. 2017, "Generative Models of Visually Grounded Imagination", appendix A.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.nn.decoders import DecoderModule
from image_vae.nn.networks import Shape, Values, glorot, linear
from image_vae.nn.normalisation import BatchNorm
from image_vae.parts.distributions.likelihoods import ImageDistribution, LikelihoodHead

KERNEL, START = 5, 4
"""Kernel size, and side of the first features of a decoder."""


class NormalisedLayer(nn.Module):
    """A layer, batch normalisation, ELU.

    Args:
        layer: a linear or convolutional layer.
        features: number of output features.
    """

    def __init__(self, layer: nn.Module, features: int) -> None:
        super().__init__()
        self.layer, self.normal = layer, BatchNorm(features)

    def forward(self, x: Tensor) -> Tensor:
        """Return the activated output."""
        return nn.functional.elu(self.normal(self.layer(x)))


def sides(side: int, convolutions: int) -> tuple[int, ...]:
    """Return the side of an image before and after each convolution of an encoder.

    >>> sides(64, 4), sides(32, 4)
    ((64, 60, 28, 12, 12), (32, 28, 12, 4, 4))
    """
    result = [side]
    for index in range(convolutions):
        last = index == convolutions - 1
        stride = 2 if index else 1
        result.append(result[-1] if last else (result[-1] - KERNEL) // stride + 1)
    return tuple(result)


def least_side(convolutions: int) -> int:
    """Return the smallest side of an image that leaves a pixel after all convolutions.

    >>> least_side(4)
    17
    """
    return next(side for side in range(1, 1 << 16) if min(sides(side, convolutions)) >= 1)


def doublings(side: int) -> int:
    """Return the number of doublings from 4 pixels to a side, at least one.

    >>> doublings(28), doublings(64)
    (3, 4)
    """
    return next(times for times in range(1, 17) if START << times >= side)


class NormalisedConvolutional(nn.Module):
    """An encoder's body: convolutions without padding, then dense layers.

    Args:
        shape: channels, height, width of the image.
        channels: channels of each convolution; the last has a kernel of 1×1.
        hidden: width of each dense layer.
        generator: draws the weights.
    """

    def __init__(
        self,
        shape: Shape,
        channels: tuple[int, ...],
        hidden: tuple[int, ...],
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        layers = list[nn.Module]()
        for index, (inputs, outputs) in enumerate(pairwise((shape[0], *channels))):
            last = index == len(channels) - 1
            kernel, stride = (1, 1) if last else (KERNEL, 2 if index else 1)
            convolution: nn.Conv2d = nn.utils.skip_init(
                nn.Conv2d, inputs, outputs, kernel, stride=stride
            )
            layers.append(NormalisedLayer(glorot(convolution, generator), outputs))
        self.convolutions = nn.Sequential(*layers)
        end = channels[-1] * prod(sides(side, len(channels))[-1] for side in shape[1:])
        self.dense = nn.Sequential(
            *(
                NormalisedLayer(linear(*widths, generator), widths[1])
                for widths in pairwise((end, *hidden))
            )
        )
        self.width = hidden[-1]
        """Width of the output."""

    def forward(
        self, image: Float[Tensor, "k batch channel height width"]
    ) -> Float[Tensor, "k batch hidden"]:
        """Return the last dense layer's output."""
        features = self.convolutions(image.flatten(0, 1)).flatten(1)
        hidden: Tensor = self.dense(features.unflatten(0, image.shape[:2]))
        return hidden


class NormalisedDecoder(DecoderModule):
    """p(x | z): a transposed convolution to 4×4, then others that double the resolution.

    The output is cropped to the size of the image.

    Args:
        parents: dimension of each code that the image depends on, by name.
        head: maps one value per pixel to the likelihood.
        channels: channels of each transposed convolution except the last.
        generator: draws the weights.
    """

    def __init__(
        self,
        parents: Mapping[str, int],
        head: LikelihoodHead,
        channels: tuple[int, ...],
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.parents, self.head = tuple(parents), head
        self.shape: Shape = tuple(head.start.shape)
        first: nn.ConvTranspose2d = nn.utils.skip_init(
            nn.ConvTranspose2d, sum(parents.values()), channels[0], START
        )
        layers: list[nn.Module] = [NormalisedLayer(glorot(first, generator), channels[0])]
        double = partial(
            nn.utils.skip_init,
            nn.ConvTranspose2d,
            kernel_size=KERNEL,
            stride=2,
            padding=2,
            output_padding=1,
        )
        layers += [
            NormalisedLayer(glorot(double(*pair), generator), pair[1])
            for pair in pairwise(channels)
        ]
        layers.append(glorot(double(channels[-1], self.shape[0]), generator))
        self.layers = nn.Sequential(*layers)

    def forward(self, codes: Values) -> ImageDistribution:
        """Return the likelihood, [k, batch, channel, height, width]."""
        z = _joined([codes[name] for name in self.parents])
        values: Tensor = self.layers(z.flatten(0, 1)[..., None, None])
        _, height, width = self.shape
        values = values[..., :height, :width].unflatten(0, z.shape[:2])
        likelihood: ImageDistribution = self.head(values + self.head.start)
        return likelihood


def _joined(parts: list[Tensor]) -> Float[Tensor, "k batch width"]:
    """Concatenate codes; one with k = 1 is broadcast over the samples."""
    k = max(part.size(0) for part in parts)
    return torch.cat([part.expand(k, -1, -1) for part in parts], -1)
