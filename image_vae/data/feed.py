"""Batches of images for a model: bytes are selected by index and converted to pixels.

Images are kept as bytes, on the device if they fit: MNIST's training set takes 39 MB. The images of
a batch are a pure function of seed and step.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from graphvae_data.core.rng import seeded
from graphvae_data.images.image_data import ImagePart, spread
from image_vae.data.attributes import AttributeColumns
from image_vae.data.binarize import Binarization, binarize, fix
from image_vae.data.labels import Label

RESIDENT = 2 << 30
"""Maximum bytes of images kept on the device; larger sets are read by batch."""
SCANNED = 10_000
"""Number of images searched for grey pixels at once."""
ORDER, EVALUATION = 1, 3
"""Indices of the random streams of the order of images and of evaluation."""


class Feed:
    """The images of one part of a dataset, preprocessed for a model.

    Args:
        part: the images.
        how: how bytes are converted to pixels.
        seed: seed of the run, for fixed binarisation and the order.
        device: the device of the batches.
        label: a label that the model predicts, if any.
        attributes: attributes that the model observes, if any.
    """

    def __init__(
        self,
        part: ImagePart,
        how: Binarization,
        *,
        seed: int,
        device: torch.device,
        label: Label | None = None,
        attributes: AttributeColumns | None = None,
    ) -> None:
        self.original = part
        self.part = fix(part, seed) if how is Binarization.FIXED else part
        self.how = how
        self.seed = seed
        self.device = device
        images = self.part.images
        self._drawn = not images.binary and how is Binarization.DYNAMIC
        fits = int(np.prod(images.shape)) <= RESIDENT
        self._resident = torch.from_numpy(images.array()).to(device) if fits else None
        self.label = label
        values = None if label is None else label.of_row[part.rows]
        self._values = None if values is None else torch.from_numpy(values).to(device)
        self.attributes = attributes
        self._attributes = {} if attributes is None else attributes.of_rows(part.rows, device)

    def __len__(self) -> int:
        return len(self.part)

    @property
    def labels(self) -> Int[np.ndarray, " image"] | None:
        """The class of each image; None without classes."""
        return self.part.labels

    @property
    def labelled(self) -> bool:
        """Whether any image has a label that the model learns."""
        return self.labelled_share > 0

    @cached_property
    def labelled_share(self) -> float:
        """Share of the images with a label that the model learns."""
        return 0.0 if self._values is None else float((self._values >= 0).double().mean())

    @cached_property
    def black_and_white(self) -> bool:
        """Whether every pixel of a batch is 0 or 1."""
        images = self.part.images
        if images.binary or self.how is not Binarization.NONE:
            return True
        pieces = np.array_split(np.arange(len(self)), -(-len(self) // SCANNED))
        return all(bool(np.isin(images.take(piece), (0, 255)).all()) for piece in pieces)

    def batch(
        self, index: Int[Tensor, " batch"], generator: torch.Generator
    ) -> Float[Tensor, "batch channel height width"]:
        """Return images by index; the generator, on the device, samples binary pixels."""
        if self._resident is not None:
            images = self._resident.index_select(0, index.to(self.device))
        else:
            images = torch.from_numpy(self.part.images.take(index.numpy())).to(self.device)
        if self.how is Binarization.THRESHOLD or self._drawn:
            return binarize(images, self.how, generator)
        return images.to(torch.get_default_dtype()) / 255

    def observed(
        self, index: Int[Tensor, " batch"], generator: torch.Generator
    ) -> dict[str, Shaped[Tensor, "batch ..."]]:
        """Return images as "x", their labels as "y", if the feed has any, and attributes."""
        data = {"x": self.batch(index, generator)}
        index = index.to(self.device)
        data |= {name: each.index_select(0, index) for name, each in self._attributes.items()}
        if self._values is not None:
            data["y"] = self._values.index_select(0, index)
        return data

    def order(self, epoch: int) -> Int[Tensor, " image"]:
        """Return the order of the images in an epoch, counted from 0."""
        return torch.randperm(len(self), generator=seeded(self.seed, ORDER, epoch))

    def in_order(
        self, size: int, *, limit: int | None = None, spread: bool = False
    ) -> Iterator[Float[Tensor, "batch channel height width"]]:
        """Iterate over the images in batches; random pixels are the same at every call.

        Args:
            size: images per batch.
            limit: maximum number of images; None for all.
            spread: take evenly spaced images instead of the first.
        """
        for data in self.observed_in_order(size, limit=limit, spread=spread):
            yield data["x"]

    def observed_in_order(
        self, size: int, *, limit: int | None = None, spread: bool = False
    ) -> Iterator[dict[str, Shaped[Tensor, "batch ..."]]]:
        """Iterate like `in_order`, with labels."""
        generator = seeded(self.seed, EVALUATION, device=self.device)
        count = len(self) if limit is None else min(limit, len(self))
        index = self.spread(count) if spread else torch.arange(count)
        for part in index.split(size):
            yield self.observed(part, generator)

    def spread(self, count: int) -> Int[Tensor, " image"]:
        """Return the indices of evenly spaced images."""
        return torch.from_numpy(spread(len(self), count))

    def some(self, count: int) -> Float[Tensor, "image channel height width"]:
        """Return evenly spaced images of the part, in grey, on the CPU."""
        return _grey(self.part, spread(len(self), count))

    def originals(
        self, index: Int[Tensor, " image"]
    ) -> Float[Tensor, "image channel height width"]:
        """Return images by index, not binarised, on the CPU."""
        return _grey(self.original, index.numpy())


def _grey(
    part: ImagePart, index: Int[np.ndarray, " image"]
) -> Float[Tensor, "image channel height width"]:
    return torch.from_numpy(part.images.take(index)).to(torch.get_default_dtype()) / 255
