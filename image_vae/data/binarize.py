"""Turning bytes into the pixels a model sees: 0 or 1, or grey levels in [0, 1].

Notation: x in 0 … 255 is a pixel's byte. Which way was taken is part of a result: dynamic and fixed
binarisation differ by about 2 nats on MNIST, so numbers of the two are never compared.
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
    """How bytes become pixels."""

    DYNAMIC = "dynamic"
    """b ~ Bernoulli(x / 255), drawn anew each time a picture is seen (Burda et al. 2015)."""
    FIXED = "fixed"
    """b ~ Bernoulli(x / 255), drawn once for each picture by a seed (`fix` draws)."""
    THRESHOLD = "threshold"
    """b = 1 where x ≥ 128."""
    NONE = "none"
    """x / 255, grey levels in [0, 1]."""


def binarize(
    images: UInt8[Tensor, "*pixel"], how: Binarization, generator: torch.Generator
) -> Float[Tensor, "*pixel"]:
    """Return the pixels a model sees; the generator, on the device of the images, is for `DYNAMIC`.

    For `FIXED` the images come out of `fix`, and hold 0 and 255 only: `ValueError` otherwise.
    """
    if how is Binarization.DYNAMIC:
        levels = images / 255
        noise = torch.empty_like(levels).uniform_(generator=generator)
        return levels.gt_(noise)  # to 2^-24, as fine as the noise, and faster than bernoulli
    if how is Binarization.THRESHOLD:
        return (images >= 128).to(torch.get_default_dtype())
    if how is Binarization.FIXED and bool(((images != 0) & (images != 255)).any()):
        raise ValueError("expected images of 0 and 255 only for FIXED; draw them with fix() first")
    return images.to(torch.get_default_dtype()) / 255


def fix(part: ImagePart, seed: int) -> ImagePart:
    """Draw every picture of a part once: the same part with pixels 0 and 255 only, in memory.

    A picture's bits depend on the seed and on its row in the whole dataset, and on nothing else:
    not on the order of batches, nor on the part it is in. A part that is black and white already
    comes back as it is, unread.
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
    """255 with probability x / 255 (to 2^-24), else 0; the same for the same row and seed."""
    flat = images.reshape(len(images), -1)
    numbers = np.arange(flat.shape[1], dtype=np.int64)
    noise = mixed(row_keys(rows, seed)[:, None], numbers[None]) >> np.uint64(64 - _BITS)
    drawn = noise.astype(np.uint32) < _LEVELS[flat]
    return np.asarray(drawn * np.uint8(255)).reshape(images.shape)


_LEVELS = np.array([-(-(x << _BITS) // 255) for x in range(256)], dtype=np.uint32)
"""How many of the 2^24 values of the noise make a pixel of each byte white."""
