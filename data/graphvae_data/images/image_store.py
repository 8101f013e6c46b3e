"""Pictures as bytes, taken by row: in memory, mapped from a file, or one bit a pixel in a file.

Every picture is uint8 of shape [channel, height, width] with values 0 to 255. A batch is taken by
an array of rows and is a fresh array, whatever it came from.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt8

Shape = tuple[int, int, int]
_PIECE = 1 << 24


@dataclass(frozen=True)
class ArrayStore:
    """Pictures in one array, which may be mapped from a file."""

    array: UInt8[np.ndarray, "image channel height width"]
    """All of them."""
    binary: bool = False
    """Whether it is known that pixels are 0 or 255 only."""

    @property
    def shape(self) -> Shape:
        """Channels, height and width of a picture."""
        return self.array.shape[1:]

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.array)

    def take(
        self, rows: Int[np.ndarray, " batch"]
    ) -> UInt8[np.ndarray, "batch channel height width"]:
        """Pictures by row."""
        return np.asarray(self.array[rows])

    def digest(self) -> str:
        """The sha256 (hex) of all pixels in order."""
        digest = hashlib.sha256()
        for piece in self._pieces():
            digest.update(np.ascontiguousarray(piece).data)
        return digest.hexdigest()

    def _pieces(self) -> Iterator[UInt8[np.ndarray, "image channel height width"]]:
        step = max(1, _PIECE // max(1, int(np.prod(self.shape))))
        yield from (self.array[start : start + step] for start in range(0, len(self), step))


@dataclass(frozen=True)
class PackedStore:
    """Pictures of black and white, eight pixels a byte, each unpacked when it is taken."""

    bits: UInt8[np.ndarray, "image byte"]
    """Pixels of each picture in order, as `numpy.packbits` gives them; mapped from a file."""
    shape: Shape
    """Channels, height and width of a picture."""
    sha256: str
    """Digest of the file, checked when it was written; reading it all at each start would be
    what packing is to spare."""

    @property
    def binary(self) -> bool:
        """Whether it is known that pixels are 0 or 255 only."""
        return True

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.bits)

    def take(
        self, rows: Int[np.ndarray, " batch"]
    ) -> UInt8[np.ndarray, "batch channel height width"]:
        """Pictures by row, 0 or 255."""
        pixels = np.unpackbits(self.bits[rows], axis=1, count=int(np.prod(self.shape)))
        pixels *= 255
        return np.asarray(pixels).reshape(len(rows), *self.shape)

    def digest(self) -> str:
        """The digest of the file."""
        return self.sha256


Store = ArrayStore | PackedStore


@dataclass(frozen=True)
class ImageRows:
    """Some pictures of a store, numbered anew from 0."""

    store: Store
    """All pictures of the dataset."""
    rows: Int[np.ndarray, " image"]
    """Which of them, in order."""

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Number of pictures, channels, height, width."""
        return (len(self.rows), *self.store.shape)

    @property
    def binary(self) -> bool:
        """Whether it is known that pixels are 0 or 255 only."""
        return self.store.binary

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.rows)

    def take(
        self, index: Int[np.ndarray, " batch"]
    ) -> UInt8[np.ndarray, "batch channel height width"]:
        """Pictures by their number here."""
        return self.store.take(self.rows[index])

    def array(self) -> UInt8[np.ndarray, "image channel height width"]:
        """All of them in memory: eight times the file, where eight pixels share a byte."""
        return self.store.take(self.rows)
