"""Decoders whose pixels depend on each other: an autoregressive network given the code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from image_vae.nn.decoders import DecoderModule
from image_vae.nn.networks import Values
from image_vae.nn.pixelcnn import GatedPixelCnn
from image_vae.parts.distributions.pixel_heads import PixelHead


@dataclass(frozen=True)
class AutoregressivePixels:
    """p(x | z) = Π_i p(x_i | x_1 … x_{i−1}, z), with the pixels in raster order.

    It has no mean in closed form; images are sampled.
    """

    network: GatedPixelCnn
    """From an image and a code to the outputs of every pixel."""
    head: PixelHead
    """The distribution of a pixel, given its outputs."""
    code: Float[Tensor, "k batch latent"]
    """z."""
    shape: tuple[int, int, int]
    """Channels, height and width."""

    def log_prob(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "k batch"]:
        """Return log p(x | z) in nats, in one pass."""
        k, batch = self.code.shape[:2]
        images = x.expand(k, *x.shape).flatten(0, 1)
        outputs: Tensor = self.network(images, self.code.flatten(0, 1))
        by_pixel = self.head.log_prob(outputs, images.movedim(1, -1))
        total: Tensor = by_pixel.flatten(1).sum(-1)
        return total.view(k, batch)

    def sample(
        self,
        generator: torch.Generator,
        *,
        on_row: Callable[[int], object] = lambda row: None,
    ) -> Float[Tensor, "k batch channel height width"]:
        """Draw images, pixel by pixel.

        Args:
            generator: draws the pixels.
            on_row: called with the number of each completed row.
        """
        images = self.network.sample(
            self.code.flatten(0, 1),
            self.shape,
            lambda outputs: self.head.sample(outputs, generator),
            on_row=on_row,
        )
        unflat: Tensor = images.unflatten(0, self.code.shape[:2])
        return unflat


class PixelCnnDecoder(DecoderModule):
    """p(x | z) by a gated PixelCNN that sees the codes. Source: Gulrajani et al. 2016, "PixelVAE".

    Args:
        parents: the names of the codes.
        network: the network.
        head: the distribution of a pixel.
        shape: channels, height and width.
    """

    at_once = 200

    def __init__(
        self,
        parents: tuple[str, ...],
        network: GatedPixelCnn,
        head: PixelHead,
        shape: tuple[int, int, int],
    ) -> None:
        super().__init__()
        self.parents, self.network, self.head, self.shape = parents, network, head, shape

    def forward(self, codes: Values) -> AutoregressivePixels:
        """Return the distribution."""
        parts = [codes[name] for name in self.parents]
        k = max(part.size(0) for part in parts)
        code = torch.cat([part.expand(k, -1, -1) for part in parts], -1)
        return AutoregressivePixels(self.network, self.head, code, self.shape)
