"""The label y of an image: its class, or one of its factors of variation.

For a model it is a second observed variable, generated from the first group z₁ of the code:

    p(x, y, z) = p(z) p(x | z) p(y | z₁),      p(y | z₁) = softmax(A z₁ + b).

No variable depends on y, so an image without a label contributes only log p(x | z), and codes,
samples and bounds on log p(x) need no labels. In semi-supervised models y is a latent variable
(`image_vae.models.labelled`). The choice of labelled images has its own seed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.images.image_data import ImageData, ImagePart

CLASS = "class"
"""The label name of a dataset's classes."""


@dataclass(frozen=True)
class Label:
    """A label of every image of a dataset."""

    name: str
    """`class`, or the name of a factor."""
    count: int
    """Number of values 0, 1, …, count − 1."""
    of_row: Int[np.ndarray, " row"]
    """The value of each image; negative if unknown."""
    originals: tuple[int, ...]
    """The numbers in the dataset that the values stand for, in ascending order."""

    def index(self, original: int) -> int:
        """Return the value that stands for a number of the dataset.

        Raises:
            InputError: no image has this number.
        """
        if original not in self.originals:
            known = ", ".join(map(str, self.originals))
            raise InputError(f"label: expected one of {known}, got {original}")
        return self.originals.index(original)


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
    return Label(name, len(values), numbered.astype(np.int64), tuple(values.tolist()))


def known_labels(label: Label, part: ImagePart, per_class: int, seed: int) -> Label:
    """Return the label, known only for random images of each class of a part.

    Args:
        label: the label of every image.
        part: the images to choose from.
        per_class: labelled images per class.
        seed: seed of the choice.

    Raises:
        InputError: a class has fewer labelled images.
    """
    random = np.random.default_rng(seed)
    values = np.full_like(label.of_row, -1)
    for value in range(label.count):
        rows = part.rows[label.of_row[part.rows] == value]
        if len(rows) < per_class:
            raise InputError(
                f"labels_per_class: expected at most {len(rows):,}, the labelled training images "
                f"of value {label.originals[value]} of {label.name}, got {per_class:,}"
            )
        values[random.choice(rows, per_class, replace=False)] = value
    return replace(label, of_row=values)


def describe_labels(label: Label, part: ImagePart) -> dict[str, str | int]:
    """Return the number of known labels of a part, and the sha256 of their rows and values."""
    rows = np.sort(part.rows[label.of_row[part.rows] >= 0])
    content = np.stack([rows, label.of_row[rows]]).astype("<i8")
    digest = hashlib.sha256(content.tobytes()).hexdigest()
    return {"name": label.name, "known": len(rows), "digest": digest}
