"""Grey levels of a user's pictures: bytes as they are, floats rounded to 256 levels.

Masks and binarised digits are often stored as bytes of 0 and 1. Read as levels of 255 they would be
black pictures, on which any model looks perfect; they are read as black and white instead. Pictures
whose brightest pixel is below half of 255 are kept, with a note.
"""

from typing import Any

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from graphvae_data.core.errors import InputError

DARK = 128
"""The greatest byte below which pictures get a note."""

Notes = tuple[str, ...]


def grey_levels(where: str, images: NDArray[Any]) -> tuple[UInt8[np.ndarray, "..."], Notes]:
    """Return pictures as bytes from 0 to 255, and notes for the user.

    Args:
        where: what errors and notes call the pictures.
        images: uint8, bool, or floats in [0, 1], of any shape.

    Raises:
        InputError: no pictures, another type, NaN, or floats outside [0, 1].
    """
    if images.size == 0:
        raise InputError(f"{where}: expected pictures, got an array of shape {images.shape}")
    if images.dtype == np.uint8:
        return spread_bytes(where, images)
    if images.dtype.kind not in "fb":
        raise InputError(
            f"{where}: expected images as uint8 or as floats in [0, 1], got {images.dtype}"
        )
    if images.dtype.kind == "f":
        _check_range(where, images)
    scaled: NDArray[Any] = np.rint(images * np.float32(255)).astype(np.uint8)
    return scaled, _dark(where, int(scaled.max()))


def spread_bytes(
    where: str, images: UInt8[np.ndarray, "..."]
) -> tuple[UInt8[np.ndarray, "..."], Notes]:
    """Return bytes of 0 and 1 as 0 and 255, with a note; others as they are.

    >>> spread_bytes("masks", np.array([0, 1], np.uint8))[0].tolist()
    [0, 255]
    """
    greatest = int(images.max())
    if greatest == 1:
        note = f"{where}: the uint8 images hold 0 and 1 only, which are read as black and white"
        return np.asarray(images) * np.uint8(255), (note,)
    return images, _dark(where, greatest)


def _dark(where: str, greatest: int) -> Notes:
    if not 1 <= greatest < DARK:
        return ()
    return (
        f"{where}: the brightest pixel of all images is {greatest} of 255, so they are dark; "
        "scale them if that is meant to be white",
    )


def _check_range(where: str, images: NDArray[Any]) -> None:
    undefined = np.isnan(images).reshape(len(images), -1).any(1) if images.ndim else np.zeros(1)
    if undefined.any():
        raise InputError(
            f"{where}: expected floats in [0, 1], got NaN in {int(undefined.sum()):,} of "
            f"{len(images):,} images; replace NaN or leave these images out"
        )
    low, high = float(images.min()), float(images.max())
    if not (low >= 0 and high <= 1):
        raise InputError(f"{where}: expected floats in [0, 1], got {low:g} to {high:g}; rescale")
