"""q(z | some of the variables): experts of each variable, and how several become one.

A module of this file maps the values that are given, by name, to a Gaussian; a variable that is not
given is not in them. An attribute has indicators, all zero where its value is not known.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from image_vae.nn.code_network import CodeNetwork
from image_vae.nn.networks import Values
from image_vae.parts.distributions.fusion import EqualMixture, product_of_experts
from image_vae.parts.distributions.posteriors import (
    DiagonalGaussian,
    Distribution,
    StandardGaussian,
)

IMAGE = "x"


class Experts(nn.Module):
    """N(0, I) times the Gaussian of each variable that is given and known.

    Args:
        experts: q(z | variable) of each variable, by name.
        latent: width of the code.
    """

    def __init__(self, experts: Mapping[str, CodeNetwork], latent: int) -> None:
        super().__init__()
        self.experts = nn.ModuleDict(dict(experts))
        self.latent = latent

    def forward(self, values: Values) -> DiagonalGaussian:
        """Return the product, [1, batch, latent]; without variables the prior, [1, 1, latent]."""
        names = [name for name in self.experts if name in values]
        if not names:
            zeros = next(self.parameters()).new_zeros(1, 1, self.latent)
            return StandardGaussian(zeros, zeros)
        gaussians = [gaussian_from(self.experts[name], values, name) for name in names]
        return product_of_experts(gaussians, [present(values[name]) for name in names])


def gaussian_from(network: nn.Module, values: Values, name: str) -> DiagonalGaussian:
    """Return q(z | variable)."""
    gaussian: DiagonalGaussian = network({name: values[name]})
    return gaussian


def present(value: Tensor) -> Tensor:
    """Return 1 for examples whose value is known, [1, batch, 1]: always, for an image."""
    if value.dim() != 3:
        return value.new_ones(*value.shape[:2], 1)
    return value.sum(-1, keepdim=True)


class JointInference(nn.Module):
    """A network for the image alone, experts for attributes, a network for both.

    Beside an image, attributes that are not given enter the joint network as unknown.

    Args:
        joint: q(z | x, y).
        image: q(z | x).
        attributes: q(z | y), of any of the attributes.
        sizes: the number of values of each attribute.
    """

    def __init__(
        self, joint: CodeNetwork, image: CodeNetwork, attributes: Experts, sizes: Mapping[str, int]
    ) -> None:
        super().__init__()
        self.joint, self.image, self.attributes = joint, image, attributes
        self.sizes = dict(sizes)

    def forward(self, values: Values) -> Distribution:
        """Return the posterior, given these variables."""
        if IMAGE not in values:
            return self.attributes(values)  # type: ignore[no-any-return]
        if len(values) == 1:
            return self.image(values)  # type: ignore[no-any-return]
        batch = values[IMAGE].size(1)
        unknown = {n: values[IMAGE].new_zeros(1, batch, size) for n, size in self.sizes.items()}
        return self.joint({**unknown, **values})  # type: ignore[no-any-return]


class MixtureInference(nn.Module):
    """The equal mixture of q(z | x) and q(z | y), or the one of them that is given.

    Args:
        image: q(z | x).
        attributes: q(z | y), of any of the attributes.
    """

    def __init__(self, image: CodeNetwork, attributes: Experts) -> None:
        super().__init__()
        self.image, self.attributes = image, attributes

    def forward(self, values: Values) -> Distribution:
        """Return the posterior, given these variables."""
        if IMAGE not in values:
            return self.attributes(values)  # type: ignore[no-any-return]
        image = gaussian_from(self.image, values, IMAGE)
        return image if len(values) == 1 else EqualMixture(image, self.attributes(values))
