"""Batches in which exactly one factor of variation varies, and the clamping of codes.

A batch is a *line* of the grid of factors: one image, and all other training images that differ
from it in factor f only, repeated until the batch is full. The factor f and the line are a pure
function of seed and step. The coordinates of the code are assigned to the F varied factors:
coordinate j belongs to factor j mod F.

While f varies, the coordinates of the other factors are clamped: the decoder receives their mean
over the batch, and their gradient is the deviation from the mean, which makes them invariant. Each
coordinate thus learns to encode only its own factor. Source: Kulkarni et al. 2015, "Deep
Convolutional Inverse Graphics Network" (DC-IGN), §3.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.core.rng import seeded
from graphvae_data.images.factors import FactorTable
from graphvae_data.images.image_data import ImagePart
from image_vae.data.binarize import Binarization
from image_vae.data.feed import Feed
from image_vae.data.labels import Label

LINES = 7
"""Index of the random stream of the lines."""
INVARIANCE = 0.01
"""Scale of the gradient of clamped coordinates: small relative to the reconstruction."""


class AlignedFeed(Feed):
    """The images of a part, ordered so that every batch is a line of the grid of factors.

    Args:
        part: the images.
        how: how bytes are converted to pixels.
        factors: the factor table of their dataset.
        size: images per batch; the last of an epoch may have fewer.
        seed: seed of the run, for the lines and fixed binarisation.
        device: the device of the batches.
        label: a label that the model predicts, if any.

    Raises:
        InputError: the dataset has no complete table of factors.
    """

    def __init__(
        self,
        part: ImagePart,
        how: Binarization,
        factors: FactorTable | None,
        size: int,
        *,
        seed: int,
        device: torch.device,
        label: Label | None = None,
    ) -> None:
        super().__init__(part, how, seed=seed, device=device, label=label)
        if factors is None or factors.row_at is None:
            raise InputError(
                "batches: one-factor needs images with every combination of their factors, such as "
                "sprites-toy or dsprites; these have no complete table of factors"
            )
        self.factors, self.size = factors, size
        self._index_of_row = np.full(len(factors.of_row), -1, dtype=np.int64)
        self._index_of_row[self.part.rows] = np.arange(len(self.part))
        starts = {factor: self._starts(factor) for factor in range(len(factors.sizes))}
        self._begin = [(factor, images) for factor, images in starts.items() if len(images)]
        if not self._begin:
            raise InputError("batches: one-factor found no images that differ in one factor")

    @property
    def varied(self) -> tuple[str, ...]:
        """The names of the factors that vary in any batch."""
        return tuple(self.factors.names[factor] for factor, _ in self._begin)

    def varying(self, step: int) -> int:
        """Return the index in `varied` of the factor that varies in a step's batch."""
        return self._choose(step)[0]

    def order(self, epoch: int) -> Int[Tensor, " image"]:
        """Return the batches of an epoch, counted from 0, concatenated."""
        steps = math.ceil(len(self) / self.size)
        lines = [self._batch(step) for step in range(epoch * steps, (epoch + 1) * steps)]
        return torch.from_numpy(np.concatenate(lines)[: len(self)])

    def _choose(self, step: int) -> tuple[int, torch.Generator]:
        generator = seeded(self.seed, LINES, step)
        return int(torch.randint(len(self._begin), (), generator=generator)), generator

    def _batch(self, step: int) -> Int[np.ndarray, " image"]:
        """Return the line of a step, shuffled; counts of its images differ by at most one."""
        index, generator = self._choose(step)
        factor, begin = self._begin[index]
        start = begin[int(torch.randint(len(begin), (), generator=generator))]
        line = self._line(factor, int(start))
        line = line[torch.randperm(len(line), generator=generator).numpy()]
        return np.resize(line, self.size)

    def _line(self, factor: int, start: int) -> Int[np.ndarray, " image"]:
        """Return an image of the part and those that differ from it in a single factor."""
        combinations = np.repeat(
            self.factors.of_row[self.part.rows[start]][None], self.factors.sizes[factor], axis=0
        )
        combinations[:, factor] = np.arange(self.factors.sizes[factor])
        rows = self.factors.index_of(combinations)
        images: Int[np.ndarray, " image"] = self._index_of_row[rows]
        return images[images >= 0]

    def _starts(self, factor: int) -> Int[np.ndarray, " image"]:
        """Return the images whose line has at least two images."""
        ends = self.factors.of_row[self.part.rows].copy()
        ends[:, factor] = 0
        line = self.factors.index_of(ends)
        return np.flatnonzero(np.bincount(line, minlength=len(self._index_of_row))[line] > 1)


def owned(latent: int, index: int, count: int) -> Bool[Tensor, " latent"]:
    """Return which coordinates of a code belong to factor `index` of `count` factors.

    >>> owned(5, 1, 3).tolist()
    [False, True, False, False, True]
    """
    return torch.arange(latent) % count == index


def clamp(
    z: Float[Tensor, "k batch latent"], active: Bool[Tensor, " latent"], strength: float
) -> Float[Tensor, "k batch latent"]:
    """Set inactive coordinates to their mean over the batch.

    The gradient of an active coordinate is unchanged; that of an inactive one is `strength` times
    its deviation from the mean, independent of the loss.
    """
    apply: Callable[[Tensor, Tensor, float], Tensor] = _Clamp.apply
    return apply(z, active.to(z.device), strength)


class _Clamp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor, active: Tensor, strength: float) -> Tensor:
        """Return the clamped code."""
        mean = z.mean(-2, keepdim=True)
        ctx.save_for_backward(strength * (z - mean), active)
        return torch.where(active, z, mean)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """Return the gradient of active coordinates, and the scaled deviation of the others."""
        deviation, active = ctx.saved_tensors
        return torch.where(active, gradients[0], deviation), None, None
