"""Categorical latents: enumerated, with values weighted by their probabilities, or sampled.

The expectation over an enumerated latent is exact. Source: Kingma et al. 2014, "Semi-supervised
Learning with Deep Generative Models", §3.1, equation 7. A sampled value has no gradient; the
weights of the samples, all 1/k, carry the score function gradient instead.
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
    """The samples of a forward pass with categorical latents: k per combination of values.

    Args:
        latents: the categorical latents.
        k: samples of the other latents for each combination.
        batch: number of examples.
        like: a tensor with the device and dtype of the codes.
    """

    def __init__(self, latents: tuple[Latent, ...], k: int, batch: int, like: Tensor) -> None:
        self.latents, self.k, self.batch, self.like = latents, k, batch, like
        self.log_weights: Float[Tensor, "k batch"] | None = None
        """Log-weights of the samples; None without a categorical latent."""

    @property
    def samples(self) -> int:
        """Number of samples per example, over all combinations."""
        return self.k * math.prod(latent.size for latent in self.latents)

    def draw(
        self, latent: Latent, q: Distribution, labels: Shaped[Tensor, " batch"] | None
    ) -> Draw:
        """Return the values of a latent for all samples, and weight the samples by q.

        A known label has weight 1 and log q = 0.
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
        """Draw k values of a latent, or return its label if it is known.

        With a = k/(k − 1) (log q − detached log q), the weights softmax(a) are 1/k, and the
        gradient of Σ w f is the mean of ∇f plus 1/k Σ_i (f_i − mean of the other f) ∇log q_i: the
        unbiased score function estimator with a leave-one-out baseline (Kool et al. 2019, "Buy 4
        REINFORCE Samples, Get a Baseline for Free!"). A single sample has no such gradient.
        """
        z = q.sample(generator)
        log_q = q.log_prob(z)
        if labels is not None:
            known = labels >= 0
            one_hot = indicators(labels, z.size(-1), self.like).expand_as(z)
            z = torch.where(known.unsqueeze(-1), one_hot, z)
            log_q = log_q.masked_fill(known, 0.0)
        scale = self.k / max(1, self.k - 1)
        score = (scale * (log_q - log_q.detach())).log_softmax(0)
        if self.log_weights is not None:  # of another sampled latent
            score = (self.log_weights + score).log_softmax(0)
        self.log_weights = score
        return Draw(z, lambda: log_q)
