"""q(z | any subset of the variables): an expert per variable, and their combination.

The modules map the values of the given variables, by name, to a posterior; other variables are
missing. An attribute is one-hot encoded, with zeros for an unknown value.
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
    """The product of N(0, I) and the Gaussian of each given and known variable.

    Source: Vedantam et al. 2017, §3.2; Wu & Goodman 2018.

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
    """Return 1 for examples with a known value, [1, batch, 1]; images are always known."""
    if value.dim() != 3:
        return value.new_ones(*value.shape[:2], 1)
    return value.sum(-1, keepdim=True)


class JointInference(nn.Module):
    """A network for the image, experts for attributes, and a joint network for both.

    Attributes that are not given together with an image are unknown to the joint network.

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
    """The equal mixture of q(z | x) and q(z | y), or one of them if only its input is given.

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
