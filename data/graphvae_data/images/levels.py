"""Grey levels of a user's images: bytes unchanged, floats rounded to 256 levels.

Masks and binarised digits are often stored as bytes of 0 and 1. Taken as levels out of 255 they
would be black images, on which any model looks perfect; they are rescaled to 0 and 255 instead.
Images whose brightest pixel is below 128 are kept, with a note.
"""

from typing import Any

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from graphvae_data.core.errors import InputError

DARK = 128
"""Images with all pixels below this get a note."""

Notes = tuple[str, ...]


def grey_levels(where: str, images: NDArray[Any]) -> tuple[UInt8[np.ndarray, "..."], Notes]:
    """Return images as bytes from 0 to 255, and notes for the user.

    Args:
        where: the source, for errors and notes.
        images: uint8, bool, or floats in [0, 1], of any shape.

    Raises:
        InputError: no images, another type, NaN, or floats outside [0, 1].
    """
    if images.size == 0:
        raise InputError(f"{where}: expected images, got an array of shape {images.shape}")
    if images.dtype == np.uint8:
        return rescale_masks(where, images)
    if images.dtype.kind not in "fb":
        raise InputError(
            f"{where}: expected images as uint8 or as floats in [0, 1], got {images.dtype}"
        )
    if images.dtype.kind == "f":
        _check_range(where, images)
    scaled: NDArray[Any] = np.rint(images * np.float32(255)).astype(np.uint8)
    return scaled, _dark(where, int(scaled.max()))


def rescale_masks(
    where: str, images: UInt8[np.ndarray, "..."]
) -> tuple[UInt8[np.ndarray, "..."], Notes]:
    """Rescale bytes of 0 and 1 to 0 and 255, with a note; other images are unchanged.

    >>> rescale_masks("masks", np.array([0, 1], np.uint8))[0].tolist()
    [0, 255]
    """
    maximum = int(images.max())
    if maximum == 1:
        note = f"{where}: the uint8 images have only 0 and 1, which are read as black and white"
        return np.asarray(images) * np.uint8(255), (note,)
    return images, _dark(where, maximum)


def _dark(where: str, maximum: int) -> Notes:
    if not 1 <= maximum < DARK:
        return ()
    return (
        f"{where}: the brightest pixel of all images is {maximum} of 255; rescale them if it "
        "should be white",
    )


def _check_range(where: str, images: NDArray[Any]) -> None:
    undefined = np.isnan(images).reshape(len(images), -1).any(1) if images.ndim else np.zeros(1)
    if undefined.any():
        raise InputError(
            f"{where}: expected floats in [0, 1], got NaN in {int(undefined.sum()):,} of "
            f"{len(images):,} images; replace NaN or remove these images"
        )
    low, high = float(images.min()), float(images.max())
    if not (low >= 0 and high <= 1):
        raise InputError(f"{where}: expected floats in [0, 1], got {low:g} to {high:g}; rescale")
