"""Likelihood with a mixture of discretised logistics at each pixel, given a code."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from image_vae.parts.distributions.likelihoods import LikelihoodHead
from image_vae.parts.distributions.pixel_heads import LogisticMixturePixel

FIRST_LOG_SCALE = -2.0
"""Initial log-scale of every logistic, for pixels in [−1, 1]."""
SPREAD = 0.5
"""The initial means of the components lie within ± this distance of the mean image."""


@dataclass(frozen=True)
class LogisticMixture:
    """Pixels of 256 levels, each a mixture of logistics; the pixels are independent given the code.

    Source: Salimans et al. 2017, "PixelCNN++", §2.1 and §2.2.
    """

    outputs: Float[Tensor, "k batch output height width"]
    """The parameters at each pixel."""
    pixel: LogisticMixturePixel
    """The family of distributions of one pixel."""

    def log_prob(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "k batch"]:
        """Return the log-probability of the levels, in nats per example."""
        pixels = x.movedim(1, -1).expand(len(self.outputs), *(-1,) * x.dim())
        return self.pixel.log_prob(self.outputs.movedim(2, -1), pixels).sum((-1, -2))

    @property
    def mean(self) -> Float[Tensor, "k batch channel height width"]:
        """The expected images."""
        return self.pixel.mean(self.outputs.movedim(2, -1)).movedim(-1, 2)

    def sample(self, generator: torch.Generator) -> Float[Tensor, "k batch channel height width"]:
        """Draw images of 256 levels."""
        return self.pixel.sample(self.outputs.movedim(2, -1), generator).movedim(-1, 2)


class LogisticMixtureHead(LikelihoodHead):
    """Values are weights, means, log-scales and coefficients of K logistics at each pixel.

    Args:
        mean: the mean image, in [0, 1].
        components: K.
    """

    def __init__(self, mean: Float[Tensor, "channel height width"], components: int) -> None:
        pixel = LogisticMixturePixel(len(mean), components)
        weight, centre, log_scale, coefficients = (
            mean.new_zeros(components, size, *mean.shape[1:]) for size in pixel.sizes
        )
        offset = torch.linspace(-SPREAD, SPREAD, components) if components > 1 else torch.zeros(1)
        centre += 2 * mean - 1 + offset.to(mean).view(-1, 1, 1, 1)
        log_scale += FIRST_LOG_SCALE
        start = torch.cat([weight, centre, log_scale, coefficients], 1)
        super().__init__(start.flatten(0, 1))
        self.pixel = pixel

    def forward(self, values: Float[Tensor, "k batch output height width"]) -> LogisticMixture:
        """Return the likelihood."""
        return LogisticMixture(values, self.pixel)
