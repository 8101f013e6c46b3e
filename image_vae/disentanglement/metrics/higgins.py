"""Higgins' metric: the accuracy of a linear classifier that predicts the fixed factor.

For a vote, one factor is chosen, then L pairs of images that share its value and are otherwise
random. The input of the classifier is the mean absolute difference of their codes,
1/L Σ_l |μ(x_l) − μ(x'_l)|: a coordinate that encodes the factor does not differ. Source: Higgins et
al. 2017, "β-VAE", §3.

The classifier is a logistic regression on standardised differences, trained to its optimum on votes
from one half of the pool and scored on votes from the other. So the score is independent of
the scale of a code. The paper's classifier was trained by Adagrad on the raw differences, which
underfits on codes of small scale: an untrained encoder of dSprites (dense layers of 1200) scores
.66 here, .60 without standardising, and .23 after 15,000 steps of Adagrad at 0.01 with ten votes
each; the paper reports .44.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from graphvae_data.core.errors import InputError
from image_vae.disentanglement.code import Codes
from image_vae.disentanglement.groups import Groups

PAIRS = 64
"""L."""
VOTES, TEST_VOTES = 2_000, 1_000
"""Default numbers of training and of test votes."""
MAX_STEPS = 5_000
"""Maximum steps of the classifier's optimiser."""
CELLS = 4_000_000
"""Maximum number of elements gathered at a time."""


@dataclass(frozen=True)
class Higgins:
    """Accuracy of a linear classifier that predicts the fixed factor."""

    accuracy: float
    """Accuracy on test votes, from held-out images; chance is 1/K."""
    train_accuracy: float
    """Accuracy on the training votes."""
    pairs: int
    """L."""
    votes: int
    """Number of training votes."""
    test_votes: int
    """Number of test votes."""


def higgins(
    codes: Codes,
    generator: torch.Generator,
    *,
    pairs: int = PAIRS,
    votes: int = VOTES,
    test_votes: int = TEST_VOTES,
) -> Higgins:
    """Measure a code by Higgins' metric.

    Known values for K independent factors: 1 for a perfect code, in any order, at any scale, with
    every coordinate repeated; *also 1* for a code without one factor, which is recognised as all
    coordinates vary; (K − 1)/K for two factors of the same kind rotated by 45°, as only they are
    confused; 1/K for noise.

    Args:
        codes: the pool.
        generator: draws the halves and the votes; on the CPU.
        pairs: L, at least 1.
        votes: training votes, at least K.
        test_votes: at least 1.

    Raises:
        InputError: a number below its minimum, or a value of a factor that only one image has.
    """
    for name, value in (("pairs", pairs), ("votes", votes), ("test votes", test_votes)):
        if value < 1:
            raise InputError(f"higgins: expected at least 1 of {name}, got {value}")
    train, test = codes.halves(generator)
    inputs, targets = _differences(train, votes, pairs, generator)
    if len(np.unique(targets)) < 2:
        raise InputError(f"higgins: expected votes for at least two factors, got {votes} votes")
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=MAX_STEPS))
    model.fit(inputs, targets)
    return Higgins(
        accuracy=float(model.score(*_differences(test, test_votes, pairs, generator))),
        train_accuracy=float(model.score(inputs, targets)),
        pairs=pairs,
        votes=votes,
        test_votes=test_votes,
    )


def _differences(
    codes: Codes, votes: int, pairs: int, generator: torch.Generator
) -> tuple[Float[np.ndarray, "vote latent"], Int[np.ndarray, " vote"]]:
    """Draw votes; return the mean absolute difference and the fixed factor of each."""
    groups, mean = Groups.of(codes.factors, codes.names), codes.mean
    fixed = groups.fixed(votes, generator)
    step = max(1, CELLS // (pairs * mean.shape[1]))
    differences = list[np.ndarray]()
    for start in range(0, votes, step):
        first, second = np.moveaxis(
            groups.draw(fixed[start : start + step], pairs, 2, generator), -1, 0
        )
        differences.append(np.abs(mean[first] - mean[second]).mean(axis=1))
    return np.concatenate(differences), fixed
