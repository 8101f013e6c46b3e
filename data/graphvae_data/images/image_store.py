"""Storage of images: in memory, memory-mapped, or in a file with one bit per pixel.

An image is uint8 of shape [channel, height, width] with values 0 to 255. A batch is read by an
array of rows, and is always a new array.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt8

Shape = tuple[int, int, int]
_BLOCK_BYTES = 1 << 24


@dataclass(frozen=True)
class ArrayStore:
    """Images in one array, which may be memory-mapped."""

    array: UInt8[np.ndarray, "image channel height width"]
    """All images."""
    binary: bool = False
    """Whether pixels are known to be 0 or 255."""

    @property
    def shape(self) -> Shape:
        """Channels, height and width of an image."""
        return self.array.shape[1:]

    def __len__(self) -> int:
        """Number of images."""
        return len(self.array)

    def take(
        self, rows: Int[np.ndarray, " batch"]
    ) -> UInt8[np.ndarray, "batch channel height width"]:
        """Return the images of these rows."""
        return np.asarray(self.array[rows])

    def digest(self) -> str:
        """Return the SHA-256 (hex) of all pixels in order."""
        digest = hashlib.sha256()
        for block in self._blocks():
            digest.update(np.ascontiguousarray(block).data)
        return digest.hexdigest()

    def _blocks(self) -> Iterator[UInt8[np.ndarray, "image channel height width"]]:
        step = max(1, _BLOCK_BYTES // max(1, int(np.prod(self.shape))))
        yield from (self.array[start : start + step] for start in range(0, len(self), step))


@dataclass(frozen=True)
class PackedStore:
    """Black-and-white images with eight pixels per byte, unpacked when read."""

    bits: UInt8[np.ndarray, "image byte"]
    """Pixels of each image, packed by `numpy.packbits`; memory-mapped."""
    shape: Shape
    """Channels, height and width of an image."""
    sha256: str
    """Digest of the file, checked once when it was written, to avoid reading the whole file."""

    @property
    def binary(self) -> bool:
        """Whether pixels are known to be 0 or 255."""
        return True

    def __len__(self) -> int:
        """Number of images."""
        return len(self.bits)

    def take(
        self, rows: Int[np.ndarray, " batch"]
    ) -> UInt8[np.ndarray, "batch channel height width"]:
        """Return the images of these rows, with pixels 0 or 255."""
        pixels = np.unpackbits(self.bits[rows], axis=1, count=int(np.prod(self.shape)))
        pixels *= 255
        return np.asarray(pixels).reshape(len(rows), *self.shape)

    def digest(self) -> str:
        """Return the digest of the file."""
        return self.sha256


Store = ArrayStore | PackedStore


@dataclass(frozen=True)
class ImageRows:
    """A subset of the images of a store, with indices from 0."""

    store: Store
    """All images of the dataset."""
    rows: Int[np.ndarray, " image"]
    """Rows of the subset, in order."""

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Number of images, channels, height, width."""
        return (len(self.rows), *self.store.shape)

    @property
    def binary(self) -> bool:
        """Whether pixels are known to be 0 or 255."""
        return self.store.binary

    def __len__(self) -> int:
        """Number of images."""
        return len(self.rows)

    def take(
        self, index: Int[np.ndarray, " batch"]
    ) -> UInt8[np.ndarray, "batch channel height width"]:
        """Return the images at these indices of the subset."""
        return self.store.take(self.rows[index])

    def array(self) -> UInt8[np.ndarray, "image channel height width"]:
        """Return all images of the subset in memory, unpacked."""
        return self.store.take(self.rows)
