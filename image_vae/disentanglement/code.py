"""The input of a metric of disentanglement: a pool of codes and the factors of their images.

A representation is a function from rows of a dataset to a posterior: a Gaussian for a stochastic
encoder, a point for a deterministic one. It is applied once to each image of the pool; the metrics
draw from the pool, some given the value of a factor. Notation: J coordinates of the code, K
factors, N images in the pool.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.images.factors import FactorTable
from image_vae.parts.distributions.posteriors import (
    DiagonalGaussian,
    Distribution,
    PointMass,
    joined,
)

Representation = Callable[[Int[np.ndarray, " batch"]], Distribution]
"""From rows of the whole dataset to q(z | x) of each, [batch, latent]."""

BATCH = 1_000
"""Images encoded at a time."""


@dataclass(frozen=True)
class Codes:
    """The codes of a pool of images, and the factors of the images."""

    posterior: Distribution
    """q(z | x) of every image, [row, latent]; its mean is the code."""
    factors: Int[np.ndarray, "row factor"]
    """The index of each factor's value, without factors that are constant in the pool."""
    names: tuple[str, ...]
    """The names of these factors."""

    @property
    def mean(self) -> Float[np.ndarray, "row latent"]:
        """The code of every image: the mean of its posterior."""
        return point_of(self.posterior).detach().cpu().numpy()

    @property
    def gaussian(self) -> DiagonalGaussian:
        """The posteriors, for a metric that needs their density.

        Raises:
            InputError: the codes are points.
        """
        gaussian = self.posterior.gaussian
        if gaussian is not None:
            return gaussian
        raise InputError(
            "mig, tc, mi: expected codes with a density q(z | x), got points; for points, use "
            "higgins, factorvae, mig-hist or dci"
        )

    def part(self, rows: Int[np.ndarray, " part"]) -> Codes:
        """Return a part of the pool."""
        index = torch.from_numpy(rows).to(point_of(self.posterior).device)
        return Codes(self.posterior.at(index), self.factors[rows], self.names)

    def halves(self, generator: torch.Generator) -> tuple[Codes, Codes]:
        """Split the pool at random, into one half to fit on and one to score on."""
        order = torch.randperm(len(self.factors), generator=generator).numpy()
        middle = len(order) // 2
        return self.part(order[:middle]), self.part(order[middle:])


def codes_of(
    posterior: Distribution, factors: Int[np.ndarray, "row factor"], names: tuple[str, ...]
) -> Codes:
    """Combine codes and factors; factors with a single value are omitted.

    Raises:
        InputError: fewer than two factors vary, or a code is not finite.
    """
    if not bool(torch.isfinite(point_of(posterior)).all()):
        raise InputError("codes: expected finite numbers, got NaN or infinity; did training fail?")
    varies = (factors != factors[:1]).any(axis=0)
    if varies.sum() < 2:
        raise InputError(
            f"factors: expected at least two that vary over the images, got {varies.sum()}"
        )
    varying = tuple(name for name, is_varying in zip(names, varies, strict=True) if is_varying)
    return Codes(posterior, factors[:, varies], varying)


@torch.no_grad()
def encode(
    representation: Representation, table: FactorTable, rows: Int[np.ndarray, " row"]
) -> Codes:
    """Apply a representation to a pool of images.

    Raises:
        InputError: fewer than two factors vary among them, or a code is not finite.
    """
    pieces = np.split(rows, range(BATCH, len(rows), BATCH))
    posterior = joined([representation(piece) for piece in pieces])
    return codes_of(posterior, table.of_row[rows], table.names)


def point_of(posterior: Distribution) -> Float[Tensor, "row latent"]:
    """Return the point estimate of each code; every representation has one."""
    assert posterior.point is not None
    return posterior.point


def points(codes: Float[np.ndarray, "row latent"] | Float[Tensor, "row latent"]) -> PointMass:
    """Return codes without a variance as a posterior."""
    return PointMass(torch.as_tensor(codes))


def pool(count: int, limit: int | None, generator: torch.Generator) -> Int[np.ndarray, " row"]:
    """Choose `limit` of `count` rows at random, all if it is None."""
    if limit is None or limit >= count:
        return np.arange(count, dtype=np.int64)
    return torch.randperm(count, generator=generator)[:limit].numpy()
