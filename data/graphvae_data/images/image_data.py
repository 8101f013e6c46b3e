"""Pictures ready to train on: parts of a dataset with their labels and factors.

What a reader returns is a `RawImages`; `assemble` splits it and gives the `ImageData` that every
other part of the project takes.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int

from graphvae_data.images.attributes import AttributeTable
from graphvae_data.images.factors import FactorTable
from graphvae_data.images.image_store import ImageRows, Store
from graphvae_data.images.splits import SplitRows

PartName = Literal["train", "val", "test"]
Irregular = Literal["stop", "convert", "skip"]
"""What becomes of a folder's pictures that are transparent, of 16 bits or unreadable."""


@dataclass(frozen=True)
class RawImages:
    """A dataset as read from files, before it is split."""

    store: Store
    """Every picture."""
    labels: Int[np.ndarray, " row"] | None = None
    """Class of each picture; None without classes."""
    factors: FactorTable | None = None
    """What each picture was drawn from; None if unknown."""
    class_names: tuple[str, ...] | None = None
    """What the labels 0, 1, … stand for, where known."""
    parts: Int[np.ndarray, " row"] | None = None
    """The part of each picture, 0 train, 1 val, 2 test, if they come with a split of their own."""
    names: tuple[str, ...] | None = None
    """What each picture is called, such as its file; None for its number."""
    notes: tuple[str, ...] = ()
    """What a user should know of how they were read."""
    attributes: AttributeTable | None = None
    """What is known of each picture, by name; None without attributes."""


@dataclass(frozen=True)
class ImagePart:
    """Pictures to train on, to validate on, or to test on."""

    images: ImageRows
    """Taken in batches by `images.take(index)`: uint8 of shape [batch, channel, height, width]."""
    labels: Int[np.ndarray, " image"] | None
    """Class of each picture; None without classes."""
    factors: Int[np.ndarray, "image factor"] | None
    """Factors of each picture; None if unknown."""
    rows: Int[np.ndarray, " image"]
    """Where each picture stands in the whole dataset."""

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.images)

    def spread(self, count: int) -> "ImagePart":
        """Return at most `count` of the pictures, spread evenly."""
        return self.pick(spread(len(self), count))

    def pick(self, index: Int[np.ndarray, " picked"]) -> "ImagePart":
        """Return the pictures at these places of the part."""
        return ImagePart(
            images=ImageRows(self.images.store, self.rows[index]),
            labels=None if self.labels is None else self.labels[index],
            factors=None if self.factors is None else self.factors[index],
            rows=self.rows[index],
        )


@dataclass(frozen=True)
class ImageData:
    """A dataset of pictures in three parts."""

    name: str
    """Its name in the registry, or of its file."""
    train: ImagePart
    """To train on."""
    val: ImagePart
    """To choose settings and epochs by."""
    test: ImagePart
    """To score on once."""
    whole: ImagePart
    """Every picture in the dataset's own order; `factors.index_of` finds rows of it."""
    class_names: tuple[str, ...] | None
    """What the labels 0, 1, … stand for, where known."""
    factors: FactorTable | None
    """Names, values and places of the factors; None if unknown."""
    fingerprint: str
    """The sha256 (hex) of pictures, labels and factors, in order."""
    split_fingerprint: str
    """The sha256 (hex) of `fingerprint` and of the rows of each part."""
    names: tuple[str, ...] | None = None
    """What each picture of the whole is called, such as its file; None for its number."""
    notes: tuple[str, ...] = ()
    """What a user should know of how they were read."""
    attributes: AttributeTable | None = None
    """What is known of each picture of the whole; None without attributes."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a picture."""
        return self.whole.images.store.shape

    def together(self, *names: PartName) -> ImagePart:
        """Several parts as one: `together("train", "val")` is all that is not for testing."""
        return self.whole.pick(np.sort(np.concatenate([getattr(self, n).rows for n in names])))


def whole_part(raw: RawImages) -> ImagePart:
    """Return every picture that a reader returned, unsplit."""
    of_row = None if raw.factors is None else raw.factors.of_row
    every = ImageRows(raw.store, np.arange(len(raw.store), dtype=np.int64))
    return ImagePart(every, raw.labels, of_row, every.rows)


def assemble(name: str, raw: RawImages, split: SplitRows) -> ImageData:
    """Divide what a reader returned into parts."""
    whole = whole_part(raw)
    content = content_fingerprint(raw)
    return ImageData(
        name=name,
        train=whole.pick(split.train),
        val=whole.pick(split.val),
        test=whole.pick(split.test),
        whole=whole,
        class_names=raw.class_names,
        factors=raw.factors,
        fingerprint=content,
        split_fingerprint=split.fingerprint(content),
        names=raw.names,
        notes=raw.notes,
        attributes=raw.attributes,
    )


def spread(total: int, count: int) -> Int[np.ndarray, " picked"]:
    """Return at most `count` places among `total`, spread evenly: pictures may lie sorted by class.

    >>> spread(10, 4).tolist()
    [0, 3, 6, 9]
    """
    return np.unique(np.linspace(0, total - 1, min(count, total)).astype(np.int64))


def content_fingerprint(raw: RawImages) -> str:
    """The sha256 (hex) of number, shape, the pictures' digest, labels, factors and attributes.

    Integers enter as little-endian int64.
    """
    digest = hashlib.sha256(np.array([len(raw.store), *raw.store.shape], dtype="<i8").tobytes())
    digest.update(raw.store.digest().encode())
    of_row = None if raw.factors is None else raw.factors.of_row
    attributes = None if raw.attributes is None else raw.attributes.of_row
    for key, values in (("labels", raw.labels), ("factors", of_row), ("attributes", attributes)):
        if values is not None:
            digest.update(key.encode())
            digest.update(np.ascontiguousarray(values, dtype="<i8").data)
    return digest.hexdigest()
