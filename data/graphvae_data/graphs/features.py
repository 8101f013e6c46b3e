"""Node features between SciPy, NumPy and torch: sparse stays sparse."""

import warnings
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from scipy.sparse import csr_array
from torch import Tensor

DENSE_FROM = 0.25
"""Share of non-zero values from which a sparse matrix is handed out dense."""


def to_tensor(features: csr_array | Float[np.ndarray, "node feature"]) -> Tensor:
    """Give features as a float32 tensor [node, feature].

    Dense for a dense matrix or one with at least a quarter of non-zeros, else sparse CSR.
    """
    if not isinstance(features, csr_array):
        return torch.from_numpy(np.ascontiguousarray(features, dtype=np.float32))
    if features.nnz >= DENSE_FROM * max(features.shape[0] * features.shape[1], 1):
        return torch.from_numpy(features.toarray().astype(np.float32))
    return csr_tensor(features)


def csr_tensor(matrix: csr_array) -> Tensor:
    """Give a SciPy CSR matrix as torch's sparse CSR, float32 values, int64 indices."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse (CSR|invariant)", category=UserWarning)
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr.astype(np.int64)),
            torch.from_numpy(matrix.indices.astype(np.int64)),
            torch.from_numpy(matrix.data.astype(np.float32)),
            size=matrix.shape,
            check_invariants=True,
        )


def to_csr(x: Tensor) -> csr_array:
    """Give a feature tensor of any layout as SciPy CSR: sorted, no stored zeros."""
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
