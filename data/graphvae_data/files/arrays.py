"""Array files of NumPy and SciPy, without pickles."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import load_npz

from graphvae_data.core.errors import InputError
from graphvae_data.files.files import require_regular
from graphvae_data.files.packed import read_bytes
from graphvae_data.files.sparse import check_sparse
from graphvae_data.files.textfiles import one_line

COMPRESSION = 1
"""Compression level of zlib: 5 % larger than NumPy's level 6, in a seventh of the time."""


def save_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays by name as a compressed `.npz` for `numpy.load`, without pickles."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asanyarray(array), allow_pickle=False)


def load_arrays(
    path: Path, what: str, *, skip_pickles: bool = False
) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """Load an array from .npy, or arrays by name from .npz.

    Args:
        path: the file.
        what: what it should contain, for error messages.
        skip_pickles: skip pickled arrays in a SciPy sparse archive instead of raising.

    Raises:
        InputError: another file format, pickled objects, or a damaged file.
    """
    if path.suffix.lower() not in (".npy", ".npz"):
        raise InputError(
            f"expected {what} in a file ending in .csv, .tsv, .txt, .parquet, .npy or .npz, "
            f"got {path}; rename or convert it"
        )
    content = BytesIO(read_bytes(path))
    try:
        loaded = np.load(content, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            if skip_pickles and "adj_data" in loaded.files:
                return {key: loaded[key] for key in loaded.files if _is_plain(loaded, key)}
            return {key: loaded[key] for key in loaded.files}
    except Exception as error:  # NumPy may raise anything on a damaged file
        raise InputError(
            f"{path}: expected plain NumPy arrays without pickled objects, got {one_line(error)}"
        ) from None


def _is_plain(archive: Any, key: str) -> bool:
    """Return whether an array of an archive can be read without unpickling."""
    try:
        archive[key]
    except ValueError:
        return False
    return True


def map_array(path: Path, what: str) -> NDArray[Any]:
    """Memory-map the array of a .npy file, copy-on-write: the file is never changed.

    Raises:
        InputError: no such file, pickled objects, or a damaged file.
    """
    require_regular(path)
    try:
        mapped = np.load(path, mmap_mode="c", allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except Exception as error:  # NumPy may raise anything on a damaged file
        raise InputError(f"{path}: expected {what} in plain .npy, got {one_line(error)}") from None
    if not isinstance(mapped, np.ndarray):
        raise InputError(f"{path}: expected {what} in one array, got an archive of several")
    return np.asarray(mapped)


def sparse_of(path: Path) -> Any:
    """Load a sparse matrix written by `scipy.sparse.save_npz`."""
    try:
        matrix = load_npz(BytesIO(read_bytes(path)))
        check_sparse(matrix)
        return matrix
    except Exception as error:  # NumPy may raise anything on a damaged file
        raise InputError(f"{path}: expected a SciPy sparse matrix, got {one_line(error)}") from None
