"""From the values of a code's parents to its distribution."""

from __future__ import annotations

from torch import nn

from image_vae.nn.joined import Joined
from image_vae.nn.networks import Conditional, Values
from image_vae.parts.distributions.posteriors import Distribution, PosteriorModule


class CodeNetwork(nn.Module):
    """The distribution of a code, given its parents: a network, and the family of its outputs.

    Args:
        network: from the values of the parents to the outputs of its heads.
        family: from these outputs to the distribution.
    """

    def __init__(self, network: Conditional | Joined, family: PosteriorModule) -> None:
        super().__init__()
        self.network, self.family = network, family

    def forward(self, values: Values) -> Distribution:
        """Return the distribution, [k, batch, latent]."""
        distribution: Distribution = self.family(*self.network(values))
        return distribution
