"""The label y of an image: its class, or one of its factors of variation.

For a model it is a second observed variable, generated from the first group z₁ of the code:

    p(x, y, z) = p(z) p(x | z) p(y | z₁),      p(y | z₁) = softmax(A z₁ + b).

No variable depends on y, so an image without a label is scored by x alone, and codes, samples and
bounds on log p(x) need no labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.images.image_data import ImageData

CLASS = "class"
"""The label name of a dataset's classes."""


@dataclass(frozen=True)
class Label:
    """A label of every image of a dataset."""

    name: str
    """`class`, or the name of a factor."""
    count: int
    """The number of its values 0, 1, …, count − 1."""
    of_row: Int[np.ndarray, " row"]
    """The value of each image; negative if unknown."""


def label_of(data: ImageData, name: str) -> Label:
    """Return the label of this name.

    Raises:
        InputError: the dataset has no such label, or it has a single value.
    """
    known = dict[str, Int[np.ndarray, " row"]]()
    if data.factors is not None:
        known |= dict(zip(data.factors.names, data.factors.of_row.T, strict=True))
    if data.whole.labels is not None:
        known[CLASS] = data.whole.labels
    if not known:
        raise InputError(f"label: {data.name} has neither classes nor factors, got {name!r}")
    if name not in known:
        raise InputError(
            f"label: expected one of {', '.join(known)} for {data.name}, got {name!r}"
            f"{nearest(name, known)}"
        )
    of_row = known[name]
    values = np.unique(of_row[of_row >= 0])
    if len(values) < 2:
        raise InputError(
            f"label: expected one of at least two values, and {name} of {data.name} has "
            f"{len(values)}"
        )
    numbered = np.where(of_row < 0, -1, np.searchsorted(values, of_row))
    return Label(name, len(values), numbered.astype(np.int64))
