"""How far the codes of the nodes lie from their prior, as the objectives count it.

Notation: q_i = q(z_i | X, A) the posterior of node i, p the prior that all nodes share, d the width
of the code, z_i a draw from q_i. From N(0, I) the Kullback-Leibler divergence has a closed form.
From a mixture it has none, and log q_i(z_i) − log p(z_i) at the step's own draw stands for it, as
its mean over draws. Either may grow into the objective (warm-up), or count only where it exceeds
what is free (free bits).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from image_vae.parts.posteriors import DiagonalGaussian, Posterior
from image_vae.parts.priors import Mixture, PriorDistribution
from image_vae.parts.schedules import Linear, constant

WHOLE = constant(1.0)
"""The weight of a divergence that counts as it is."""


@dataclass(frozen=True)
class Divergence:
    """The divergence of every node, weighed by the epoch and above what is free.

    Sources: warm-up, Bowman et al. 2016 and Sønderby et al. 2016; free bits, Kingma et al. 2016,
    "Improved Variational Inference with Inverse Autoregressive Flow", equation 15.

    >>> q = DiagonalGaussian(torch.ones(2, 3), torch.zeros(2, 3))
    >>> Divergence(Linear(0.0, 1.0, 10))(q, None, q.mean, epoch=4)
    tensor([0.6000, 0.6000])
    >>> Divergence(free_bits=2.0)(q, None, q.mean)
    tensor([6., 6.])
    """

    weight: Linear = WHOLE
    """Its weight as a function of the epochs done."""
    free_bits: float = 0.0
    """λ, the nats a coordinate that cost nothing."""

    def __call__(
        self,
        posterior: Posterior,
        prior: PriorDistribution | None,
        z: Float[Tensor, "node latent"],
        epoch: int = 0,
    ) -> Float[Tensor, " node"]:
        """Return what each node adds, in nats.

        Args:
            posterior: q.
            prior: a mixture, or N(0, I), for which None may stand.
            z: a draw from q, which only a mixture looks at.
            epoch: epochs done.
        """
        kl = self._above_free if self.free_bits else node_kl
        return self.weight(epoch) * kl(posterior, prior, z)

    def _above_free(
        self, posterior: Posterior, prior: PriorDistribution | None, z: Float[Tensor, "node latent"]
    ) -> Float[Tensor, " node"]:
        """Return Σ_j max(λ, mean_i KL_ij) for every node alike: what is free is so on average.

        A mixture couples the coordinates: from one, it is max(λ d, mean_i KL_i).
        """
        nodes, width = z.shape
        if isinstance(prior, Mixture):
            total = node_kl(posterior, prior, z).mean().clamp(min=self.free_bits * width)
        else:
            assert isinstance(posterior, DiagonalGaussian), "a point has no divergence"
            normal = DiagonalGaussian(torch.zeros_like(z), torch.zeros_like(z))
            by_dimension = posterior.kl_by_dimension(normal).mean(0)
            total = by_dimension.clamp(min=self.free_bits).sum()
        return total.expand(nodes)


def node_kl(
    posterior: Posterior, prior: PriorDistribution | None, z: Float[Tensor, "node latent"]
) -> Float[Tensor, " node"]:
    """Return KL(q_i ‖ p) in nats: exact from N(0, I), at the draw z from a mixture."""
    if isinstance(prior, Mixture):
        return log_ratio(posterior, prior, z)
    return posterior.kl_standard_normal()


def log_ratio(
    posterior: Posterior, prior: PriorDistribution, z: Float[Tensor, "node latent"]
) -> Float[Tensor, " node"]:
    """Return log q_i(z_i) − log p(z_i)."""
    assert isinstance(posterior, DiagonalGaussian), "a point has no density"
    return posterior.log_prob(z) - prior.log_prob(z)
