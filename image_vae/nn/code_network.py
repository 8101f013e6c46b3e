"""The conditional distribution of a code, given its parents."""

from __future__ import annotations

from torch import nn

from image_vae.nn.joined import Joined
from image_vae.nn.networks import Conditional, Values
from image_vae.parts.distributions.posteriors import Distribution, PosteriorModule


class CodeNetwork(nn.Module):
    """The distribution of a code, given its parents.

    Args:
        network: maps the values of the parents to the parameters of the distribution.
        family: maps these parameters to the distribution.
    """

    def __init__(self, network: Conditional | Joined, family: PosteriorModule) -> None:
        super().__init__()
        self.network, self.family = network, family

    def forward(self, values: Values) -> Distribution:
        """Return the distribution, [k, batch, latent]."""
        distribution: Distribution = self.family(*self.network(values))
        return distribution
