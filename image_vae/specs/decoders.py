"""Decoders of images: the network from codes to the parameters of the likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import Part, register
from image_vae.specs.encoders import ACTIVATION, Activation, ImageEncoder, Width
from image_vae.specs.likelihoods import Likelihood

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from image_vae.nn.decoders import Decoder
    from image_vae.parts.distributions.pixel_heads import PixelHead

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
    joined: bool
    """Whether the first dense layer takes all codes concatenated, as it takes a label."""
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
    hidden: tuple[Width, ...] = Field(default=(200, 200), min_length=1, description=HIDDEN)
    activation: Activation = Field(default="tanh", description=ACTIVATION)

    def build(self, inputs: DecoderInputs) -> Decoder:
        """Return dense layers."""
        return _decoder(inputs, self.hidden, self.activation, convolutional=False)


@register
class ConvDecoder(ImageDecoder):
    """A dense layer, then transposed convolutions of stride 2."""

    name = "conv"
    hidden: tuple[Width, ...] = Field(default=(256,), min_length=1, description=HIDDEN)
    activation: Activation = Field(default="relu", description=ACTIVATION)

    def build(self, inputs: DecoderInputs) -> Decoder:
        """Return dense and transposed convolutional layers."""
        return _decoder(inputs, self.hidden, self.activation, convolutional=True)


class _Autoregressive(ImageDecoder):
    """A network in which every pixel depends on the pixels before it, in raster order.

    Binary for a binary likelihood; for others a discretised mixture of logistics of 256 levels,
    with colours in the order R, G, B.
    """

    components: int = Field(
        default=5, ge=1, description="Logistics in the mixture, for 256 levels."
    )

    def _check_odd(self, **sides: int) -> None:
        for name, side in sides.items():
            if side % 2 == 0:
                raise SettingClash(("decoder", name), f"expected an odd number, got {side}")

    def _head(self, inputs: DecoderInputs) -> PixelHead:
        from image_vae.parts.distributions.pixel_heads import BinaryPixel, LogisticMixturePixel

        channels = inputs.mean.size(0)
        if inputs.likelihood.binary:
            return BinaryPixel(channels)
        return LogisticMixturePixel(channels, self.components)


@register
class ConvNormalisedDecoder(ImageDecoder):
    """Transposed convolutions of 5×5 with batch normalisation and ELU (Vedantam et al. 2017)."""

    name = "conv-bn"
    channels: tuple[Width, ...] = Field(
        default=(1024, 512, 256, 128),
        min_length=1,
        description="Channels of the transposed convolutions from 4×4 upwards; smaller images use "
        "only the first ones.",
    )

    def build(self, inputs: DecoderInputs) -> nn.Module:
        """Return the decoder.

        Raises:
            SettingClash: the image is larger than the output of the layers.
        """
        from image_vae.nn.convolutional.normalised import NormalisedDecoder, doublings

        steps = doublings(max(inputs.mean.shape[1:]))
        if steps > len(self.channels):
            raise SettingClash(
                ("decoder", "channels"),
                f"expected {steps} for an image of {inputs.mean.shape[1]}×{inputs.mean.shape[2]} "
                f"pixels, got {len(self.channels)}",
            )
        return NormalisedDecoder(
            inputs.parents,
            inputs.likelihood.build(inputs.mean),
            self.channels[:steps],
            generator=inputs.generator,
        )


@register
class PixelCnn(_Autoregressive):
    """A gated PixelCNN, conditioned on the code (Gulrajani et al. 2016).

    Binary for a binary likelihood; for others a discretised mixture of logistics of 256 levels,
    with colours in the order R, G, B. With few layers and small kernels the receptive field is
    local, and the code carries the global structure (Chen et al. 2016, "Variational Lossy
    Autoencoder").
    """

    name = "pixelcnn"
    layers: int = Field(default=12, ge=0, description="Layers after the first.")
    features: int = Field(default=16, ge=1, description="Channels of each layer.")
    kernel: int = Field(default=5, ge=1, description="Kernel size of the layers, odd.")
    first_kernel: int = Field(default=7, ge=3, description="Kernel size of the first layer, odd.")
    conditional: bool = Field(
        default=True, description="Condition the pixels on the code; otherwise a plain PixelCNN."
    )

    def build(self, inputs: DecoderInputs) -> nn.Module:
        """Return the decoder.

        Raises:
            SettingClash: an even kernel size.
        """
        from image_vae.nn.autoregressive import PixelCnnDecoder
        from image_vae.nn.pixelcnn import GatedPixelCnn

        self._check_odd(kernel=self.kernel, first_kernel=self.first_kernel)
        channels, height, width = inputs.mean.shape
        head = self._head(inputs)
        network = GatedPixelCnn(
            channels,
            head.outputs,
            sum(inputs.parents.values()) if self.conditional else 1,
            layers=self.layers,
            features=self.features,
            kernel=self.kernel,
            first_kernel=self.first_kernel,
            generator=inputs.generator,
        )
        return PixelCnnDecoder(
            tuple(inputs.parents),
            network,
            head,
            (channels, height, width),
            conditional=self.conditional,
        )


@register
class Masked(_Autoregressive):
    """Masked convolutions; codes enter as additional image channels (Tomczak & Welling 2017).

    Pixels are binary or have 256 levels, as in `pixelcnn`. Gated dense layers map each code to
    channels of the size of the image, so that the code can describe each position: with few layers
    the receptive field is local (Chen et al. 2016, "Variational Lossy Autoencoder").
    """

    name = "masked"
    layers: int = Field(default=8, ge=1, description="Layers before the last.")
    features: int = Field(default=64, ge=1, description="Channels of each layer.")
    kernel: int = Field(default=3, ge=3, description="Kernel size of the layers, odd.")
    hidden: tuple[Width, ...] = Field(default=(), description=HIDDEN)

    def build(self, inputs: DecoderInputs) -> nn.Module:
        """Return the decoder.

        Raises:
            SettingClash: an even kernel size.
        """
        from image_vae.nn.autoregressive import PlanesDecoder
        from image_vae.nn.masked import MaskedPixelCnn

        self._check_odd(kernel=self.kernel)
        channels, height, width = inputs.mean.shape
        head, generator = self._head(inputs), inputs.generator
        network = MaskedPixelCnn(
            channels,
            channels * len(inputs.parents),
            head.outputs,
            layers=self.layers,
            features=self.features,
            kernel=self.kernel,
            generator=generator,
        )
        shape = (channels, height, width)
        return PlanesDecoder(
            inputs.parents, network, head, shape, hidden=self.hidden, generator=generator
        )


def _decoder(
    inputs: DecoderInputs, hidden: tuple[int, ...], activation: Activation, *, convolutional: bool
) -> Decoder:
    from image_vae.nn.decoders import Decoder

    head = inputs.likelihood.build(inputs.mean)
    return Decoder(
        inputs.parents,
        head,
        tuple(head.start.shape),
        hidden=hidden,
        activation=activation,
        convolutional=convolutional,
        normalised=inputs.normalised,
        joined=inputs.joined,
        generator=inputs.generator,
    )
