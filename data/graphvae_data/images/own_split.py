"""A user's own split: arrays named by part and kind, joined into one array a kind.

Keras names its arrays `x_train`, `y_train`, `x_test`, `y_test`; MedMNIST `train_images`,
`train_labels`, `val_images`, …; `train`, `val` and `test` alone are images. A part is also called
`valid` or `validation`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from graphvae_data.core.errors import InputError

PARTS = ("train", "val", "test")
"""The parts, by their number in an array of parts."""
_PART = {name: name for name in PARTS} | {"valid": "val", "validation": "val"}
_KIND = {"x": "images", "images": "images", "y": "labels", "labels": "labels", "factors": "factors"}

Arrays = dict[str, NDArray[Any]]


def part_of(name: str) -> int | None:
    """Return the number of the part that a folder is named after; None if it is not.

    >>> part_of("Validation"), part_of("cats")
    (1, None)
    """
    part = _PART.get(name.lower())
    return None if part is None else PARTS.index(part)


def joined(where: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays | None:
    """Join the arrays of the parts, with the number of each image's part as `parts`.

    Returns:
        `images`, `parts`, and `labels` and `factors` where there are any; None if no array is named
        after a part.

    Raises:
        InputError: an array that belongs to no part; no training images; a kind that some parts
            have and others lack; parts of different shapes.
    """
    read = {name: _read(name) for name in arrays}
    if not any(read.values()):
        return None
    unknown = [name for name, place in read.items() if place is None]
    if unknown:
        raise InputError(
            f"{where}: expected arrays of parts only, such as x_train, got one named {unknown[0]!r}"
        )
    found = {place: arrays[name] for name, place in read.items() if place is not None}
    parts = [part for part in PARTS if (part, "images") in found]
    if "train" not in parts:
        raise InputError(f"{where}: expected training images, got {_listed(arrays)}")
    kinds = {kind for _, kind in found}
    for part in PARTS:
        for kind in kinds:
            if ((part, kind) in found) != (part in parts):
                lacks, has = (kind, "images") if part in parts else ("images", kind)
                raise InputError(f"{where}: the part {part} has {has} but no {lacks}")
    counts = [len(found[part, "images"]) for part in parts]
    whole = {kind: _join(where, kind, [found[part, kind] for part in parts]) for kind in kinds}
    return whole | {"parts": np.repeat([PARTS.index(part) for part in parts], counts)}


def check_parts(where: str, parts: NDArray[Any], count: int) -> Int[np.ndarray, " row"]:
    """Return the number of each image's part as int64.

    Raises:
        InputError: other values than 0, 1 and 2, or not one for each image.
    """
    if parts.dtype.kind not in "iu" or parts.shape != (count,) or not set(parts) <= {0, 1, 2}:
        raise InputError(
            f"{where}: expected parts as {count} numbers 0 (train), 1 (val) or 2 (test), got "
            f"{parts.dtype} of shape {list(parts.shape)}"
        )
    return parts.astype(np.int64)


def _read(name: str) -> tuple[str, str] | None:
    """Return the part and the kind that an array is named after."""
    words = name.lower().split("_")
    if len(words) == 1 and words[0] in _PART:
        return _PART[words[0]], "images"
    if len(words) != 2:
        return None
    for part, kind in (words, words[::-1]):
        if part in _PART and kind in _KIND:
            return _PART[part], _KIND[kind]
    return None


def _join(where: str, kind: str, arrays: list[NDArray[Any]]) -> NDArray[Any]:
    try:
        return np.concatenate(arrays)
    except ValueError:
        shapes = ", ".join(str(list(each.shape)) for each in arrays)
        raise InputError(
            f"{where}: expected {kind} of one shape in all parts, got {shapes}"
        ) from None


def _listed(arrays: Mapping[str, NDArray[Any]]) -> str:
    return "arrays named " + ", ".join(map(repr, arrays))
