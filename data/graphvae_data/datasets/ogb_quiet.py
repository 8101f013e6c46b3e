"""Use the `ogb` package without its side effects.

On import it checks the network for a newer version in a thread; its readers print; and its pickles
need NumPy types, which PyTorch's safe reader does not allow by default.
"""

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphvae_data.core.errors import InputError
from graphvae_data.files.textfiles import one_line
from graphvae_data.files.unpickle import load_array_dict, load_torch


@contextlib.contextmanager
def quiet_ogb(*, progress: bool = False) -> Iterator[None]:
    """Use `ogb` inside the block without network access, prints or warnings.

    With `progress`, its progress bars are still shown on stderr.
    """
    missing = object()
    previous: Any = sys.modules.get("outdated", missing)
    if "ogb" not in sys.modules:
        sys.modules["outdated"] = None  # type: ignore[assignment]  # optional for ogb
    try:
        with contextlib.ExitStack() as stack:
            devnull = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(contextlib.redirect_stdout(devnull))
            if not progress:
                stack.enter_context(contextlib.redirect_stderr(devnull))
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            yield
    finally:
        if previous is missing:
            sys.modules.pop("outdated", None)
        else:
            sys.modules["outdated"] = previous


def load_split_part(path: Path) -> dict[str, NDArray[Any]]:
    """Read one of OGB's split files, a dict of arrays; `InputError` for any other content.

    PyTorch's safe reader supports pickle protocol 2 only; newer files are read by this package's
    restricted unpickler.
    """
    try:
        content = load_torch(path.read_bytes(), _numpy_types())
    except Exception as error:  # torch may raise anything on damaged files
        if not _is_archive(path):
            raise InputError(
                f"{path}: expected OGB's split file, a dict of arrays, got {one_line(error)}"
            ) from None
        return load_array_dict(path)
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a dict of arrays, got {type(content).__name__}")
    return {str(key): np.asarray(value) for key, value in content.items()}


def _is_archive(path: Path) -> bool:
    import zipfile

    return zipfile.is_zipfile(path)


def _numpy_types() -> list[Any]:
    """Return the globals in a pickled array of numbers, by NumPy 1 and by NumPy 2."""
    multiarray = getattr(np, "_core", None) or np.core
    reconstruct = multiarray.multiarray._reconstruct
    kinds = (np.int64, np.int32, np.float64, np.float32, np.bool_)
    return [
        np.ndarray,
        np.dtype,
        *(type(np.dtype(kind)) for kind in kinds),
        (reconstruct, "numpy.core.multiarray._reconstruct"),
        (reconstruct, "numpy._core.multiarray._reconstruct"),
    ]
