"""FactorVAE's metric: the coordinate that varies least names the factor that was held fixed.

For a vote, one factor and one value of it are chosen, then L pictures with that value. Each
coordinate's variance over their codes is divided by its variance over all; the coordinate j where
that is least votes for the factor k. The classifier that says, for each j, the factor it was voted
for most often, has no parameters to fit. Source: Kim & Mnih 2018, "Disentangling by Factorising",
§4.

A coordinate that the encoder does not use is left out, as its variance is noise divided by noise.
It is one whose mean accounts for less than a twentieth of the variance of q(z_j): of a collapsed
one, all of N(0, 1) is the width of q(z_j | x). The table of votes has one row for each coordinate
that is *kept*.
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
"""Votes to find the majorities by, and to score them on."""
DEAD = 0.05
"""Share of the variance of q(z_j) below which the mean of a coordinate counts as not moving."""
CELLS = 4_000_000
"""Numbers gathered at a time."""


@dataclass(frozen=True)
class FactorVae:
    """How well the coordinate of least variance names the factor that was held fixed."""

    accuracy: float
    """On votes from pictures that the majorities were not found by; chance is 1/K."""
    train_accuracy: float
    """On the votes they were found by, which is what the paper reports."""
    kept: int
    """Coordinates that are not dead; with none, both accuracies are 0."""
    pictures: int
    """L."""
    votes: int
    """Votes to find the majorities by."""
    test_votes: int
    """Votes to score them on."""


def factor_vae(
    codes: Codes,
    generator: torch.Generator,
    *,
    pictures: int = PICTURES,
    votes: int = VOTES,
    test_votes: int = TEST_VOTES,
) -> FactorVae:
    """Measure a code by FactorVAE's metric.

    Known answers, for K independent factors: a perfect code 1, in any order, at any scale, with
    every coordinate repeated; a code that leaves one factor out (K − 1)/K, and a little more with
    noise in its place, which then wins some of the votes; two factors of the same kind rotated by
    45° (K − 1)/K; noise 1/K.

    Args:
        codes: the pool.
        generator: draws the halves and the votes; on the CPU.
        pictures: L, at least 2.
        votes: to find the majorities by, at least 1.
        test_votes: to score them on, at least 1.

    Raises:
        InputError: a number below its least, or a value of a factor that only one picture has.
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
    """Tell which coordinates move from picture to picture."""
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
