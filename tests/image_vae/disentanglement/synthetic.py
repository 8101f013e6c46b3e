"""Synthetic codes with known disentanglement scores: a perfect one and ways to spoil it.

Factors have as many values as those of dSprites and are drawn independently; in a perfect code
each dimension is a narrow Gaussian at the standardised value of one factor.
"""

import math

import numpy as np
import torch

from image_vae.disentanglement.code import Codes, codes_of, points
from image_vae.parts.distributions.posteriors import DiagonalGaussian

SIZES = (3, 6, 40, 32, 32)
NAMES = ("shape", "scale", "orientation", "x", "y")
K = len(SIZES)


def factors(rows: int = 4_000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, SIZES, (rows, K))


def places(of_row: np.ndarray) -> np.ndarray:
    """Return the factors, standardised: mean 0 and variance near 1."""
    last = np.array(SIZES) - 1
    return (of_row / last - 0.5) * math.sqrt(12) * np.sqrt(last / (last + 2))


def noise(rows: int, columns: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, columns))


def gaussian(mean: np.ndarray, std: float = 0.002) -> DiagonalGaussian:
    centre = torch.from_numpy(mean)
    return DiagonalGaussian(centre, torch.full_like(centre, math.log(std)))


KINDS = ("perfect", "permuted", "repeated", "rotated", "one missing", "noisy last", "noise")


def code(kind: str, rows: int = 4_000, *, density: bool = True) -> Codes:
    """Return the code of a kind, one of `KINDS`, as Gaussians or as points."""
    known = factors(rows)
    perfect = places(known)
    halved = (perfect[:, 3:] @ np.array([[1, 1], [-1, 1]])) / math.sqrt(2)
    mean = {
        "perfect": perfect,
        "permuted": perfect[:, [4, 2, 0, 1, 3]] * np.array([1.0, -3.0, 50.0, 0.1, 7.0]),
        "repeated": np.hstack([perfect, perfect]),
        "rotated": np.hstack([perfect[:, :3], halved]),
        "one missing": perfect[:, :4],
        "noisy last": np.hstack([perfect[:, :4], noise(rows, 1)]),
        "noise": noise(rows, K),
    }[kind]
    return codes_of(gaussian(mean) if density else points(mean), known, NAMES)
