"""Conversion of node features between SciPy, NumPy and torch; sparse ones stay sparse."""

import warnings
from typing import Any

import numpy as np
import torch
from jaxtyping import Num
from scipy.sparse import csr_array
from torch import Tensor

DENSE_FROM = 0.25
"""A sparse matrix with at least this share of non-zero values is converted to a dense one."""


def to_tensor(features: Tensor | csr_array | Num[np.ndarray, "node feature"]) -> Tensor:
    """Return features as a float32 tensor [node, feature] on the CPU.

    A dense matrix stays dense, and a sparse tensor becomes sparse CSR. A SciPy matrix becomes dense
    if at least a quarter of its values are non-zero, else sparse CSR.
    """
    if isinstance(features, Tensor):
        values = features.detach().cpu()
        return values.float() if values.layout != torch.sparse_coo else csr_tensor(to_csr(values))
    if not isinstance(features, csr_array):
        return torch.from_numpy(np.ascontiguousarray(features, dtype=np.float32))
    if features.nnz >= DENSE_FROM * max(features.shape[0] * features.shape[1], 1):
        return torch.from_numpy(features.toarray().astype(np.float32))
    return csr_tensor(features)


def csr_tensor(matrix: csr_array) -> Tensor:
    """Return a SciPy CSR matrix as a sparse CSR tensor of float32 values and int64 indices."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse (CSR|invariant)", category=UserWarning)
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr.astype(np.int64)),
            torch.from_numpy(matrix.indices.astype(np.int64)),
            torch.from_numpy(matrix.data.astype(np.float32)),
            size=matrix.shape,
            check_invariants=True,
        )


def dense(x: Tensor) -> Tensor:
    """Return a tensor of any layout as a dense one."""
    return x if x.layout == torch.strided else x.to_dense()


def to_csr(x: Tensor) -> csr_array:
    """Return a tensor of any layout as a SciPy CSR matrix, sorted and without stored zeros."""
    matrix = _as_scipy(x.detach().cpu())
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix


def _as_scipy(x: Tensor) -> csr_array:
    shape = (x.shape[0], x.shape[1])
    if x.layout == torch.sparse_csr:
        parts: Any = (x.values().numpy(), x.col_indices().numpy(), x.crow_indices().numpy())
        return csr_array(parts, shape=shape, copy=True)
    if x.layout == torch.sparse_coo:
        x = x.coalesce()
        row, column = x.indices().numpy()
        return csr_array((x.values().numpy(), (row, column)), shape=shape)
    return csr_array(x.numpy())
