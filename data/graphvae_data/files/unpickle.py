"""Safe reading of pickled arrays, sparse matrices, adjacency lists and tensors.

A pickle can run any code. Here only a few globals are allowed, and those of NumPy and SciPy are
replaced by placeholders that collect the state; it is checked and then converted with
`numpy.frombuffer`, so no code of NumPy or SciPy runs on unchecked state. Files written by
`torch.save` are read by PyTorch's own restricted unpickler.
Format: https://docs.python.org/3/library/pickle.html#restricting-globals
"""

import pickle
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array

from graphvae_data.core.errors import InputError
from graphvae_data.files.sparse import check_sparse

_NUMBERS = ("u1", "i4", "i8", "f4", "f8")


class _Dtype:
    """Placeholder for numpy.dtype: type code and byte order."""

    def __init__(self, code: str, *_: Any) -> None:
        self.code = code
        self.order = "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = state[1]

    def checked(self) -> np.dtype[Any]:
        one_byte = self.code == "u1" and self.order == "|"
        if self.code not in _NUMBERS or not (one_byte or self.order in ("<", ">", "=")):
            raise InputError(f"expected one of {_NUMBERS} as number type, got {self.code!r}")
        return np.dtype(self.order + self.code)


class _Array:
    """Placeholder for numpy.ndarray: shape, type and bytes."""

    state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state

    def checked(self) -> NDArray[Any]:
        _, shape, dtype, fortran, content = self.state
        if isinstance(content, str):
            content = content.encode("latin1")
        flat = np.frombuffer(content, dtype.checked())
        native = flat.astype(flat.dtype.newbyteorder("="))
        return native.reshape(shape, order="F" if fortran else "C")


class _Csr:
    """Placeholder for SciPy's csr_matrix: its attributes."""

    state: dict[str, Any] = {}  # noqa: RUF012 - replaced, never mutated

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.state = state

    def checked(self) -> csr_array:
        parts = tuple(self.state[key].checked() for key in ("data", "indices", "indptr"))
        matrix = csr_array(parts, shape=self.state["_shape"])
        check_sparse(matrix)
        return matrix


def _reconstruct(*_: Any) -> _Array:
    return _Array()


_ALLOWED: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("scipy.sparse.csr", "csr_matrix"): _Csr,
    ("collections", "defaultdict"): defaultdict,
    ("__builtin__", "list"): list,
}


class _Restricted(pickle.Unpickler):
    """An unpickler that rejects all globals except `_ALLOWED`."""

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        allowed = _ALLOWED.get((module, name))
        if allowed is None:
            raise InputError(f"expected arrays and lists only, got the global {module}.{name}")
        return allowed


def load_array(path: Path) -> NDArray[Any]:
    """Read a pickled array of numbers; `InputError` for any other content."""
    array: NDArray[Any] = _load(path, _Array, _Array.checked)
    return array


def load_arrays_of_list(path: Path) -> list[NDArray[Any]]:
    """Read a pickled list of arrays of numbers; `InputError` for any other content."""
    arrays: list[NDArray[Any]] = _load(path, list, lambda items: [_as_array(a) for a in items])
    return arrays


def load_csr(path: Path) -> csr_array:
    """Read a pickled CSR matrix and check its indices; `InputError` for any other content."""
    matrix: csr_array = _load(path, _Csr, _Csr.checked)
    return matrix


def load_adjacency(path: Path) -> dict[int, list[int]]:
    """Read a pickled dict from node to neighbours; `InputError` for any other content."""
    adjacency: dict[int, list[int]] = _load(path, dict, dict)
    return adjacency


def load_array_dict(path: Path) -> dict[str, NDArray[Any]]:
    """Read a dict of arrays written by `torch.save`, with any pickle protocol.

    PyTorch's `weights_only` reader does not support newer protocols.

    Raises:
        InputError: anything but a dict of arrays.
    """
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(names) != 1:
            raise InputError(f"{path}: expected a file written by torch.save, got another archive")
        stream = BytesIO(archive.read(names[0]))
    try:
        content = _Restricted(stream).load()
        if not isinstance(content, dict):
            raise InputError(f"expected a dict of arrays, got {type(content).__name__}")
        return {str(key): _as_array(value) for key, value in content.items()}
    except InputError as error:
        raise InputError(f"refused to read {path}: {error}") from None
    except _READ_ERRORS as error:
        raise InputError(f"{path} is damaged: {error!r}") from error


def _as_array(value: Any) -> NDArray[Any]:
    if not isinstance(value, _Array):
        raise InputError(f"expected arrays, got {type(value).__name__}")
    return value.checked()


_READ_ERRORS = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


def _load(path: Path, kind: type[Any], finish: Callable[[Any], Any]) -> Any:
    try:
        with path.open("rb") as stream:
            content = _Restricted(stream, encoding="latin1").load()
        if not isinstance(content, kind):
            raise InputError(f"expected {kind.__name__.strip('_')}, got {type(content).__name__}")
        return finish(content)
    except InputError as error:
        raise InputError(f"refused to read {path}: {error}") from None
    except _READ_ERRORS as error:
        raise InputError(f"{path} is damaged or has another format: {error!r}") from error


def load_torch(content: bytes, allowed: Sequence[Any]) -> Any:
    """Load tensors, plain values and the `allowed` types from `torch.save`, onto the CPU.

    Only types that are not yet allowed are added, because PyTorch's context manager removes its
    types at the end, even those allowed before.
    """
    present = set(torch.serialization.get_safe_globals())
    added = [kind for kind in allowed if kind not in present]
    with (
        torch.serialization.safe_globals(added),
        torch.sparse.check_sparse_tensor_invariants(True),  # indices inside the shape
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        return torch.load(BytesIO(content), map_location="cpu", weights_only=True)
