"""Convert bytes to the pixels of a model's input: 0 or 1, or grey levels in [0, 1].

Notation: x in 0 … 255 is a pixel's byte. The binarisation is part of a result: dynamic and fixed
binarisation differ by about 2 nats on MNIST, so their numbers must not be compared.
"""

from dataclasses import replace
from enum import Enum

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from graphvae_data.core.hashing import mixed, row_keys
from graphvae_data.images.image_data import ImagePart
from graphvae_data.images.image_store import ArrayStore, ImageRows

_PIECE = 1 << 22
_BITS = 24


class Binarization(Enum):
    """How bytes are converted to pixels."""

    DYNAMIC = "dynamic"
    """b ~ Bernoulli(x / 255), resampled each time an image is used (Burda et al. 2015)."""
    FIXED = "fixed"
    """b ~ Bernoulli(x / 255), sampled once per image with a seed (see `fix`)."""
    THRESHOLD = "threshold"
    """b = 1 where x ≥ 128."""
    NONE = "none"
    """x / 255, grey levels in [0, 1]."""


def binarize(
    images: UInt8[Tensor, "*pixel"], how: Binarization, generator: torch.Generator
) -> Float[Tensor, "*pixel"]:
    """Return the pixels of a model's input.

    Args:
        images: bytes; for `FIXED` those returned by `fix`.
        how: how bytes are converted to pixels.
        generator: draws the pixels for `DYNAMIC`; on the device of the images.

    Raises:
        ValueError: `FIXED`, and images with other values than 0 and 255.
    """
    if how is Binarization.DYNAMIC:
        levels = images / 255
        noise = torch.empty_like(levels).uniform_(generator=generator)
        return levels.gt_(noise)  # exact to 2^-24, and faster than bernoulli
    if how is Binarization.THRESHOLD:
        return (images >= 128).to(torch.get_default_dtype())
    if how is Binarization.FIXED and bool(((images != 0) & (images != 255)).any()):
        raise ValueError("expected images of 0 and 255 only for FIXED; draw them with fix() first")
    return images.to(torch.get_default_dtype()) / 255


def fix(part: ImagePart, seed: int) -> ImagePart:
    """Return a part with images binarised once, to 0 and 255, in memory.

    The pixels of an image depend only on the seed and on its row in the whole dataset, not on the
    order of batches or on its part. A part that is already binary is returned without being read.
    """
    if part.images.binary:
        return part
    drawn = np.empty(part.images.shape, dtype=np.uint8)
    step = max(1, _PIECE // int(np.prod(part.images.shape[1:])))
    numbers = np.arange(len(part), dtype=np.int64)
    for start in range(0, len(part), step):
        index = numbers[start : start + step]
        drawn[index] = fixed_bits(part.images.take(index), part.rows[index], seed)
    return replace(part, images=ImageRows(ArrayStore(drawn, binary=True), numbers))


def fixed_bits(
    images: UInt8[np.ndarray, "image *pixel"], rows: Int[np.ndarray, " image"], seed: int
) -> UInt8[np.ndarray, "image *pixel"]:
    """Return 255 with probability x / 255 (to 2^-24), else 0; a function of row and seed."""
    flat = images.reshape(len(images), -1)
    numbers = np.arange(flat.shape[1], dtype=np.int64)
    noise = mixed(row_keys(rows, seed)[:, None], numbers[None]) >> np.uint64(64 - _BITS)
    drawn = noise.astype(np.uint32) < _LEVELS[flat]
    return np.asarray(drawn * np.uint8(255)).reshape(images.shape)


_LEVELS = np.array([-(-(x << _BITS) // 255) for x in range(256)], dtype=np.uint32)
"""For each byte, the number of the 2^24 noise values for which the pixel is white."""
