"""Categorical latents are enumerated: a sample for each value, weighted by its probability.

The expectation over such a latent is then exact. Source: Kingma et al. 2014, "Semi-supervised
Learning with Deep Generative Models", §3.1, equation 7.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from image_vae.models.latent_model import indicators
from image_vae.parts.distributions.posteriors import Distribution, Draw
from image_vae.parts.latent_graph import Latent


class Enumeration:
    """The samples of a pass with categorical latents: some for each combination of their values.

    Args:
        latents: the categorical latents.
        k: samples of the other latents for each combination.
        batch: examples.
        like: a tensor with the device and the type of the codes.
    """

    def __init__(self, latents: tuple[Latent, ...], k: int, batch: int, like: Tensor) -> None:
        self.latents, self.k, self.batch, self.like = latents, k, batch, like
        self.log_weights: Float[Tensor, "k batch"] | None = None
        """The logarithms of the samples' weights; None without a categorical latent."""

    @property
    def samples(self) -> int:
        """Samples for each example, of all combinations."""
        return self.k * math.prod(latent.size for latent in self.latents)

    def draw(
        self, latent: Latent, q: Distribution, labels: Shaped[Tensor, " batch"] | None
    ) -> Draw:
        """Return the values of a latent over all samples, and weigh the samples by q.

        If a label is known, it has all the weight, and log q is 0.
        """
        stride = self.k * math.prod(
            other.size for other in self.latents[: self.latents.index(latent)]
        )
        index = torch.arange(self.samples, device=self.like.device) // stride % latent.size
        z = indicators(index, latent.size, self.like).unsqueeze(1).expand(-1, self.batch, -1)
        log_prob = q.log_prob(z)
        log_q = log_weight = log_prob
        if labels is not None:
            known, equal = labels >= 0, index.unsqueeze(1) == labels
            log_q = log_prob.masked_fill(known, 0.0)
            log_weight = log_q.masked_fill(known & ~equal, -torch.inf)
        if self.log_weights is None:
            self.log_weights = log_weight - math.log(self.k)
        else:
            self.log_weights = self.log_weights + log_weight
        return Draw(z, lambda: log_q)
