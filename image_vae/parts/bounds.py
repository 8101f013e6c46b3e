"""Bounds on log p(x), each a pure function of a trace, in nats per example.

ELBO = E_q [log p(x | z)] − KL(q ‖ p) ≤ L_K = E [log 1/K Σ_k w_k] ≤ log p(x), with w = p(x, z) /
q(z | x). The ELBO has two estimators: A, Monte Carlo only, and B, with the KL in closed form.
"""

from __future__ import annotations

import math
from functools import reduce

import torch
from jaxtyping import Float
from torch import Tensor

from image_vae.parts.trace import Trace


def elbo(trace: Trace, *, analytic: bool = True) -> Float[Tensor, " batch"]:
    """Return the evidence lower bound, averaged over the k samples.

    Source: Kingma & Welling 2013, equation 6 (estimator A, `analytic=False`) and equation 7
    (estimator B).
    """
    divergence = reduce(torch.add, (trace.kl(layer, analytic=analytic) for layer in trace.z))
    return -trace.average(trace.reconstruction + divergence)


def iwae(trace: Trace) -> Float[Tensor, " batch"]:
    """Return L_K = log 1/K Σ_k w_k over the trace's K samples.

    For an enumerated latent the probabilities of its values replace 1/K, and the sum is exact.

    The gradient is Σ_k w̃_k ∇ log w_k with normalised weights w̃. Source: Burda et al. 2015,
    equations 8 and 13.
    """
    if trace.log_weights is None:
        return importance_weighted_bound(trace.log_w)
    return torch.logsumexp(trace.log_w + trace.log_weights, 0)


def importance_weighted_bound(log_weights: Float[Tensor, " k *batch"]) -> Float[Tensor, "*batch"]:
    """Return log 1/K Σ_k w_k from log w_k.

    >>> importance_weighted_bound(torch.tensor([1.0, 3.0]).log())  # log 2
    tensor(0.6931)
    """
    return torch.logsumexp(log_weights, 0) - math.log(len(log_weights))
