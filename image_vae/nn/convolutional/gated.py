"""Five convolutions from an image to features, as in ConvHVAE and PixelHVAE."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.nn.networks import Activated, Shape, glorot, halved
from image_vae.specs.encoders import Activation

CHANNELS = (32, 32, 64, 64, 6)
"""Channels after each convolution."""
STRIDES = (1, 2, 1, 2, 1)
"""Stride of each convolution."""


class FiveConvolutions(nn.Module):
    """Five convolutions to six feature maps at a quarter of the resolution, flattened.

    Source: Tomczak & Welling 2017, "VAE with a VampPrior", the encoder of ConvHVAE and PixelHVAE.

    Args:
        shape: channels, height, width of the image.
        kernels: kernel sizes, odd.
        activation: activation of each layer.
        generator: draws the weights.
    """

    def __init__(
        self,
        shape: Shape,
        kernels: tuple[int, ...],
        activation: Activation,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        counts = pairwise((shape[0], *CHANNELS))
        self.layers = nn.Sequential(
            *(
                Activated(partial(_convolution, *pair, kernel, stride, generator), activation)
                for pair, kernel, stride in zip(counts, kernels, STRIDES, strict=True)
            )
        )
        halvings = sum(stride == 2 for stride in STRIDES)
        self.width = CHANNELS[-1] * prod(halved(side, halvings)[-1] for side in shape[1:])
        """Width of the output."""

    def forward(
        self, image: Float[Tensor, "k batch channel height width"]
    ) -> Float[Tensor, "k batch hidden"]:
        """Return the flattened features."""
        features: Tensor = self.layers(image.flatten(0, 1)).flatten(1)
        unflat: Tensor = features.unflatten(0, image.shape[:2])
        return unflat


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int, generator: torch.Generator
) -> nn.Conv2d:
    layer: nn.Conv2d = nn.utils.skip_init(
        nn.Conv2d, inputs, outputs, kernel, stride=stride, padding=kernel // 2
    )
    return glorot(layer, generator)
