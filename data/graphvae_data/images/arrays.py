"""A user's images as arrays: in memory, in an .npy, or named in an .npz.

Images are [N, H, W], [N, C, H, W] or [N, H, W, C] with 1 or 3 channels; uint8, or floats in [0, 1],
which are rounded to 256 levels. An .npz has `images` and optionally `labels` [N] or [N, 1],
`factors` [N, F] (integers from 0), `attributes` [N, A] (integers, −1 for an unknown value) with
the texts `attribute_values`, a `name=value` for each, `names` [N], and `parts` [N] (0 train, 1 val,
2 test); or arrays named by part, see `own_split`. An .npy of uint8 is memory-mapped.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8
from numpy.typing import NDArray

from graphvae_data.core.errors import InputError
from graphvae_data.files.arrays import load_arrays
from graphvae_data.files.textfiles import one_line
from graphvae_data.images.attributes import AttributeTable, spelt_table
from graphvae_data.images.factors import FactorTable, row_table
from graphvae_data.images.image_data import RawImages
from graphvae_data.images.image_store import ArrayStore
from graphvae_data.images.levels import grey_levels
from graphvae_data.images.own_split import check_parts, join_parts

SUFFIXES = (".npz", ".npy")
"""Suffixes of the files that `read_arrays` reads."""
KEYS = ("images", "labels", "factors", "parts", "names", "attributes", "attribute_values")
"""Names of the arrays in an .npz."""


def read_arrays(path: Path) -> RawImages:
    """Read images, and labels and factors if there are any.

    Raises:
        InputError: an unreadable file, or other arrays.
    """
    arrays = {"images": _mapped(path)} if path.suffix.lower() == ".npy" else _named(path)
    return raw_images(str(path), arrays)


def raw_images(where: str, arrays: Mapping[str, NDArray[Any]]) -> RawImages:
    """Return images with their labels and factors.

    Args:
        where: the source, for error messages.
        arrays: `images`, and optionally `labels`, `factors`, `parts` and `names`; or arrays named
            by part and kind.

    Raises:
        InputError: an array of another type or shape.
    """
    arrays = _checked(where, join_parts(where, arrays) or arrays)
    levels, notes = grey_levels(where, arrays["images"])
    store = ArrayStore(_with_channels(where, levels))
    labels, factors, parts = (arrays.get(key) for key in ("labels", "factors", "parts"))
    return RawImages(
        store=store,
        labels=None if labels is None else _labels(where, labels, len(store)),
        factors=None if factors is None else _factors(where, factors, len(store)),
        parts=None if parts is None else check_parts(where, parts, len(store)),
        names=tuple(map(str, arrays["names"])) if "names" in arrays else None,
        notes=notes,
        attributes=_attributes(where, arrays, len(store)),
    )


def _attributes(
    where: str, arrays: Mapping[str, NDArray[Any]], count: int
) -> AttributeTable | None:
    if ("attributes" in arrays) != ("attribute_values" in arrays):
        raise InputError(f"{where}: attributes and attribute_values require each other")
    if "attributes" not in arrays:
        return None
    values = arrays["attributes"]
    if values.ndim != 2:
        raise InputError(f"{where}: expected attributes of shape [N, A], got {list(values.shape)}")
    of_row = _integers(where, "attributes", values, (count, values.shape[1]))
    return spelt_table(where, list(map(str, arrays["attribute_values"])), of_row)


def _checked(where: str, arrays: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
    if "images" in arrays and not set(arrays) - set(KEYS):
        return arrays
    raise InputError(
        f"{where}: expected an array named 'images', and optionally 'labels' and 'factors', or "
        "arrays 'x_train', 'y_train', 'x_test' and so on; got "
        f"{'arrays' if len(arrays) > 1 else 'an array'} named {', '.join(map(repr, arrays))}"
    )


def _mapped(path: Path) -> NDArray[Any]:
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except Exception as error:  # NumPy may raise anything on a damaged file
        raise InputError(f"{path}: expected a plain NumPy array, got {one_line(error)}") from None


def _named(path: Path) -> dict[str, NDArray[Any]]:
    arrays = load_arrays(path, "images")
    return arrays if isinstance(arrays, dict) else {"images": arrays}


def _with_channels(
    where: str, images: UInt8[np.ndarray, "..."]
) -> UInt8[np.ndarray, "image channel height width"]:
    if images.ndim == 3:
        return images[:, None]
    first, last = (images.ndim == 4 and images.shape[axis] in (1, 3) for axis in (1, 3))
    if first == last:
        raise InputError(
            f"{where}: expected images of shape [N, H, W], [N, C, H, W] or [N, H, W, C] with 1 or "
            f"3 channels, got {list(images.shape)}"
        )
    return images if first else np.moveaxis(images, 3, 1)


def _labels(where: str, values: NDArray[Any], count: int) -> Int[np.ndarray, " row"]:
    """Return labels [N] or [N, 1] as int64 [N]."""
    column = values.shape == (count, 1)
    return _integers(where, "labels", values[:, 0] if column else values, (count,))


def _integers(
    where: str, name: str, values: NDArray[Any], shape: tuple[int, ...]
) -> Int[np.ndarray, "..."]:
    """Check type and shape, and return int64."""
    if values.dtype.kind not in "iu" or values.shape != shape:
        raise InputError(
            f"{where}: expected {name} as integers of shape {list(shape)}, "
            f"got {values.dtype} of shape {list(values.shape)}"
        )
    return values.astype(np.int64)


def _factors(where: str, values: NDArray[Any], count: int) -> FactorTable:
    if values.ndim != 2 or values.shape[1] == 0:
        raise InputError(f"{where}: expected factors of shape [N, F], got {list(values.shape)}")
    factors = _integers(where, "factors", values, (count, values.shape[1]))
    if factors.min() < 0:
        raise InputError(f"{where}: expected factors from 0 upwards, got {factors.min()}")
    return row_table(tuple(f"factor-{f}" for f in range(factors.shape[1])), factors)
