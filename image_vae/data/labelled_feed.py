"""Batches with a fixed share of labelled images."""

from __future__ import annotations

import math

import torch
from jaxtyping import Int
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.core.rng import seeded
from graphvae_data.images.image_data import ImagePart
from image_vae.data.binarize import Binarization
from image_vae.data.feed import Feed
from image_vae.data.labels import Label

LABELLED = 10
"""Index of the random stream of the order of labelled images."""


class LabelledFeed(Feed):
    """The images of a part, with a fixed share of labelled images in each batch.

    Args:
        part: the images.
        how: how bytes are converted to pixels.
        share: share of labelled images in each batch, at least one image.
        size: images per batch; the last of an epoch may have fewer.
        seed: seed of the run, for the order and fixed binarisation.
        device: the device of the batches.
        label: the label, known for some of the images.

    Raises:
        InputError: no label is known.
    """

    def __init__(
        self,
        part: ImagePart,
        how: Binarization,
        share: float,
        size: int,
        *,
        seed: int,
        device: torch.device,
        label: Label,
    ) -> None:
        super().__init__(part, how, seed=seed, device=device, label=label)
        known = torch.from_numpy(label.of_row[part.rows] >= 0)
        self.known: Int[Tensor, " labelled"] = known.nonzero().squeeze(1)
        """The labelled images."""
        self.size, self.drawn = size, min(size - 1, max(1, round(share * size)))
        if not len(self.known):
            raise InputError("labelled_share: no training image has a label")

    def order(self, epoch: int) -> Int[Tensor, " image"]:
        """Return the batches of an epoch, counted from 0, concatenated."""
        steps, others = math.ceil(len(self) / self.size), self.size - self.drawn
        plain = super().order(epoch)[torch.arange(steps * others) % len(self)]
        generator = seeded(self.seed, LABELLED, epoch)
        rounds = math.ceil(steps * self.drawn / len(self.known))
        shuffled = [torch.randperm(len(self.known), generator=generator) for _ in range(rounds)]
        labelled = self.known[torch.cat(shuffled)[: steps * self.drawn]]
        batches = [plain.view(steps, others), labelled.view(steps, self.drawn)]
        return torch.cat(batches, 1).flatten()[: len(self)]
