"""Image datasets in memory: the parts of a split, with labels and factors.

A reader returns `RawImages`; `assemble` splits them and returns the `ImageData` used by the rest of
the project.
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
PARTS: tuple[PartName, ...] = ("train", "val", "test")
"""The parts of a split."""
Irregular = Literal["stop", "convert", "skip"]
"""How to handle transparent, 16-bit and unreadable images of a folder."""


@dataclass(frozen=True)
class RawImages:
    """A dataset as read from files, before splitting."""

    store: Store
    """All images."""
    labels: Int[np.ndarray, " row"] | None = None
    """Class of each image; None without classes."""
    factors: FactorTable | None = None
    """Factors of the images; None if unknown."""
    class_names: tuple[str, ...] | None = None
    """Names of the classes 0, 1, …, if known."""
    parts: Int[np.ndarray, " row"] | None = None
    """The part of each image, 0 train, 1 val, 2 test; None without a predefined split."""
    names: tuple[str, ...] | None = None
    """Name of each image, such as its file; None if images are only numbered."""
    notes: tuple[str, ...] = ()
    """Notes for the user on the reading."""
    attributes: AttributeTable | None = None
    """The attributes of each image; None without attributes."""


@dataclass(frozen=True)
class ImagePart:
    """The images of one part: training, validation or test."""

    images: ImageRows
    """Read in batches by `images.take(index)`: uint8 of shape [batch, channel, height, width]."""
    labels: Int[np.ndarray, " image"] | None
    """Class of each image; None without classes."""
    factors: Int[np.ndarray, "image factor"] | None
    """Factors of each image; None if unknown."""
    rows: Int[np.ndarray, " image"]
    """Index of each image in the whole dataset."""

    def __len__(self) -> int:
        """Number of images."""
        return len(self.images)

    def spread(self, count: int) -> "ImagePart":
        """Return at most `count` images, evenly spaced."""
        return self.pick(spread(len(self), count))

    def pick(self, index: Int[np.ndarray, " picked"]) -> "ImagePart":
        """Return the images at these indices of the part."""
        return ImagePart(
            images=ImageRows(self.images.store, self.rows[index]),
            labels=None if self.labels is None else self.labels[index],
            factors=None if self.factors is None else self.factors[index],
            rows=self.rows[index],
        )


@dataclass(frozen=True)
class ImageData:
    """An image dataset, split into three parts."""

    name: str
    """Its name in the registry, or that of its file."""
    train: ImagePart
    """Training images."""
    val: ImagePart
    """Validation images."""
    test: ImagePart
    """Test images."""
    whole: ImagePart
    """All images in the dataset's order, to which the rows of `factors` refer."""
    class_names: tuple[str, ...] | None
    """Names of the classes 0, 1, …, if known."""
    factors: FactorTable | None
    """Names and values of the factors; None if unknown."""
    fingerprint: str
    """SHA-256 (hex) of images, labels and factors, in order."""
    split_fingerprint: str
    """SHA-256 (hex) of `fingerprint` and of the rows of each part."""
    names: tuple[str, ...] | None = None
    """Name of each image of `whole`, such as its file; None if images are only numbered."""
    notes: tuple[str, ...] = ()
    """Notes for the user on the reading."""
    attributes: AttributeTable | None = None
    """The attributes of each image of the whole; None without attributes."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return self.whole.images.store.shape

    def together(self, *names: PartName) -> ImagePart:
        """Return the union of several parts, such as `together("train", "val")`."""
        return self.whole.pick(np.sort(np.concatenate([getattr(self, n).rows for n in names])))


def whole_part(raw: RawImages) -> ImagePart:
    """Return all images, unsplit."""
    of_row = None if raw.factors is None else raw.factors.of_row
    images = ImageRows(raw.store, np.arange(len(raw.store), dtype=np.int64))
    return ImagePart(images, raw.labels, of_row, images.rows)


def assemble(name: str, raw: RawImages, split: SplitRows) -> ImageData:
    """Split the images into parts."""
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
    """Return at most `count` evenly spaced indices below `total`, as images may be sorted by class.

    >>> spread(10, 4).tolist()
    [0, 3, 6, 9]
    """
    return np.unique(np.linspace(0, total - 1, min(count, total)).astype(np.int64))


def content_fingerprint(raw: RawImages) -> str:
    """Return the SHA-256 (hex) of number, shape, digest, labels, factors and attributes.

    Integers are hashed as little-endian int64.
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
