"""The aggregate posterior q(z) = 1/N Σ_n q(z | x_n), one coordinate at a time.

A coordinate's marginal is q(z_j) = 1/N Σ_n q(z_j | x_n), a one-dimensional mixture of N Gaussians.
The sum is over all N, in batches of bounded size: estimates from minibatches have a bias of several
nats that more draws do not reduce.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from image_vae.parts.distributions.posteriors import DiagonalGaussian

DRAWS = 4_000
"""Default number of codes drawn."""
CELLS = 1 << 17
"""Number of pairs of a code and a Gaussian evaluated at once; fits in the CPU cache."""


def log_marginals(
    z: Float[Tensor, "draw latent"], q: DiagonalGaussian, *, cells: int = CELLS
) -> Float[Tensor, "draw latent"]:
    """Return log 1/N Σ_n q(z_j | x_n) of each coordinate of each code, in nats.

    Densities are summed relative to the maximum density of all Gaussians. The sum cannot underflow,
    as each code was drawn from one of them.

    Args:
        z: the codes, drawn from posteriors that are among `q`.
        q: the posteriors of all images, [row, latent].
        cells: pairs of a coordinate and a Gaussian evaluated at a time, which bounds memory.
    """
    rows = q.mean.size(0)
    step = max(1, cells // rows)
    columns = []
    for index, column in enumerate(z.T):
        mean, log_std = q.mean[:, index].contiguous(), q.log_std[:, index].contiguous()
        smallest, precision = log_std.min(), torch.exp(-log_std)
        relative = log_std - smallest
        sums = [
            ((part[:, None] - mean).mul_(precision).square_().mul_(-0.5).sub_(relative))
            .exp_()
            .sum(1)
            for part in column.contiguous().split(step)
        ]
        scale = smallest + 0.5 * math.log(2 * math.pi) + math.log(rows)
        columns.append(torch.cat(sums).log() - scale)
    return torch.stack(columns, dim=1)


@dataclass(frozen=True)
class Draws:
    """Codes drawn from the posteriors of a pool."""

    row: Int[Tensor, " draw"]
    """The image of each code."""
    own: DiagonalGaussian
    """The posterior of each code, [draw, latent]."""
    z: Float[Tensor, "draw latent"]
    """The codes."""


def draw_codes(q: DiagonalGaussian, draws: int, generator: torch.Generator) -> Draws:
    """Draw images, whose counts differ by at most one, and a code of each."""
    rows = q.mean.size(0)
    rounds = [
        torch.randperm(rows, generator=generator, device=generator.device)
        for _ in range(-(-draws // rows))
    ]
    row = torch.cat(rounds)[:draws]
    own = DiagonalGaussian(q.mean[row], q.log_std[row])
    return Draws(row, own, own.sample(generator))
