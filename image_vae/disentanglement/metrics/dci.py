"""DCI: disentanglement, completeness and informativeness, from regressions of factors on codes.

Each factor is predicted from the code, and the regression gives the importance R_jk ≥ 0 of each
coordinate j for each factor k. With P the row-normalised R, P' the column-normalised R, and H the
entropy to the base of the number of entries,

    disentanglement of j: 1 − H(P_j·), averaged with weights Σ_k R_jk: does j encode one factor
    only? completeness of k: 1 − H(P'_·k), averaged over k: does k need one coordinate only?
    informativeness of k: R² on held-out images.

Source: Eastwood & Williams 2018, "A Framework for the Quantitative Evaluation of Disentangled
Representations", §3; they report the error √(1 − R²). Two regressions are used, whose results are
not interchangeable: a lasso on standardised variables, with R its absolute coefficients, captures
linear relations only; gradient boosted trees (Locatello et al. 2019), with R each coordinate's
share of the reduction of squared error, capture any relation. A factor enters as the index of its
value, which imposes an order on categories such as shapes.

The shares of the trees sum to one however little is explained, so a factor that the code does not
encode would count as much as any other and spread noise over all coordinates. They are therefore
multiplied by the R² on held-out images. For either regression R is 0 if that R² is below 0.01.

Coordinates that do not vary over the images (see `factor_vae.alive`) are omitted, as
standardisation would scale their noise like a code. Disentanglement is None if fewer than two
factors are encoded: with a single factor every coordinate encodes only one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Lasso
from sklearn.preprocessing import StandardScaler

from graphvae_data.core.errors import InputError
from image_vae.disentanglement.code import Codes
from image_vae.disentanglement.metrics.factor_vae import alive

PENALTY = 0.02
"""L1 penalty of the lasso, on standardised variables."""
TREES, DEPTH, SHARE = 100, 3, 0.5
"""Trees per factor, their depth, and the fraction of images that each is fitted to."""
MIN_R2 = 0.01
"""R² on held-out images below which a factor counts as not encoded."""
MAX_FEATURES = 32
"""Maximum number of coordinates considered at a split of a tree."""


@dataclass(frozen=True)
class Dci:
    """The three scores of one regression."""

    disentanglement: float | None
    """From 0 (every coordinate encodes all factors equally) to 1; None if fewer than two factors
    are encoded."""
    completeness: float
    """From 0 (every factor is spread over all coordinates) to 1."""
    informativeness: float
    """The mean R² over factors on held-out images; 0 for predicting the mean, at most 1."""
    explained: dict[str, float]
    """R² of each factor."""
    importance: Float[np.ndarray, "kept factor"]
    """R of the coordinates that vary."""


@dataclass(frozen=True)
class DciPair:
    """DCI by both regressions."""

    trees: Dci
    """By gradient boosted trees."""
    lasso: Dci
    """By a lasso."""


def dci(codes: Codes, generator: torch.Generator) -> DciPair:
    """Measure a code by DCI, fitted on one half of the pool and scored on the other.

    Known values of disentanglement, completeness and informativeness by the lasso, for K
    independent factors and J = K coordinates:

    - a perfect code, in any order and at any scale: 1, 1, 1 − penalty²;
    - every coordinate repeated: the same or, as copies share the importance, a completeness of
      1 − log 2 / log 2K;
    - two factors rotated by 45°: (K − 2 log 2 / log K) / K for the first two;
    - a code without one factor: 1, (K − 1)/K, (K − 1)/K;
    - noise: None, 0, 0.

    The trees agree to a few hundredths, with an informativeness just below 0 for noise.

    Args:
        codes: the pool.
        generator: draws the halves and seeds the trees; on the CPU.

    Raises:
        InputError: a pool of fewer than four images.
    """
    if len(codes.factors) < 4:
        raise InputError(f"dci: expected a pool of at least 4 images, got {len(codes.factors)}")
    train, test = codes.halves(generator)
    used = alive(codes)
    if not used.any():
        empty = _scores(np.zeros((1, len(codes.names))), [0.0] * len(codes.names), codes.names)
        return DciPair(empty, empty)
    scaler = StandardScaler().fit(train.mean[:, used])
    train_codes, test_codes = (scaler.transform(part.mean[:, used]) for part in (train, test))
    target = StandardScaler().fit(train.factors)
    train_factors, test_factors = target.transform(train.factors), target.transform(test.factors)
    importance = {"trees": list[np.ndarray](), "lasso": list[np.ndarray]()}
    explained = {"trees": list[float](), "lasso": list[float]()}
    for train_factor, test_factor in zip(train_factors.T, test_factors.T, strict=True):
        trees = _trees(train_codes.shape[1], generator).fit(train_codes, train_factor)
        lasso = Lasso(alpha=PENALTY).fit(train_codes, train_factor)
        explained["trees"].append(float(trees.score(test_codes, test_factor)))
        explained["lasso"].append(float(lasso.score(test_codes, test_factor)))
        encoded = {kind: r2[-1] * (r2[-1] >= MIN_R2) for kind, r2 in explained.items()}
        importance["trees"].append(trees.feature_importances_ * encoded["trees"])
        importance["lasso"].append(np.abs(lasso.coef_) * (encoded["lasso"] > 0))
    return DciPair(
        **{
            kind: _scores(np.stack(importance[kind], axis=1), explained[kind], codes.names)
            for kind in importance
        }
    )


def _trees(latent: int, generator: torch.Generator) -> GradientBoostingRegressor:
    return GradientBoostingRegressor(
        n_estimators=TREES,
        max_depth=DEPTH,
        subsample=SHARE,
        max_features=min(latent, MAX_FEATURES),
        random_state=int(torch.randint(2**31 - 1, (), generator=generator)),
    )


def _scores(
    importance: Float[np.ndarray, "latent factor"], explained: list[float], names: tuple[str, ...]
) -> Dci:
    encoded = int((importance > 0).any(axis=0).sum())
    return Dci(
        disentanglement=disentanglement(importance) if encoded > 1 else None,
        completeness=completeness(importance),
        informativeness=float(np.mean(explained)),
        explained=dict(zip(names, explained, strict=True)),
        importance=importance,
    )


def disentanglement(importance: Float[np.ndarray, "latent factor"]) -> float:
    """Return the weighted mean of 1 − H(P_j·); 0 if all importances are 0.

    >>> disentanglement(np.eye(2)), disentanglement(np.ones((3, 2)))
    (1.0, 0.0)
    """
    weight = importance.sum(axis=1)
    if not weight.any():
        return 0.0
    return float(np.average(_focus(importance), weights=weight))


def completeness(importance: Float[np.ndarray, "latent factor"]) -> float:
    """Return the mean of 1 − H(P'_·k); a factor whose importances are all 0 counts as 0.

    The mean is unweighted: weighted by importance, a factor that is not encoded would not count.
    """
    return float(_focus(importance.T).mean())


def _focus(importance: Float[np.ndarray, "row column"]) -> Float[np.ndarray, " row"]:
    """Return 1 − the entropy of each row to the base of its length; 0 for a row of zeros."""
    total, (rows, columns) = importance.sum(axis=1, keepdims=True), importance.shape
    if columns == 1:
        return np.asarray((total[:, 0] > 0).astype(float))
    share = np.divide(importance, total, out=np.full((rows, columns), 1 / columns), where=total > 0)
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    return np.asarray(np.clip(1 + (share * logs).sum(axis=1) / np.log(columns), 0.0, 1.0))
