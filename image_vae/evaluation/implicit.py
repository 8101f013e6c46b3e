"""The implicit posteriors of importance weighting: q_IW and q_EW.

Maximising L_K is maximising an ordinary ELBO with a richer posterior. With K − 1 further draws
z_2 … z_K from q, and w(z) = p(x, z) / q(z | x), that posterior is

    q_IW(z | x, z_2 … z_K) = w(z) / (1/K (w(z) + Σ_{j≥2} w(z_j))) · q(z | x)

which integrates to one only on average; its average over z_2 … z_K is the density q_EW(z | x). With
L(q) = E_q [log p(x, z) − log q],

    E_{z_2 … z_K} [L(q_IW)] = L_K ≤ L(q_EW) ≤ log p(x).

The equality holds for q_IW, not for q_EW. Source: Cremer, Morris & Duvenaud 2017, "Reinterpreting
Importance-Weighted Autoencoders", arXiv:1704.02916. With several latents, z is all of them, and
log q the sum. `examples/implicit_posterior.py` plots these densities.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from graphvae_data.core.errors import InputError
from image_vae.models.latent_model import Data, LatentModel
from image_vae.parts.trace import Trace


def log_q_iw(
    log_w: Float[Tensor, "*point batch"],
    log_q: Float[Tensor, "*point batch"],
    others: Float[Tensor, "other batch"],
) -> Float[Tensor, "*point batch"]:
    """Return log q_IW(z | x, z_2 … z_K) at points z, in nats.

    Args:
        log_w: log w(z).
        log_q: log q(z | x).
        others: log w(z_2) … log w(z_K); for K = 1, q_IW is q.
    """
    return log_w + log_q - _log_mean_w(log_w, others)


def log_q_ew(
    log_w: Float[Tensor, "*point batch"],
    log_q: Float[Tensor, "*point batch"],
    others: Float[Tensor, "draw other batch"],
) -> Float[Tensor, "*point batch"]:
    """Return log q_EW(z | x) at points z, in nats: q_IW averaged over some draws of z_2 … z_K.

    The average is unbiased; its logarithm is biased downwards, less with more draws.

    Args:
        log_w: log w(z).
        log_q: log q(z | x).
        others: log w(z_2) … log w(z_K) of each draw.
    """
    return log_w + log_q + _log_mean_inverse(log_w, others)


def ew_bound(
    model: LatentModel, data: Data, k: int, draws: int, generator: torch.Generator
) -> Float[Tensor, " batch"]:
    """Return an estimate of L(q_EW), in nats per example: between L_K and log p(x) on average.

    One code is drawn from q_EW, and its density is estimated with new draws, which biases the
    estimate upwards, less with more draws.

    Args:
        model: the model.
        data: the observed variables, each [batch, ...].
        k: K, at least 1.
        draws: number of draws of z_2 … z_K for the density, at least 1.
        generator: draws all codes; on the model's device.

    Raises:
        InputError: `k` or `draws` below 1.
    """
    for name, value in (("k", k), ("draws", draws)):
        if value < 1:
            raise InputError(f"{name}: expected at least 1, got {value}")
    log_w: Tensor = model(data, k, generator).log_w
    chosen = log_w.gather(0, choose(log_w, generator).unsqueeze(0)).squeeze(0)
    if k == 1:
        return chosen
    fresh: Tensor = model(data, draws * (k - 1), generator).log_w
    return -_log_mean_inverse(chosen, fresh.unflatten(0, (draws, k - 1)))


def choose(log_w: Float[Tensor, "k batch"], generator: torch.Generator) -> Tensor:
    """Return a sample index per example, drawn with probability proportional to w: [batch]."""
    weights = log_w.T.softmax(1)
    return torch.multinomial(weights, 1, replacement=True, generator=generator).squeeze(1)


def resample(trace: Trace, generator: torch.Generator) -> dict[str, Float[Tensor, "batch latent"]]:
    """Draw from q_EW: resample one of the K samples of each example by its weight.

    The same index is used for all latents, so the result is a joint draw.
    """
    chosen = choose(trace.log_w.detach(), generator)
    rows = torch.arange(len(chosen), device=chosen.device)
    return {name: z[chosen, rows] for name, z in trace.z.items()}


def _log_mean_w(
    log_w: Float[Tensor, "*point batch"], others: Float[Tensor, "*draw other batch"]
) -> Float[Tensor, ...]:
    """Return log 1/K (w(z) + Σ_j w(z_j))."""
    k = others.size(-2) + 1
    return torch.logaddexp(log_w, torch.logsumexp(others, -2)) - math.log(k)


def _log_mean_inverse(
    log_w: Float[Tensor, "*point batch"], others: Float[Tensor, "draw other batch"]
) -> Float[Tensor, "*point batch"]:
    """Return log E [1 / (1/K (w(z) + Σ_j w(z_j)))] over the draws, one draw at a time."""
    inverses = torch.stack([-_log_mean_w(log_w, draw) for draw in others])
    return torch.logsumexp(inverses, 0) - math.log(len(others))
