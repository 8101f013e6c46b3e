"""Networks between an image and a code.

Every value has the axes [k, batch, ...]: an image has k = 1, a code k samples. A network has a
*body* for each parent, joins their outputs, and ends in linear *heads*. Bodies are dense (with
tanh, ReLU or a gate), convolutional, or a user's module; weights are drawn from a generator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from itertools import pairwise
from math import prod
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from graphvae_data.core.errors import InputError
from image_vae.nn.affine import FUSED, Affine
from image_vae.nn.normalisation import BatchNorm
from image_vae.specs.encoders import Activation

Shape = tuple[int, ...]
Values = Mapping[str, Tensor]
"""The values of variables by name, each [k, batch, ...]."""

Layer = TypeVar("Layer", Affine, nn.Conv2d, nn.ConvTranspose2d)
Make = Callable[[], nn.Module]
"""Creates a linear or convolutional layer."""


BodyFactory = Callable[[Shape, tuple[int, ...], torch.Generator], nn.Module]
"""Creates a body from a shape, hidden widths and a generator: a module that maps [k, batch, *shape]
to [k, batch, width] and has the attribute `width`."""

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": F.relu,
    "softplus": F.softplus,
}


def linear(inputs: int, outputs: int, generator: torch.Generator) -> Affine:
    """Return a linear layer with Glorot weights and zero bias."""
    layer = nn.utils.skip_init(Affine, inputs, outputs)
    assert isinstance(layer, Affine)
    return glorot(layer, generator)


def glorot(layer: Layer, generator: torch.Generator) -> Layer:
    """Initialise a layer's weights as in Glorot & Bengio 2010, its bias with zero."""
    nn.init.xavier_uniform_(layer.weight, generator=generator)
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer


class Activated(nn.Module):
    """A layer and its activation; the gate is h = (A x + a) ∘ σ(B x + b).

    Source of the gate: Dauphin et al. 2017, "Language Modeling with Gated Convolutional Networks",
    as Tomczak & Welling 2017 use it.

    Args:
        layer: creates a linear or convolutional layer; called twice for a gate.
        activation: `tanh`, `relu`, `softplus` or `gated`.
    """

    def __init__(self, layer: Make, activation: Activation) -> None:
        super().__init__()
        self.layer = layer()
        self.gate = layer() if activation == "gated" else None
        self.activation = activation

    def forward(self, x: Any) -> Tensor:
        """Return the activated output."""
        if self.gate is not None:
            gated: Tensor = self.layer(x) * torch.sigmoid(self.gate(x))
            return gated
        if isinstance(self.layer, Affine) and self.activation in FUSED:
            activated: Tensor = self.layer(x, self.activation)
            return activated
        return ACTIVATIONS[self.activation](self.layer(x))


class Dense(nn.Module):
    """A stack of dense layers on a flattened value.

    Args:
        shape: shape of the value, without the axes [k, batch].
        hidden: width of each layer.
        activation: activation of each layer.
        normalised: whether each layer has batch normalisation before its activation.
        generator: draws the weights.
    """

    def __init__(
        self,
        shape: Shape,
        hidden: tuple[int, ...],
        activation: Activation,
        *,
        normalised: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        widths = (prod(shape), *hidden)
        self.width = widths[-1]
        """Width of the output."""
        layers: list[Make] = [partial(linear, *pair, generator) for pair in pairwise(widths)]
        if normalised:
            layers = [partial(_normal, *both) for both in zip(layers, hidden, strict=True)]
        self.layers = nn.Sequential(*(Activated(layer, activation) for layer in layers))

    def forward(self, value: Float[Tensor, "k batch ..."]) -> Float[Tensor, "k batch width"]:
        """Return the last layer's output."""
        hidden: Tensor = self.layers(value.flatten(2))
        return hidden


def _normal(layer: Make, features: int) -> nn.Sequential:
    """Return a layer without a trained bias, which batch normalisation would remove."""
    unbiased = layer()
    assert isinstance(unbiased.bias, nn.Parameter)
    unbiased.bias.requires_grad_(False)
    return nn.Sequential(unbiased, BatchNorm(features))


def depth_of(shape: Shape) -> int:
    """Return the number of convolutions of stride 2 that reduce an image to at most 4×4.

    >>> depth_of((1, 28, 20)), depth_of((1, 64, 64))
    (3, 4)
    """
    return max(1, (max(shape[1:]) - 1).bit_length() - 2)


def halved(side: int, times: int) -> tuple[int, ...]:
    """Return the side length before and after each of `times` convolutions of stride 2.

    >>> halved(28, 3)
    (28, 14, 7, 4)
    """
    sides = [side]
    for _ in range(times):
        sides.append((sides[-1] + 1) // 2)
    return tuple(sides)


def channels(depth: int) -> tuple[int, ...]:
    """Return the channels after each of `depth` convolutions: 32, 32, then 64."""
    return (32, 32, *(64,) * depth)[:depth]


class Convolutional(nn.Module):
    """Convolutions of stride 2 down to 4×4, then one dense layer.

    On 64×64 images the number of convolutions is that of Burgess et al. 2018, appendix A.1, but
    with 3×3 kernels instead of 4×4, which also fit odd side lengths.

    Args:
        shape: channels, height, width of the image.
        hidden: the last element is the width of the dense layer.
        activation: activation of each layer.
        generator: draws the weights.
    """

    def __init__(
        self,
        shape: Shape,
        hidden: tuple[int, ...],
        activation: Activation,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        depth = depth_of(shape)
        counts = (shape[0], *channels(depth))
        self.layers = nn.Sequential(
            *(
                Activated(partial(_convolution, *pair, generator), activation)
                for pair in pairwise(counts)
            )
        )
        end = (counts[-1], *(halved(side, depth)[-1] for side in shape[1:]))
        self.dense = Dense((prod(end),), hidden[-1:], activation, generator=generator)
        self.width = self.dense.width
        """Width of the output."""

    def forward(
        self, image: Float[Tensor, "k batch channel height width"]
    ) -> Float[Tensor, "k batch hidden"]:
        """Return the dense layer's output."""
        features = self.layers(image.flatten(0, 1)).flatten(1)
        hidden: Tensor = self.dense(features.unflatten(0, image.shape[:2]))
        return hidden


def _convolution(inputs: int, outputs: int, generator: torch.Generator) -> nn.Conv2d:
    layer: nn.Conv2d = nn.utils.skip_init(nn.Conv2d, inputs, outputs, 3, stride=2, padding=1)
    return glorot(layer, generator)


class UserBody(nn.Module):
    """A copy of a user's module that maps images [batch, channel, height, width] to [batch, width].

    Args:
        module: the module; the copy starts with its weights, in float32. It is called once, with
            zeros.
        shape: channels, height, width of an image.

    Raises:
        InputError: it cannot be called with such images, or returns something else.
    """

    def __init__(self, module: nn.Module, shape: Shape) -> None:
        super().__init__()
        self.module = deepcopy(module).float()
        self.width = self._output_width(shape)
        """Width of the output."""

    def _output_width(self, shape: Shape) -> int:
        name, size = type(self.module).__name__, "×".join(map(str, shape))
        was_training = self.module.training
        parameter = next(self.module.parameters(), None)
        images = torch.zeros(2, *shape, device=None if parameter is None else parameter.device)
        try:
            with torch.no_grad():
                features = self.module.eval()(images)
        except (RuntimeError, TypeError, ValueError) as error:
            raise InputError(
                f"encoder: {name} cannot be called with images [batch, {size}] ({error})"
            ) from error
        self.module.train(was_training)
        if not isinstance(features, Tensor) or features.dim() != 2 or len(features) != 2:
            got = list(features.shape) if isinstance(features, Tensor) else type(features).__name__
            raise InputError(
                f"encoder: expected {name} to return features [batch, width] for images [batch, "
                f"{size}], got {got} for a batch of 2"
            )
        return features.size(1)

    def forward(
        self, image: Float[Tensor, "k batch channel height width"]
    ) -> Float[Tensor, "k batch hidden"]:
        """Return the module's features."""
        features: Tensor = self.module(image.flatten(0, 1)).unflatten(0, image.shape[:2])
        return features


class Conditional(nn.Module):
    """The parameters of a variable, given its parents: a body each, a joint layer, linear heads.

    A single parent passes through all hidden layers. Several parents have separate hidden layers
    except the last one, which is shared, as in Tomczak & Welling 2017.

    Args:
        parents: the shape of each parent by name.
        outputs: width of each head.
        hidden: width of each hidden layer.
        activation: activation of each hidden layer.
        image_body: builds the body of parents that are images; dense layers by default.
        normalised: whether dense hidden layers have batch normalisation.
        generator: draws the weights.
    """

    def __init__(
        self,
        parents: Mapping[str, Shape],
        outputs: tuple[int, ...],
        *,
        hidden: tuple[int, ...],
        activation: Activation,
        image_body: BodyFactory | None = None,
        normalised: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__()

        def dense(shape: Shape, hidden: tuple[int, ...], generator: torch.Generator) -> nn.Module:
            return Dense(shape, hidden, activation, normalised=normalised, generator=generator)

        separate = hidden if len(parents) == 1 else hidden[:-1] or hidden
        self.bodies = nn.ModuleDict(
            {
                name: (image_body if image_body and len(shape) == 3 else dense)(
                    shape, separate, generator
                )
                for name, shape in parents.items()
            }
        )
        width = sum(width_of(body) for body in self.bodies.values())
        self.joint = None
        if len(parents) > 1:
            self.joint = dense((width,), hidden[-1:], generator)
            width = width_of(self.joint)
        self.heads = nn.ModuleList(linear(width, each, generator) for each in outputs)

    def forward(self, values: Values) -> tuple[Float[Tensor, "k batch output"], ...]:
        """Return the output of each head."""
        hidden = self.hidden(values)
        return tuple(head(hidden) for head in self.heads)

    def hidden(self, values: Values) -> Float[Tensor, "k batch width"]:
        """Return the input of the heads."""
        parts = [body(values[name]) for name, body in self.bodies.items()]
        hidden: Tensor = parts[0] if self.joint is None else self.joint(_side_by_side(parts))
        return hidden


def width_of(body: nn.Module) -> int:
    """Return the width of a body's output.

    Raises:
        InputError: a user's body without this attribute.
    """
    width = getattr(body, "width", None)
    if not isinstance(width, int):
        raise InputError(
            f"encoder: expected the body of class {type(body).__name__} to have an integer "
            f"`width`, the number of its features, got {width!r}"
        )
    return width


def _side_by_side(parts: list[Float[Tensor, ...]]) -> Float[Tensor, "k batch width"]:
    """Concatenate values along the last axis; one with k = 1 is broadcast over the samples."""
    k = max(part.size(0) for part in parts)
    return torch.cat([part.expand(k, -1, -1) for part in parts], -1)


class Upsampling(nn.Module):
    """Maps hidden units to an image by transposed convolutions of stride 2.

    Args:
        width: number of hidden units.
        shape: channels, height, width of the image.
        activation: activation between the layers.
        normalised: whether each layer except the last has batch normalisation.
        generator: draws the weights.
    """

    def __init__(
        self,
        width: int,
        shape: Shape,
        activation: Activation,
        *,
        normalised: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.shape = shape
        depth = depth_of(shape)
        counts = (*reversed(channels(depth)), shape[0])
        heights, widths = (halved(side, depth)[::-1] for side in shape[1:])
        self.first = (counts[0], heights[0], widths[0])
        start = (prod(self.first),)
        self.dense = Dense((width,), start, activation, normalised=normalised, generator=generator)
        steps: list[Make] = [
            partial(_step, *pairs, generator)
            for pairs in zip(pairwise(counts), pairwise(heights), pairwise(widths), strict=True)
        ]
        *hidden, last = steps
        if normalised:
            hidden = [partial(_normal, *both) for both in zip(hidden, counts[1:], strict=False)]
        self.layers = nn.Sequential(*(Activated(step, activation) for step in hidden), last())

    def forward(self, hidden: Float[Tensor, "k batch width"]) -> Float[Tensor, "k batch *event"]:
        """Return one value for each pixel."""
        front = hidden.shape[:2]
        start = self.dense(hidden).flatten(0, 1).unflatten(1, self.first)
        image: Tensor = self.layers(start)
        return image.reshape(*front, *self.shape)


def _step(
    counts: tuple[int, int],
    heights: tuple[int, int],
    widths: tuple[int, int],
    generator: torch.Generator,
) -> nn.ConvTranspose2d:
    """Return the transposed convolution between these numbers of channels and side lengths."""
    odd = tuple(large - 2 * small + 1 for small, large in (heights, widths))
    layer: nn.ConvTranspose2d = nn.utils.skip_init(
        nn.ConvTranspose2d, *counts, 3, stride=2, padding=1, output_padding=odd
    )
    return glorot(layer, generator)
