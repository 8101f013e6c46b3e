"""Networks whose first hidden layer takes all inputs concatenated."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.nn.affine import affine
from image_vae.nn.networks import Activated, Dense, Shape, Values, linear
from image_vae.specs.encoders import Activation


class Joined(nn.Module):
    """Dense layers on the concatenation of several values, then linear heads.

    For a one-hot label y the first layer is h = a(W x + V y + b): a bias for each value of the
    label. Source: Kingma et al. 2014, "Semi-supervised Learning with Deep Generative Models".

    Args:
        parents: the shape of each parent by name.
        outputs: width of each head.
        hidden: width of each hidden layer.
        activation: activation of each hidden layer.
        generator: draws the weights.

    >>> net = Joined({"x": (4,), "y": (3,)}, (2,), hidden=(8,), activation="softplus",
    ...              generator=torch.Generator().manual_seed(0))
    >>> net({"x": torch.zeros(1, 5, 4), "y": torch.zeros(3, 5, 3)})[0].shape
    torch.Size([3, 5, 2])
    """

    def __init__(
        self,
        parents: Mapping[str, Shape],
        outputs: tuple[int, ...],
        *,
        hidden: tuple[int, ...],
        activation: Activation,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        widths = {name: prod(shape) for name, shape in parents.items()}
        self.first = Activated(partial(SideBySide, widths, hidden[0], generator), activation)
        self.rest = Dense(hidden[:1], hidden[1:], activation, generator=generator)
        self.heads = nn.ModuleList(linear(hidden[-1], each, generator) for each in outputs)

    def forward(self, values: Values) -> tuple[Float[Tensor, "k batch output"], ...]:
        """Return the output of each head."""
        hidden = self.hidden(values)
        return tuple(head(hidden) for head in self.heads)

    def hidden(self, values: Values) -> Float[Tensor, "k batch width"]:
        """Return the input of the heads."""
        hidden: Tensor = self.rest(self.first(values))
        return hidden


class SideBySide(nn.Module):
    """A linear layer on the concatenation of several values, computed by one product for each.

    The product of a value with k = 1, such as an image, is shared by all samples; that of a value
    expanded along the batch, such as an enumerated label, by all examples.

    Args:
        widths: the width of each value by name.
        outputs: width of the output.
        generator: draws the weights.
    """

    def __init__(self, widths: Mapping[str, int], outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        layer = linear(sum(widths.values()), outputs, generator)
        parts = layer.weight.detach().split(list(widths.values()), 1)
        self.weights = nn.ParameterDict(
            {name: part.clone() for name, part in zip(widths, parts, strict=True)}
        )
        self.bias = nn.Parameter(layer.bias.detach())

    def forward(self, values: Values) -> Float[Tensor, "k batch output"]:
        """Return Σ W_i v_i + b."""
        (first, weight), *others = self.weights.items()
        total = affine(_unexpanded(values[first]), weight, self.bias)
        for name, weight in others:
            total = total + affine(_unexpanded(values[name]), weight)
        return total


def _unexpanded(value: Float[Tensor, "k batch *event"]) -> Float[Tensor, "k examples width"]:
    """Flatten a value; one that is expanded along the batch has a single example."""
    return (value[:, :1] if value.stride(1) == 0 else value).flatten(2)
