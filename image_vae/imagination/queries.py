"""Queries: concepts of test images, with some attributes left open."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from graphvae_data.images.attributes import UNKNOWN


@dataclass(frozen=True)
class Queries:
    """Concepts for which images are generated."""

    given: Int[np.ndarray, "query attribute"]
    """The given values; −1 for an open attribute."""
    images: int
    """Number of images per query."""

    @property
    def digest(self) -> str:
        """The sha256 (hex) of the values, as little-endian int64."""
        return hashlib.sha256(np.ascontiguousarray(self.given, dtype="<i8").tobytes()).hexdigest()

    @property
    def counts(self) -> Int[np.ndarray, " query"]:
        """Number of given attributes of each query."""
        return np.asarray((self.given != UNKNOWN).sum(1))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, to be recorded."""
        return {"sha256": self.digest, "images": self.images, "given": self.given.tolist()}


def draw_queries(
    attributes: Int[np.ndarray, "image attribute"],
    each: int,
    images: int,
    *,
    seed: int,
    fewest: int = 1,
) -> Queries:
    """Draw `each` queries for every number of given attributes, in increasing order.

    A query takes the attributes of a random image without unknown values, and leaves some open.

    Args:
        attributes: the attributes of test images.
        each: queries for each number of given attributes.
        images: images to generate for each query.
        seed: seed of the random choices.
        fewest: minimum number of given attributes; the maximum is the number of attributes.
    """
    random = np.random.default_rng(seed)
    complete = attributes[(attributes != UNKNOWN).all(1)]
    count = attributes.shape[1]
    rows = list[Int[np.ndarray, "query attribute"]]()
    for known in range(min(fewest, count), count + 1):
        values = complete[random.integers(len(complete), size=each)].copy()
        order = np.argsort(random.random(values.shape), axis=1)
        np.put_along_axis(values, order[:, known:], UNKNOWN, axis=1)
        rows.append(values)
    return Queries(np.concatenate(rows), images)
