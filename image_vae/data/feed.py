"""Feeding images to a model: bytes taken by number, turned into pixels in the batch.

Images stay bytes until a batch is made of them, on the device where they fit: MNIST's training set
takes 39 MB. Which images make the batch of a step is a pure function of seed and step.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from graphvae_data.core.rng import seeded
from graphvae_data.images.image_data import ImagePart, spread
from image_vae.data.binarize import Binarization, binarize, fix
from image_vae.data.labels import Label

RESIDENT = 2 << 30
"""Bytes of images, at most, that are kept in memory, on the device; more are read by batch."""
ORDER, EVALUATION = 1, 3
"""The streams of randomness for the order of the images, and for images drawn once."""


class Feed:
    """The images of one part of a dataset, as a model sees them.

    Args:
        part: the images.
        how: how bytes become pixels.
        seed: the run's; fixes what is drawn once.
        device: where batches are to be.
        label: what a model is to tell of an image beside its pixels, if anything.
    """

    def __init__(
        self,
        part: ImagePart,
        how: Binarization,
        *,
        seed: int,
        device: torch.device,
        label: Label | None = None,
    ) -> None:
        self.part = fix(part, seed) if how is Binarization.FIXED else part
        self.how = how
        self.seed = seed
        self.device = device
        images = self.part.images
        self._drawn = not images.binary and how is Binarization.DYNAMIC
        small = int(np.prod(images.shape)) <= RESIDENT
        self._resident = torch.from_numpy(images.array()).to(device) if small else None
        self.label = label
        values = None if label is None else label.of_row[part.rows]
        self._values = None if values is None else torch.from_numpy(values).to(device)

    def __len__(self) -> int:
        return len(self.part)

    @property
    def labels(self) -> Int[np.ndarray, " image"] | None:
        """The class of each image; None without classes."""
        return self.part.labels

    def batch(
        self, index: Int[Tensor, " batch"], generator: torch.Generator
    ) -> Float[Tensor, "batch channel height width"]:
        """Return images by number; the generator, on the device, draws binary pixels."""
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
        """Return the same images as "x" and, where the feed has a label, theirs as "y"."""
        data = {"x": self.batch(index, generator)}
        if self._values is not None:
            data["y"] = self._values.index_select(0, index.to(self.device))
        return data

    def order(self, epoch: int) -> Int[Tensor, " image"]:
        """Return the order of the images in an epoch, counted from 0."""
        return torch.randperm(len(self), generator=seeded(self.seed, ORDER, epoch))

    def in_order(
        self, size: int, *, limit: int | None = None, spread: bool = False
    ) -> Iterator[Float[Tensor, "batch channel height width"]]:
        """Go through the images once for a score: what is drawn is the same at every call.

        Args:
            size: images at a time.
            limit: how many of them; None for all.
            spread: whether these are spread evenly, in the place of the first ones.
        """
        for data in self.observed_in_order(size, limit=limit, spread=spread):
            yield data["x"]

    def observed_in_order(
        self, size: int, *, limit: int | None = None, spread: bool = False
    ) -> Iterator[dict[str, Shaped[Tensor, "batch ..."]]]:
        """Go through the images, as `in_order` does, with their labels."""
        generator = seeded(self.seed, EVALUATION, device=self.device)
        count = len(self) if limit is None else min(limit, len(self))
        index = self.spread(count) if spread else torch.arange(count)
        for part in index.split(size):
            yield self.observed(part, generator)

    def spread(self, count: int) -> Int[Tensor, " image"]:
        """Return the numbers of images spread evenly."""
        return torch.from_numpy(spread(len(self), count))

    def some(self, count: int) -> Float[Tensor, "image channel height width"]:
        """Return images spread evenly over the part, in grey, on the CPU."""
        images = torch.from_numpy(self.part.images.take(spread(len(self), count)))
        return images.to(torch.get_default_dtype()) / 255
