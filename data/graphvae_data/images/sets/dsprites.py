"""dSprites: 737,280 white shapes on black, generated from six factors (Matthey et al. 2017).

The published archive has 3 GB of zeros and ones, without random access because it is compressed. It
is converted once to a file with one bit per pixel (377 MB), which fits the page cache. An image is
then 512 bytes of the file, and unpacking a batch of 64 takes a fraction of a millisecond. The
archive's pickled description is never read; its content is given here.
"""

import sys
import zipfile
from collections.abc import Mapping
from math import pi
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from graphvae_data.core.errors import FetchError
from graphvae_data.download.cache import derived_file
from graphvae_data.images.factors import FactorTable, grid_table
from graphvae_data.images.image_data import RawImages
from graphvae_data.images.image_store import PackedStore
from graphvae_data.registry.digests import DSPRITES_BITS
from graphvae_data.registry.sources import File

_SIDE = 64
_BYTES = _SIDE * _SIDE // 8
_HEADER = 128
_CHUNK = 4096
NAMES = ("color", "shape", "scale", "orientation", "posX", "posY")
"""The authors' names of the factors, the last fastest."""


def factor_table() -> FactorTable:
    """Return the factors: shapes are 1 square, 2 ellipse, 3 heart; angles are in radians.

    The last orientation equals the first, after a full turn.
    """
    ranges = ((0.5, 1.0, 6), (0.0, 2 * pi, 40), (0.0, 1.0, 32), (0.0, 1.0, 32))
    spaced = tuple(tuple(np.linspace(*each).tolist()) for each in ranges)
    return grid_table(NAMES, ((1.0,), (1.0, 2.0, 3.0), *spaced))


def read_dsprites(files: Mapping[str, Path], progress: bool) -> RawImages:
    """Memory-map the images, after unpacking the archive on first use."""
    (archive,) = files.values()
    table = factor_table()
    count = len(table.of_row)
    path = derived_file(
        "dsprites",
        File("imgs-bits.npy", DSPRITES_BITS),
        _HEADER + count * _BYTES,
        archive.name,
        lambda target: _unpack(archive, target, table, progress),
    )
    bits = np.load(path, mmap_mode="r", allow_pickle=False)
    return RawImages(
        store=PackedStore(bits, (1, _SIDE, _SIDE), DSPRITES_BITS),
        labels=table.of_row[:, NAMES.index("shape")],
        factors=table,
        class_names=("square", "ellipse", "heart"),
    )


def _unpack(archive: Path, target: Path, table: FactorTable, progress: bool) -> None:
    """Write the images as bits, in chunks of 17 MB."""
    from tqdm import tqdm

    count = len(table.of_row)
    bar = tqdm(
        total=count,
        desc="dsprites, unpacking once",
        unit="image",
        file=sys.stderr,
        disable=None if progress else True,  # None: disabled if stderr is not a terminal
    )
    with zipfile.ZipFile(archive) as packed, target.open("wb") as out, bar:
        _check_factors(packed, table)
        header = {"descr": "|u1", "fortran_order": False, "shape": (count, _BYTES)}
        np.lib.format.write_array_header_1_0(out, header)
        with packed.open("imgs.npy") as images:
            _require_shape(images, (count, _SIDE, _SIDE))
            while chunk := images.read(_CHUNK * _SIDE * _SIDE):
                out.write(np.packbits(np.frombuffer(chunk, np.uint8)).tobytes())
                bar.update(len(chunk) // _SIDE**2)


def _check_factors(packed: zipfile.ZipFile, table: FactorTable) -> None:
    """Check that the factors in the archive are those of `factor_table`."""
    classes, values = (_read(packed, f"latents_{kind}.npy") for kind in ("classes", "values"))
    stated = np.stack(
        [np.array(levels)[table.of_row[:, f]] for f, levels in enumerate(table.values)], axis=1
    )
    if not np.array_equal(classes, table.of_row) or np.abs(values - stated).max() > 1e-12:
        raise FetchError("dsprites: expected the published grid of factors, got other factors")


def _read(packed: zipfile.ZipFile, member: str) -> NDArray[Any]:
    with packed.open(member) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def _require_shape(stream: IO[bytes] | zipfile.ZipExtFile, expected: tuple[int, int, int]) -> None:
    np.lib.format.read_magic(stream)
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if (shape, fortran, dtype) != (expected, False, np.dtype(np.uint8)):
        raise FetchError(f"dsprites: expected {expected} bytes, got {shape} of {dtype}")
