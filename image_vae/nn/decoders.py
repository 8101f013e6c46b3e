"""Decoders: map codes to the likelihood of an image, or of its label."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.nn.affine import Affine, affine
from image_vae.nn.joined import Joined
from image_vae.nn.networks import Conditional, Shape, Upsampling, Values, linear
from image_vae.parts.distributions.likelihoods import Categorical, ImageDistribution, LikelihoodHead
from image_vae.specs.encoders import Activation

AT_ONCE = 4_000
"""Default maximum number of codes decoded at once."""


class DecoderModule(nn.Module):
    """p(x | z): from the values of its parents by name, [k, batch, ...], to a likelihood."""

    at_once: int = AT_ONCE
    """Maximum number of codes decoded at once, which bounds memory in evaluation."""

    def forward(self, codes: Values) -> ImageDistribution:
        """Return the likelihood."""
        raise NotImplementedError


class Decoder(DecoderModule):
    """p(x | z): hidden layers that map the codes to one value per pixel, and a likelihood head.

    The head's start is added to the output, as in the code of Burda et al. 2015.

    Args:
        parents: dimension of each code that the image depends on, by name.
        head: maps one value per pixel to the likelihood.
        shape: outputs of the head at each pixel (for most heads the channels), height, width.
        hidden: width of each hidden layer.
        activation: activation of each hidden layer.
        convolutional: whether the last layers are transposed convolutions.
        normalised: whether hidden layers have batch normalisation.
        joined: whether the first hidden layer takes the codes concatenated.
        generator: draws the weights.
    """

    def __init__(
        self,
        parents: Mapping[str, int],
        head: LikelihoodHead,
        shape: Shape,
        *,
        hidden: tuple[int, ...],
        activation: Activation,
        convolutional: bool = False,
        normalised: bool = False,
        joined: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.shape, self.head = shape, head
        shapes = {name: (size,) for name, size in parents.items()}
        width = hidden[-1]
        outputs = width if convolutional else prod(shape)
        self.hidden = (
            Joined(shapes, (outputs,), hidden=hidden, activation=activation, generator=generator)
            if joined
            else Conditional(
                shapes,
                (outputs,),
                hidden=hidden,
                activation=activation,
                normalised=normalised,
                generator=generator,
            )
        )
        self.image = None
        if convolutional:
            self.image = Upsampling(
                width, shape, activation, normalised=normalised, generator=generator
            )

    def forward(self, codes: Values) -> ImageDistribution:
        """Return the likelihood, [k, batch, channel, height, width]."""
        values = self._dense(codes) if self.image is None else self._upsampled(codes)
        likelihood: ImageDistribution = self.head(values)
        return likelihood

    def _dense(self, codes: Values) -> Float[Tensor, "k batch *event"]:
        """Return the last layer's output; the start is added to its bias to save time."""
        (last,) = self.hidden.heads
        assert isinstance(last, Affine)
        bias = last.bias + self.head.start.flatten()
        pixels: Tensor = affine(self.hidden.hidden(codes), last.weight, bias)
        return pixels.view(*pixels.shape[:-1], *self.shape)

    def _upsampled(self, codes: Values) -> Float[Tensor, "k batch *event"]:
        assert self.image is not None
        image: Tensor = self.image(*self.hidden(codes))
        return image + self.head.start


class LabelDecoder(DecoderModule):
    """p(y | z₁) = softmax(A z₁ + b): a label predicted from the first coordinates of a code.

    Args:
        latent: the name of the code.
        width: number of these coordinates.
        count: number of values of the label.
        generator: draws the weights.
    """

    def __init__(self, latent: str, width: int, count: int, *, generator: torch.Generator) -> None:
        super().__init__()
        self.latent, self.width = latent, width
        self.head = linear(width, count, generator)

    def forward(self, codes: Values) -> Categorical:
        """Return the likelihood, [k, batch, category]."""
        return Categorical(self.head(codes[self.latent][..., : self.width]))


class AttributeDecoder(DecoderModule):
    """p(attribute | z): dense layers with ReLU, then the logits of its values.

    Args:
        latent: the name of the code.
        width: width of the code.
        hidden: width of each hidden layer.
        count: number of values of the attribute.
        generator: draws the weights.
    """

    def __init__(
        self,
        latent: str,
        width: int,
        hidden: tuple[int, ...],
        count: int,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.network = Conditional(
            {latent: (width,)}, (count,), hidden=hidden, activation="relu", generator=generator
        )

    def forward(self, codes: Values) -> Categorical:
        """Return the likelihood, [k, batch, category]."""
        (logits,) = self.network(codes)
        return Categorical(logits)
