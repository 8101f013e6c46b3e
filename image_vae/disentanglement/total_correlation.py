"""Total correlation and mutual information of a code, with q(z) over the whole pool.

    TC = KL(q(z) ‖ Π_j q(z_j)),    I(n; z) = 1/N Σ_n KL(q(z | x_n) ‖ q(z)) ≤ log N:

the dependence between the coordinates, and the mutual information of code and image.
Source: Chen et al. 2018, "Isolating Sources of Disentanglement in VAEs", §3, equation 2. There both
are estimated from minibatches, for training; here the sums are over all N.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from graphvae_data.core.errors import InputError
from image_vae.disentanglement.aggregate import DRAWS, Draws, draw_codes, log_marginals
from image_vae.disentanglement.code import Codes
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.parts.distributions.priors import Mixture

JOINT_CELLS = 1 << 23
"""Pairs of a code and a Gaussian whose joint density is evaluated at once; the Gaussians are
prepared again each time."""


@dataclass(frozen=True)
class TotalCorrelation:
    """The total correlation; not clipped to its range, so that noise is visible."""

    nats: float
    """TC, a mean over draws."""
    standard_error: float
    """Standard error of that mean."""
    draws: int
    """Number of codes drawn, each from the posterior of an image of the pool."""


@dataclass(frozen=True)
class Information:
    """The mutual information of code and image; not clipped to its range."""

    nats: float
    """I(n; z), a mean over draws."""
    standard_error: float
    """Standard error of that mean."""
    log_n: float
    """log N, which the information cannot exceed."""
    draws: int
    """Number of codes drawn, each from the posterior of an image of the pool."""


def total_correlation(
    codes: Codes, generator: torch.Generator, *, draws: int = DRAWS
) -> TotalCorrelation:
    """Measure the total correlation of the coordinates of a code.

    Known values: −½ log det R for q(z) = N(0, R) with R a correlation matrix; 0 for independent
    coordinates; the information of a coordinate for its repetition. For a pool smaller than the
    dataset, q(z) is that of the pool, and narrow coordinates depend on each other by chance: a
    perfect code has 0 on all of dSprites, 4.3 on 10,000 of its images.

    Args:
        codes: the pool, with densities.
        generator: draws images and codes; on the device of the posteriors.
        draws: number of codes, at least 2.

    Raises:
        InputError: codes without a density, or fewer than two draws.
    """
    drawn, joint = _draw_and_score(codes, generator, draws)
    marginals = log_marginals(drawn.z, codes.gaussian).double().sum(1)
    return TotalCorrelation(*_mean(joint - marginals), draws)


def mutual_information(
    codes: Codes, generator: torch.Generator, *, draws: int = DRAWS
) -> Information:
    """Measure the mutual information of a code and the index of its image.

    Known values: 0 for equal posteriors; log N for well separated posteriors; log K for K images
    with N / K copies each. For a pool smaller than the dataset, it cannot exceed log N of the pool.

    Args:
        codes: the pool, with densities.
        generator: draws images and codes; on the device of the posteriors.
        draws: number of codes, at least 2.

    Raises:
        InputError: codes without a density, or fewer than two draws.
    """
    drawn, joint = _draw_and_score(codes, generator, draws)
    own = _precise(drawn.own).log_prob(drawn.z.double())
    return Information(*_mean(own - joint), math.log(len(codes.factors)), draws)


@torch.no_grad()
def _draw_and_score(
    codes: Codes, generator: torch.Generator, draws: int
) -> tuple[Draws, Float[Tensor, " draw"]]:
    """Draw codes; return them with log q(z) of each."""
    if draws < 2:
        raise InputError(f"draws: expected at least 2, got {draws}")
    drawn = draw_codes(codes.gaussian, draws, generator)
    mixture = Mixture.uniform(_precise(codes.gaussian))
    parts = drawn.z.double().split(max(1, JOINT_CELLS // len(codes.factors)))
    return drawn, torch.cat([mixture.log_prob(part) for part in parts])


def _mean(values: Float[Tensor, " draw"]) -> tuple[float, float]:
    """Return the mean and its standard error."""
    return float(values.mean()), float(values.std() / math.sqrt(len(values)))


def _precise(q: DiagonalGaussian) -> DiagonalGaussian:
    """Return posteriors in double precision, because `Mixture` expands its squares."""
    return DiagonalGaussian(q.mean.double(), q.log_std.double())
