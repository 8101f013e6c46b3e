"""Raw files of MNIST and Fashion-MNIST (idx, plain or gzipped) and of Frey Faces (a pickle).

The idx format (http://yann.lecun.com/exdb/mnist/): two zero bytes, the number type (8: uint8), the
number of axes, the length of each axis as a big-endian 32-bit integer, then the values, the last
axis fastest.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from graphvae_data.core.errors import InputError
from graphvae_data.files.packed import read_bytes
from graphvae_data.files.unpickle import load_arrays_of_list
from graphvae_data.images.image_data import RawImages
from graphvae_data.images.image_store import ArrayStore

_UINT8 = 8
_FACE = (28, 20)
"""Height and width of a frame of Frey Faces."""


def read_idx(path: Path) -> UInt8[np.ndarray, "..."]:
    """Read an idx file; `InputError` unless it has uint8 values of the stated shape."""
    content = read_bytes(path)
    axes = content[3] if len(content) > 3 else 0
    start = 4 + 4 * axes
    if content[:3] != bytes([0, 0, _UINT8]) or axes == 0 or len(content) < start:
        raise InputError(f"{path}: expected an idx file of uint8, got another format")
    shape = tuple(int(axis) for axis in np.frombuffer(content, ">u4", axes, 4))
    if len(content) != start + int(np.prod(shape, dtype=np.float64)):
        raise InputError(f"{path}: expected {shape} values, got {len(content) - start:,} bytes")
    values: NDArray[Any] = np.frombuffer(content, np.uint8, offset=start).reshape(shape)
    return values


def read_mnist(files: Mapping[str, Path], progress: bool) -> RawImages:
    """Read the four files of MNIST or a dataset in its format; the 10,000 test images come last."""
    kinds = ("train-images", "t10k-images", "train-labels", "t10k-labels")
    train, test, train_labels, test_labels = (read_idx(_named(files, kind)) for kind in kinds)
    return RawImages(
        store=ArrayStore(np.concatenate([train, test])[:, None]),
        labels=np.concatenate([train_labels, test_labels]).astype(np.int64),
    )


def read_small_mnist(files: Mapping[str, Path], progress: bool) -> RawImages:
    """Read MNIST at half its size: a pixel is the mean of two by two, rounded half up."""
    whole = read_mnist(files, progress)
    assert isinstance(whole.store, ArrayStore)
    images = whole.store.array
    blocks = images.reshape(len(images), 1, 14, 2, 14, 2).sum((3, 5), dtype=np.uint16)
    return replace(whole, store=ArrayStore(((blocks + 2) // 4).astype(np.uint8)))


def read_freyfaces(files: Mapping[str, Path], progress: bool) -> RawImages:
    """Read the 1,965 greyscale frames, 28×20, in the order of the video.

    The file is a pickled list of one array, read by the restricted unpickler.
    """
    (path,) = files.values()
    arrays = load_arrays_of_list(path)
    pixels = _FACE[0] * _FACE[1]
    if len(arrays) != 1 or arrays[0].dtype != "u1" or arrays[0].shape[1:] != (pixels,):
        raise InputError(f"{path}: expected one uint8 array with {pixels} columns")
    return RawImages(store=ArrayStore(arrays[0].reshape(-1, 1, *_FACE)))


def _named(files: Mapping[str, Path], start: str) -> Path:
    """Return the file whose name starts with `start`; suffixes differ between sources."""
    (path,) = (path for name, path in files.items() if name.startswith(start))
    return path
