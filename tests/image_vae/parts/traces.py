"""Traces of a posterior N(μ, I), whose divergences from N(0, I) are known."""

import torch
from torch import Tensor

from image_vae.parts.distributions.likelihoods import Bernoulli
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.parts.trace import Trace

STANDARD = DiagonalGaussian(torch.zeros(()).expand(3), torch.zeros(()).expand(3))


def trace_of(mean: Tensor, *, closed: bool = True) -> Trace:
    """With q = N(mean, I), [k, batch, 3], at its mean: KL_j = ½ μ_j², log q − log p = ½ |μ|²."""
    q = DiagonalGaussian(mean, torch.zeros_like(mean))
    return Trace(
        log_px={"x": torch.zeros(mean.shape[:2])},
        log_pz={"z": STANDARD.log_prob(mean)},
        log_qz={"z": q.log_prob(mean)},
        kl_by_dimension={"z": q.kl_by_dimension(STANDARD)} if closed else {},
        z={"z": mean},
        q={"z": q},
        px={"x": Bernoulli(torch.zeros(*mean.shape[:2], 1))},
    )
