"""Total correlation and mutual information of a code, from the q(z) of the whole pool.

    TC = KL(q(z) ‖ Π_j q(z_j)),    I(n; z) = 1/N Σ_n KL(q(z | x_n) ‖ q(z)) ≤ log N:

the dependence of the coordinates on each other, and the information of a code about its image.
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
from image_vae.parts.posteriors import DiagonalGaussian
from image_vae.parts.priors import Mixture

JOINT_CELLS = 1 << 23
"""Pairs of a code and a Gaussian whose joint density is held at a time; each time, the Gaussians
are prepared anew."""


@dataclass(frozen=True)
class TotalCorrelation:
    """The dependence of the coordinates; not clamped to its range, so that noise can be seen."""

    nats: float
    """TC, a mean over draws."""
    standard_error: float
    """Of that mean."""
    draws: int
    """Codes drawn, each from the posterior of a picture of the pool."""


@dataclass(frozen=True)
class Information:
    """The information of a code about its image; not clamped to its range."""

    nats: float
    """I(n; z), a mean over draws."""
    standard_error: float
    """Of that mean."""
    log_n: float
    """log N, which the information cannot exceed."""
    draws: int
    """Codes drawn, each from the posterior of a picture of the pool."""


def total_correlation(
    codes: Codes, generator: torch.Generator, *, draws: int = DRAWS
) -> TotalCorrelation:
    """Measure the total correlation of the coordinates of a code.

    Known answers: for q(z) = N(0, R) with R a correlation matrix −½ log det R; independent
    coordinates 0; a coordinate repeated, the information it holds. Of a pool smaller than the
    dataset, q(z) is that of the pool, and narrow coordinates depend on each other by chance: a
    perfect code of all dSprites has 0, of 10,000 of its images 4.3.

    Args:
        codes: the pool, with densities.
        generator: draws pictures and codes; on the device of the posteriors.
        draws: how many codes, at least 2.

    Raises:
        InputError: the codes have no density, or fewer than two draws.
    """
    drawn, joint = _scored(codes, generator, draws)
    apart = log_marginals(drawn.z, codes.gaussian).double().sum(1)
    return TotalCorrelation(*_mean(joint - apart), draws)


def mutual_information(
    codes: Codes, generator: torch.Generator, *, draws: int = DRAWS
) -> Information:
    """Measure the mutual information of a code and the index of its image.

    Known answers: posteriors all alike 0; posteriors far apart log N; K pictures each of N / K
    copies log K. Of a pool smaller than the dataset, it cannot exceed the log N of the pool.

    Args:
        codes: the pool, with densities.
        generator: draws pictures and codes; on the device of the posteriors.
        draws: how many codes, at least 2.

    Raises:
        InputError: the codes have no density, or fewer than two draws.
    """
    drawn, joint = _scored(codes, generator, draws)
    own = _precise(drawn.own).log_prob(drawn.z.double())
    return Information(*_mean(own - joint), math.log(len(codes.factors)), draws)


@torch.no_grad()
def _scored(
    codes: Codes, generator: torch.Generator, draws: int
) -> tuple[Draws, Float[Tensor, " draw"]]:
    """Draw codes, and return them with log q(z) of each."""
    if draws < 2:
        raise InputError(f"draws: expected at least 2, got {draws}")
    drawn = draw_codes(codes.gaussian, draws, generator)
    whole = Mixture.uniform(_precise(codes.gaussian))
    parts = drawn.z.double().split(max(1, JOINT_CELLS // len(codes.factors)))
    return drawn, torch.cat([whole.log_prob(part) for part in parts])


def _mean(values: Float[Tensor, " draw"]) -> tuple[float, float]:
    """Return the mean and its standard error."""
    return float(values.mean()), float(values.std() / math.sqrt(len(values)))


def _precise(q: DiagonalGaussian) -> DiagonalGaussian:
    """Return posteriors in double precision: `Mixture` multiplies its squares out."""
    return DiagonalGaussian(q.mean.double(), q.log_std.double())
