"""Categorical latents: enumerated, a sample for each value, weighted by its probability; or drawn.

The expectation over an enumerated latent is exact. Source: Kingma et al. 2014, "Semi-supervised
Learning with Deep Generative Models", §3.1, equation 7. No gradient passes through a value that is
drawn, so the samples' weights, all 1/k, have the gradient of the score function.
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

    def sample(
        self,
        q: Distribution,
        labels: Shaped[Tensor, " batch"] | None,
        generator: torch.Generator,
    ) -> Draw:
        """Draw k values of a latent, or return its label where it is known.

        With a = k/(k − 1) (log q − its value), the weights softmax(a) are 1/k, and the gradient of
        Σ w f is that of f and 1/k Σ_i (f_i − mean of the others) ∇log q_i: the score function with
        a baseline of the other samples, without bias. A single sample has no such gradient.
        """
        z = q.sample(generator)
        log_q = q.log_prob(z)
        if labels is not None:
            known = labels >= 0
            told = indicators(labels, z.size(-1), self.like).expand_as(z)
            z = torch.where(known.unsqueeze(-1), told, z)
            log_q = log_q.masked_fill(known, 0.0)
        scale = self.k / max(1, self.k - 1)
        score = (scale * (log_q - log_q.detach())).log_softmax(0)
        if self.log_weights is not None:  # of another latent that is drawn
            score = (self.log_weights + score).log_softmax(0)
        self.log_weights = score
        return Draw(z, lambda: log_q)
