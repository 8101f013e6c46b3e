"""Using the `ogb` package without its side effects.

On import it looks on the network for a newer version of itself, in a thread; its readers print;
its pickles need numpy's types, which torch's safe reader does not allow by itself.
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
    """Within, `ogb` may be imported and used: no network, no prints, no warnings.

    With `progress`, its bars still go to stderr.
    """
    missing = object()
    kept: Any = sys.modules.get("outdated", missing)
    if "ogb" not in sys.modules:
        sys.modules["outdated"] = None  # type: ignore[assignment]  # ogb does without it
    try:
        with contextlib.ExitStack() as stack:
            nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(contextlib.redirect_stdout(nowhere))
            if not progress:
                stack.enter_context(contextlib.redirect_stderr(nowhere))
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            yield
    finally:
        if kept is missing:
            sys.modules.pop("outdated", None)
        else:
            sys.modules["outdated"] = kept


def load_split_part(path: Path) -> dict[str, NDArray[Any]]:
    """Read one of OGB's split files, a dict of arrays; `InputError` for anything else.

    torch's safe reader does it, with numpy's types allowed; it knows pickle protocol 2 only, so a
    newer file goes through this package's own restricted reader.
    """
    try:
        held = load_torch(path.read_bytes(), _numpy_types())
    except Exception as error:  # torch raises whatever the damaged bytes lead to
        if not _is_archive(path):
            raise InputError(
                f"{path}: expected OGB's split file, a dict of arrays, got {one_line(error)}"
            ) from None
        return load_array_dict(path)
    if not isinstance(held, dict):
        raise InputError(f"{path}: expected a dict of arrays, got {type(held).__name__}")
    return {str(key): np.asarray(value) for key, value in held.items()}


def _is_archive(path: Path) -> bool:
    import zipfile

    return zipfile.is_zipfile(path)


def _numpy_types() -> list[Any]:
    """What a pickled array of numbers names, under numpy 1's and numpy 2's module names."""
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
