"""FactorVAE's metric: predict the fixed factor from the coordinate of least variance.

For a vote, one factor k and one of its values are chosen, then L images with that value. Each
coordinate's variance over their codes is divided by its variance over the pool; the coordinate j
with the least ratio votes for k. The classifier maps each j to the factor it voted for most often.
Source: Kim & Mnih 2018, "Disentangling by Factorising", §4.

Coordinates that the encoder does not use are excluded, as their ratio is noise divided by noise:
those whose mean accounts for less than 5 % of the variance of q(z_j). (For a collapsed coordinate,
the variance of q(z_j | x) is that of N(0, 1).) The table of votes has one row per *kept*
coordinate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from graphvae_data.core.errors import InputError
from image_vae.disentanglement.code import Codes
from image_vae.disentanglement.groups import Groups

PICTURES = 64
"""L."""
VOTES, TEST_VOTES = 2_000, 1_000
"""Default numbers of training and of test votes."""
DEAD = 0.05
"""Share of the variance of q(z_j) below which a coordinate counts as unused."""
CELLS = 4_000_000
"""Maximum number of elements gathered at a time."""


@dataclass(frozen=True)
class FactorVae:
    """Accuracy of predicting the fixed factor from the coordinate of least variance."""

    accuracy: float
    """Accuracy on test votes, from held-out images; chance is 1/K."""
    train_accuracy: float
    """Accuracy on the training votes, which the paper reports."""
    kept: int
    """Number of used coordinates; if 0, both accuracies are 0."""
    pictures: int
    """L."""
    votes: int
    """Number of training votes."""
    test_votes: int
    """Number of test votes."""


def factor_vae(
    codes: Codes,
    generator: torch.Generator,
    *,
    pictures: int = PICTURES,
    votes: int = VOTES,
    test_votes: int = TEST_VOTES,
) -> FactorVae:
    """Measure a code by FactorVAE's metric.

    Known values for K independent factors: 1 for a perfect code, in any order, at any scale, with
    every coordinate repeated; (K − 1)/K for a code without one factor, slightly more with noise
    in its place, which then gets some of the votes; (K − 1)/K for two factors of the same kind
    rotated by 45°; 1/K for noise.

    Args:
        codes: the pool.
        generator: draws the halves and the votes; on the CPU.
        pictures: L, at least 2.
        votes: training votes, at least 1.
        test_votes: at least 1.

    Raises:
        InputError: a number below its minimum, or a value of a factor that only one image has.
    """
    for name, value, least in (
        ("pictures", pictures, 2),
        ("votes", votes, 1),
        ("test votes", test_votes, 1),
    ):
        if value < least:
            raise InputError(f"factorvae: expected at least {least} {name}, got {value}")
    live = alive(codes)
    kept, train_accuracy, accuracy = int(live.sum()), 0.0, 0.0
    if kept:
        scale = codes.mean[:, live].var(axis=0)
        train, test = codes.halves(generator)
        table = _table(train, live, scale, votes, pictures, generator)
        majority = table.argmax(axis=1)
        train_accuracy = float(table.max(axis=1).sum() / votes)
        table = _table(test, live, scale, test_votes, pictures, generator)
        accuracy = float(table[np.arange(kept), majority].sum() / test_votes)
    return FactorVae(accuracy, train_accuracy, kept, pictures, votes, test_votes)


def alive(codes: Codes) -> Bool[np.ndarray, " latent"]:
    """Return which coordinates vary over the images."""
    moves = np.ptp(codes.mean, axis=0) > 0
    gaussian = codes.posterior.gaussian
    if gaussian is not None:
        variance = codes.mean.var(axis=0)
        width = torch.exp(2 * gaussian.log_std).mean(0).cpu().numpy()
        return np.asarray(moves & (variance >= DEAD * (variance + width)))
    return np.asarray(moves)


def _table(
    codes: Codes,
    live: Bool[np.ndarray, " latent"],
    scale: Float[np.ndarray, " kept"],
    votes: int,
    pictures: int,
    generator: torch.Generator,
) -> Int[np.ndarray, "kept factor"]:
    """Count the votes of each coordinate for each factor."""
    groups, mean = Groups.of(codes.factors, codes.names), codes.mean[:, live]
    fixed = groups.fixed(votes, generator)
    step = max(1, CELLS // (pictures * mean.shape[1]))
    table = np.zeros((mean.shape[1], codes.factors.shape[1]), dtype=np.int64)
    for start in range(0, votes, step):
        factor = fixed[start : start + step]
        rows = groups.draw(factor, 1, pictures, generator)[:, 0]
        least = (mean[rows].var(axis=1, ddof=1) / scale).argmin(axis=1)
        np.add.at(table, (least, factor), 1)
    return table
