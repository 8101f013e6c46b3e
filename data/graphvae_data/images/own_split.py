"""A user's split: arrays named by part and kind, concatenated into one array per kind.

Keras uses the names `x_train`, `y_train`, `x_test`, `y_test`; MedMNIST `train_images`,
`train_labels`, `val_images`, …; `train`, `val` and `test` alone are images. The validation part may
also be called `valid` or `validation`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from graphvae_data.core.errors import InputError

PARTS = ("train", "val", "test")
"""The parts, in the order of their numbers."""
_PART = {name: name for name in PARTS} | {"valid": "val", "validation": "val"}
_KIND = {"x": "images", "images": "images", "y": "labels", "labels": "labels", "factors": "factors"}

Arrays = dict[str, NDArray[Any]]


def part_of(name: str) -> int | None:
    """Return the number of the part with this name; None if there is none.

    >>> part_of("Validation"), part_of("cats")
    (1, None)
    """
    part = _PART.get(name.lower())
    return None if part is None else PARTS.index(part)


def join_parts(where: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays | None:
    """Concatenate the arrays of the parts.

    Returns:
        `images`, `parts` (the part of each image), and `labels` and `factors` if there are any;
        None if no array is named after a part.

    Raises:
        InputError: an array that belongs to no part; no training images; a kind that some parts
            have and others lack; parts of different shapes.
    """
    keys = {name: _part_and_kind(name) for name in arrays}
    if not any(keys.values()):
        return None
    unknown = [name for name, key in keys.items() if key is None]
    if unknown:
        raise InputError(
            f"{where}: expected arrays of parts only, such as x_train, got one named {unknown[0]!r}"
        )
    by_key = {key: arrays[name] for name, key in keys.items() if key is not None}
    parts = [part for part in PARTS if (part, "images") in by_key]
    if "train" not in parts:
        raise InputError(f"{where}: expected training images, got {_listed(arrays)}")
    kinds = {kind for _, kind in by_key}
    for part in PARTS:
        for kind in kinds:
            if ((part, kind) in by_key) != (part in parts):
                lacks, has = (kind, "images") if part in parts else ("images", kind)
                raise InputError(f"{where}: the part {part} has {has} but no {lacks}")
    counts = [len(by_key[part, "images"]) for part in parts]
    result = {
        kind: _concatenated(where, kind, [by_key[part, kind] for part in parts]) for kind in kinds
    }
    return result | {"parts": np.repeat([PARTS.index(part) for part in parts], counts)}


def check_parts(where: str, parts: NDArray[Any], count: int) -> Int[np.ndarray, " row"]:
    """Check the part of each image, and return int64.

    Raises:
        InputError: values other than 0, 1 and 2, or not one per image.
    """
    if parts.dtype.kind not in "iu" or parts.shape != (count,) or not set(parts) <= {0, 1, 2}:
        raise InputError(
            f"{where}: expected parts as {count} numbers 0 (train), 1 (val) or 2 (test), got "
            f"{parts.dtype} of shape {list(parts.shape)}"
        )
    return parts.astype(np.int64)


def _part_and_kind(name: str) -> tuple[str, str] | None:
    """Parse the name of an array: part and kind."""
    words = name.lower().split("_")
    if len(words) == 1 and words[0] in _PART:
        return _PART[words[0]], "images"
    if len(words) != 2:
        return None
    for part, kind in (words, words[::-1]):
        if part in _PART and kind in _KIND:
            return _PART[part], _KIND[kind]
    return None


def _concatenated(where: str, kind: str, arrays: list[NDArray[Any]]) -> NDArray[Any]:
    try:
        return np.concatenate(arrays)
    except ValueError:
        shapes = ", ".join(str(list(each.shape)) for each in arrays)
        raise InputError(
            f"{where}: expected {kind} of one shape in all parts, got {shapes}"
        ) from None


def _listed(arrays: Mapping[str, NDArray[Any]]) -> str:
    return "arrays named " + ", ".join(map(repr, arrays))
