"""Decoders of images: the network from codes to the parameters of the likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from graphvae_data.core.settings import Part, register
from image_vae.specs.encoders import ACTIVATION, Activation, ImageEncoder, Width
from image_vae.specs.likelihoods import Likelihood

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from image_vae.nn.decoders import Decoder

HIDDEN = "Widths of the hidden layers between the codes and the image."


@dataclass(frozen=True)
class DecoderInputs:
    """The inputs for building a decoder."""

    parents: dict[str, int]
    """Dimension of each code that the image depends on, by name."""
    mean: Tensor
    """The mean training image [channel, height, width], in [0, 1]."""
    likelihood: Likelihood
    """The likelihood that the output parametrises."""
    encoder: ImageEncoder
    """The encoder, which a mirrored decoder follows."""
    normalised: bool
    """Whether hidden layers have batch normalisation, as InfoGAN's generator needs."""
    generator: torch.Generator
    """Draws the weights; on the CPU."""


class ImageDecoder(Part):
    """The network from codes to an image."""

    family: ClassVar[dict[str, type[Part]]] = {}

    def build(self, inputs: DecoderInputs) -> nn.Module:
        """Return a module that maps codes by name, each [k, batch, width], to a likelihood."""
        raise NotImplementedError


@register
class Mirror(ImageDecoder):
    """The encoder's layers in reverse."""

    name = "mirror"

    def build(self, inputs: DecoderInputs) -> Decoder:
        """Return dense or transposed convolutional layers, according to the encoder."""
        encoder = inputs.encoder
        return _decoder(
            inputs, encoder.hidden[::-1], encoder.activation, convolutional=encoder.convolutional
        )


@register
class MlpDecoder(ImageDecoder):
    """Dense layers."""

    name = "mlp"
    hidden: tuple[Width, ...] = Field((200, 200), min_length=1, description=HIDDEN)
    activation: Activation = Field("tanh", description=ACTIVATION)

    def build(self, inputs: DecoderInputs) -> Decoder:
        """Return dense layers."""
        return _decoder(inputs, self.hidden, self.activation, convolutional=False)


@register
class ConvDecoder(ImageDecoder):
    """A dense layer, then transposed convolutions of stride 2."""

    name = "conv"
    hidden: tuple[Width, ...] = Field((256,), min_length=1, description=HIDDEN)
    activation: Activation = Field("relu", description=ACTIVATION)

    def build(self, inputs: DecoderInputs) -> Decoder:
        """Return dense and transposed convolutional layers."""
        return _decoder(inputs, self.hidden, self.activation, convolutional=True)


def _decoder(
    inputs: DecoderInputs, hidden: tuple[int, ...], activation: Activation, *, convolutional: bool
) -> Decoder:
    from image_vae.nn.decoders import Decoder

    return Decoder(
        inputs.parents,
        inputs.likelihood.build(inputs.mean),
        tuple(inputs.mean.shape),
        hidden=hidden,
        activation=activation,
        convolutional=convolutional,
        normalised=inputs.normalised,
        generator=inputs.generator,
    )
