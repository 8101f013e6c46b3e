"""Decoders whose pixels depend on each other: an autoregressive network given the code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.nn.decoders import DecoderModule
from image_vae.nn.masked import MaskedPixelCnn
from image_vae.nn.networks import Dense, Values
from image_vae.nn.pixelcnn import Draw, GatedPixelCnn
from image_vae.parts.distributions.pixel_heads import PixelHead

Pixels = Float[Tensor, "batch channel height width"]


@runtime_checkable
class PixelNetwork(Protocol):
    """A network from an image and a condition, computed from the code, to outputs per pixel."""

    def __call__(self, x: Pixels, condition: Float[Tensor, "batch ..."]) -> Tensor:
        """Return the outputs [batch, height, width, output]."""
        ...

    def sample(
        self,
        condition: Float[Tensor, "batch ..."],
        shape: tuple[int, int, int],
        draw: Draw,
        *,
        on_row: Callable[[int], object] = ...,
    ) -> Pixels:
        """Draw images pixel by pixel."""
        ...


@dataclass(frozen=True)
class AutoregressivePixels:
    """p(x | z) = Π_i p(x_i | x_1 … x_{i−1}, z), with the pixels in raster order.

    It has no mean in closed form; images are sampled.
    """

    network: PixelNetwork
    """Maps an image and a condition to the outputs of every pixel."""
    head: PixelHead
    """The distribution of a pixel, given its outputs."""
    code: Float[Tensor, "k batch ..."]
    """The condition: z, or its channels."""
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
            on_row: called with the index of each completed row.
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
    """p(x | z) by a conditional gated PixelCNN. Source: Gulrajani et al. 2016, "PixelVAE".

    Args:
        parents: the names of the codes.
        network: the network.
        head: the distribution of a pixel.
        shape: channels, height and width.
        conditional: whether the network is conditioned on the codes; if not, the condition is zero.
    """

    at_once = 200

    def __init__(
        self,
        parents: tuple[str, ...],
        network: GatedPixelCnn,
        head: PixelHead,
        shape: tuple[int, int, int],
        *,
        conditional: bool = True,
    ) -> None:
        super().__init__()
        self.parents, self.network, self.head, self.shape = parents, network, head, shape
        self.conditional = conditional

    def forward(self, codes: Values) -> AutoregressivePixels:
        """Return the distribution."""
        code = concatenated({name: codes[name] for name in self.parents})
        if not self.conditional:
            code = torch.zeros_like(code[..., :1])
        return AutoregressivePixels(self.network, self.head, code, self.shape)


class PlanesDecoder(DecoderModule):
    """p(x | z) by a masked network with each code as additional channels of the image.

    Gated dense layers map a code to these channels. Source: Tomczak & Welling 2017, "VAE with a
    VampPrior", PixelHVAE.

    Args:
        parents: the width of each code by name.
        network: the network.
        head: the distribution of a pixel.
        shape: channels, height and width.
        hidden: widths of the layers between a code and its channels.
        generator: draws the weights.
    """

    at_once = 200

    def __init__(
        self,
        parents: Mapping[str, int],
        network: MaskedPixelCnn,
        head: PixelHead,
        shape: tuple[int, int, int],
        *,
        hidden: tuple[int, ...] = (),
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.network, self.head, self.shape = network, head, shape
        self.planes = nn.ModuleDict(
            {
                name: Dense((width,), (*hidden, prod(shape)), "gated", generator=generator)
                for name, width in parents.items()
            }
        )

    def forward(self, codes: Values) -> AutoregressivePixels:
        """Return the distribution."""
        flat = concatenated({name: layer(codes[name]) for name, layer in self.planes.items()})
        planes = flat.unflatten(-1, (-1, *self.shape[1:]))
        return AutoregressivePixels(self.network, self.head, planes, self.shape)


def concatenated(codes: Values) -> Float[Tensor, "k batch width"]:
    """Concatenate values along the last axis; values with k = 1 are broadcast over the samples."""
    k = max(each.size(0) for each in codes.values())
    return torch.cat([each.expand(k, -1, -1) for each in codes.values()], -1)
