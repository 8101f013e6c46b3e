"""Queries: concepts drawn from test images, each with some attributes left open."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from graphvae_data.images.attributes import UNKNOWN


@dataclass(frozen=True)
class Queries:
    """Concepts to imagine."""

    given: Int[np.ndarray, "query attribute"]
    """The values that each gives; −1 for one that it leaves open."""
    images: int
    """Images to imagine of each."""

    @property
    def digest(self) -> str:
        """The sha256 (hex) of the values, as little-endian int64."""
        return hashlib.sha256(np.ascontiguousarray(self.given, dtype="<i8").tobytes()).hexdigest()

    @property
    def counts(self) -> Int[np.ndarray, " query"]:
        """How many attributes each gives."""
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
    """Draw `each` queries for every number of given attributes, the fewest first.

    A query takes the attributes of an image that has all of them, and leaves some open.

    Args:
        attributes: of test images.
        each: queries for each number of given attributes.
        images: images to imagine of each query.
        seed: of the draws.
        fewest: the lowest number of given attributes; the highest is that of all.
    """
    random = np.random.default_rng(seed)
    whole = attributes[(attributes != UNKNOWN).all(1)]
    count = attributes.shape[1]
    rows = list[Int[np.ndarray, "query attribute"]]()
    for known in range(min(fewest, count), count + 1):
        values = whole[random.integers(len(whole), size=each)].copy()
        order = np.argsort(random.random(values.shape), axis=1)
        np.put_along_axis(values, order[:, known:], UNKNOWN, axis=1)
        rows.append(values)
    return Queries(np.concatenate(rows), images)
