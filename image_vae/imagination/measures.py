"""The three C's as functions of the classifier's predictions for generated images.

Notation: a query gives some attributes and leaves others open; `seen` are the predicted values of
its images, `given` are the values of the query, −1 for an open attribute. Source: Vedantam et al.
2017, §4.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, Int

from graphvae_data.images.attributes import UNKNOWN


def correctness(
    seen: Int[np.ndarray, "query image attribute"], given: Int[np.ndarray, "query attribute"]
) -> Float[np.ndarray, " query"]:
    """Return the fraction of given values that the images have, for each query."""
    known = (given != UNKNOWN)[:, None, :]
    right = (seen == given[:, None, :]) & known
    shares: Float[np.ndarray, " query"] = right.sum((1, 2)) / (known.sum((1, 2)) * seen.shape[1])
    return shares


def coverage(
    seen: Int[np.ndarray, "query image attribute"],
    given: Int[np.ndarray, "query attribute"],
    sizes: tuple[int, ...],
) -> Float[np.ndarray, " query"]:
    """Return the mean similarity of open attributes to a uniform distribution, for each query.

    NaN for a query without open attributes.
    """
    similar = np.stack(
        [
            similarity(np.stack([(seen[..., at] == value).sum(1) for value in range(size)], 1))
            for at, size in enumerate(sizes)
        ],
        axis=1,
    )
    opened = given == UNKNOWN
    with np.errstate(invalid="ignore"):
        means: Float[np.ndarray, " query"] = (similar * opened).sum(1) / opened.sum(1)
    return means


def similarity(counts: Int[np.ndarray, "*query value"]) -> Float[np.ndarray, "*query"]:
    """Return 1 − JS of a histogram and the uniform distribution, in nats.

    JS(p, u) = ½ KL(p ‖ m) + ½ KL(u ‖ m) with m = ½ (p + u); at most log 2.

    >>> similarity(np.array([5, 5])).item(), round(similarity(np.array([10, 0])).item(), 4)
    (1.0, 0.7842)
    """
    p = counts / counts.sum(-1, keepdims=True)
    u = np.full_like(p, 1 / p.shape[-1])
    middle = (p + u) / 2
    divergence = (_divergence(p, middle) + _divergence(u, middle)) / 2
    return np.asarray(1 - divergence)


def _divergence(
    p: Float[np.ndarray, "*query value"], q: Float[np.ndarray, "*query value"]
) -> Float[np.ndarray, "*query"]:
    ratio = np.where(p > 0, p, 1.0) / q
    return np.asarray((p * np.log(ratio)).sum(-1))


def ceiling(
    given: Int[np.ndarray, "query attribute"],
    sizes: tuple[int, ...],
    images: int,
    *,
    seed: int = 0,
    draws: int = 20_000,
) -> float:
    """Return the mean coverage of a model that samples open attributes uniformly, by simulation.

    It is below 1, since a histogram of few uniform samples is not uniform.
    """
    random = np.random.default_rng(seed)
    best = np.array(
        [similarity(random.multinomial(images, [1 / size] * size, draws)).mean() for size in sizes]
    )
    opened = given == UNKNOWN
    partial = opened.any(1)
    if not partial.any():
        return math.nan
    return float(((opened * best).sum(1)[partial] / opened.sum(1)[partial]).mean())


def resampled(
    values: Float[np.ndarray, " query"], *, seed: int = 0, times: int = 5, share: float = 0.8
) -> tuple[float, float]:
    """Return the mean over queries, and its standard deviation over resamples of the queries.

    As in the paper: five subsets of 80 % of the queries; variation between training runs is not
    included.
    """
    random = np.random.default_rng(seed)
    count = max(1, round(share * len(values)))
    means = [values[random.permutation(len(values))[:count]].mean() for _ in range(times)]
    return float(values.mean()), float(np.std(means, ddof=1))
