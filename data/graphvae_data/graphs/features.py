"""Conversion of node features between SciPy, NumPy and torch; sparse ones stay sparse."""

import warnings
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Num
from scipy.sparse import csr_array, issparse, sparray, spmatrix
from torch import Tensor

from graphvae_data.core.errors import InputError

SparseMatrix: TypeAlias = sparray | spmatrix
"""A matrix or array of SciPy, of any sparse format."""

DENSE_FROM = 0.25
"""A sparse matrix with at least this share of non-zero values is converted to a dense one."""
_NUMPY_FLOATS = (torch.float16, torch.float32, torch.float64)


def to_tensor(features: Tensor | SparseMatrix | Num[np.ndarray, "node feature"]) -> Tensor:
    """Return a copy of features as a float32 tensor [node, feature] on the CPU.

    A dense matrix stays dense, and a sparse tensor becomes sparse CSR. A SciPy matrix becomes dense
    if at least a quarter of its values are non-zero, else sparse CSR. Masked values become NaN.

    Raises:
        InputError: values that are not real numbers, or a sparse matrix of another shape.
    """
    if isinstance(features, Tensor):
        values = features.detach()
        if values.layout not in (torch.strided, torch.sparse_csr):
            return csr_tensor(to_csr(values))
        _check_real(values)
        return values.to("cpu", torch.float32, copy=True)
    if issparse(features):
        matrix = csr_of(features)
        if matrix.nnz < DENSE_FROM * max(matrix.shape[0] * matrix.shape[1], 1):
            return csr_tensor(matrix)
        return torch.from_numpy(_float32(matrix).toarray())
    array = array_of_values(features, "features")
    if array.dtype.kind not in "bifu":
        raise InputError(f"features: expected numbers [node, feature], got {array.dtype}")
    with np.errstate(over="ignore"):
        return torch.from_numpy(np.array(array, dtype=np.float32, order="C"))


def array_of_values(values: Any, what: str) -> np.ndarray:
    """Return an array; masked numbers of a matrix become NaN, other masked values None.

    Raises:
        InputError: rows of different lengths.
    """
    if not isinstance(values, np.ma.MaskedArray):
        try:
            return np.asarray(values)
        except ValueError:
            raise InputError(f"{what}: expected an array, got rows of different lengths") from None
    if values.ndim == 2 and values.dtype.kind in "bifu":
        return np.asarray(np.ma.filled(values.astype(np.float64), np.nan))
    array = np.array(values.data, dtype=object)
    array[np.ma.getmaskarray(values)] = None
    return array


def array_of_tensor(x: Tensor) -> np.ndarray:
    """Return a dense tensor as an array; float types that NumPy lacks as float32."""
    values = x.detach().cpu()
    if values.is_floating_point() and values.dtype not in _NUMPY_FLOATS:
        values = values.float()
    return np.asarray(values.numpy())


def csr_of(matrix: Any) -> csr_array:
    """Return a SciPy matrix [row, column] as sorted CSR, repeated entries summed.

    Integers become float64, as a sum of small ones may overflow.

    Raises:
        InputError: another number of axes, or values that are not real numbers.
    """
    if matrix.ndim != 2 or matrix.dtype.kind not in "bifu":
        raise InputError(
            f"expected a sparse matrix of real numbers, got {matrix.dtype} {matrix.shape}"
        )
    csr = csr_array(matrix.astype(np.float64) if matrix.dtype.kind in "iu" else matrix)
    if not csr.has_canonical_format:
        csr = csr.copy()
        csr.sum_duplicates()
    return csr


def csr_tensor(matrix: csr_array) -> Tensor:
    """Return a SciPy CSR matrix as a sparse CSR tensor of float32 values and int64 indices."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse (CSR|invariant)", category=UserWarning)
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr.astype(np.int64)),
            torch.from_numpy(matrix.indices.astype(np.int64)),
            torch.from_numpy(_float32(matrix).data),
            size=matrix.shape,
            check_invariants=True,
        )


def dense(x: Tensor) -> Tensor:
    """Return a tensor of any layout as a dense one."""
    return x if x.layout == torch.strided else x.to_dense()


def to_csr(x: Tensor) -> csr_array:
    """Return a tensor of any layout as a SciPy CSR matrix, sorted and without stored zeros.

    Raises:
        InputError: complex numbers, or another number of axes.
    """
    _check_real(x)
    if x.ndim != 2:
        raise InputError(f"expected a matrix with two axes, got {list(x.shape)}")
    matrix = _as_scipy(x.detach().cpu())
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def _as_scipy(x: Tensor) -> csr_array:
    shape = (x.shape[0], x.shape[1])
    if x.dtype not in (torch.bool, torch.float32, torch.float64):
        x = x.double()  # NumPy lacks bfloat16, SciPy float16, and a sum of small integers overflows
    if x.layout == torch.sparse_csr:
        parts: Any = (x.values().numpy(), x.col_indices().numpy(), x.crow_indices().numpy())
        return csr_array(parts, shape=shape, copy=True)
    if x.layout == torch.strided:
        return csr_array(x.numpy())
    x = x.to_sparse_coo().coalesce()
    row, column = x.indices().numpy()
    return csr_array((x.values().numpy(), (row, column)), shape=shape)


def _float32(matrix: csr_array) -> csr_array:
    with np.errstate(over="ignore"):  # Graph refuses infinity
        return matrix.astype(np.float32)


def _check_real(x: Tensor) -> None:
    if x.is_complex():
        raise InputError(f"expected real numbers, got {x.dtype}")
