"""Decoders: from codes to the likelihood of an image, or of its label."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.nn.affine import Affine, affine
from image_vae.nn.networks import Conditional, Shape, Upsampling, Values, linear
from image_vae.parts.likelihoods import (
    Bernoulli,
    Categorical,
    DiscretisedLogistic,
    Gaussian,
    Likelihood,
)
from image_vae.specs.recipes import Activation, Family

RAREST = 0.001
"""A pixel's mean is held this far from 0 and 1 before its logit is taken."""


class Decoder(nn.Module):
    """p(x | z): hidden layers from the codes, one value a pixel, a family of densities.

    The output is counted from the mean of the data, for `bernoulli` from its logits: where the code
    of Burda et al. 2015 starts its output bias.

    Args:
        parents: width of each code that the image depends on, by name.
        shape: channels, height, width of the image.
        family: `bernoulli`, `gaussian` or `logistic`.
        hidden: width of each hidden layer.
        activation: of each hidden layer.
        convolutional: whether transposed convolutions end it.
        normalised: whether hidden layers are normalised by batch.
        mean: the mean image of the data, in [0, 1].
        generator: draws the weights.
    """

    start: Tensor

    def __init__(
        self,
        parents: Mapping[str, int],
        shape: Shape,
        family: Family,
        *,
        hidden: tuple[int, ...],
        activation: Activation,
        convolutional: bool = False,
        normalised: bool = False,
        mean: Float[Tensor, "*event"],
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.shape, self.family = shape, family
        pixels, width = prod(shape), hidden[-1]
        self.hidden = Conditional(
            {name: (size,) for name, size in parents.items()},
            width if convolutional else pixels,
            heads=1,
            hidden=hidden,
            activation=activation,
            normalised=normalised,
            generator=generator,
        )
        self.image = None
        if convolutional:
            self.image = Upsampling(
                width, shape, activation, normalised=normalised, generator=generator
            )
        self.register_buffer("start", start_of(mean, family))
        self.log_scale = None
        if family != "bernoulli":
            size = (1,) * len(shape) if family == "gaussian" else shape
            self.log_scale = nn.Parameter(torch.full(size, -2.0))

    def forward(self, codes: Values) -> Likelihood:
        """Return the likelihood, [k, batch, channel, height, width]."""
        value = self._dense(codes) if self.image is None else self._upsampled(codes)
        if self.log_scale is None:
            return Bernoulli(value)
        if self.family == "gaussian":
            return Gaussian(value, self.log_scale.squeeze())
        return DiscretisedLogistic(value, self.log_scale[None, None])

    def _dense(self, codes: Values) -> Float[Tensor, "k batch *event"]:
        """Return the last layer's output with the start in its bias, which saves a pass."""
        (head,) = self.hidden.heads
        assert isinstance(head, Affine)
        bias = head.bias + self.start.flatten()
        pixels: Tensor = affine(self.hidden.hidden(codes), head.weight, bias)
        return pixels.view(*pixels.shape[:-1], *self.shape)

    def _upsampled(self, codes: Values) -> Float[Tensor, "k batch *event"]:
        assert self.image is not None
        image: Tensor = self.image(*self.hidden(codes))
        return image + self.start


class LabelDecoder(nn.Module):
    """p(y | z₁) = softmax(A z₁ + b): a label from the first coordinates of a code, and no others.

    Args:
        latent: the name of the code.
        width: how many of its coordinates.
        count: values that the label takes.
        generator: draws the weights.
    """

    def __init__(self, latent: str, width: int, count: int, *, generator: torch.Generator) -> None:
        super().__init__()
        self.latent, self.width = latent, width
        self.head = linear(width, count, generator)

    def forward(self, codes: Values) -> Categorical:
        """Return the likelihood, [k, batch, category]."""
        return Categorical(self.head(codes[self.latent][..., : self.width]))


def start_of(mean: Float[Tensor, "*event"], family: Family) -> Float[Tensor, "*event"]:
    """Return the output at which a decoder starts: the mean image, as a logit where it is one."""
    return mean.clamp(RAREST, 1 - RAREST).logit() if family == "bernoulli" else mean.clone()
