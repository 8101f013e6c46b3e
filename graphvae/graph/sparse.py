"""Constant sparse matrices with differentiable products that are fast on a CPU.

PyTorch's own derivative of a CSR product converts formats on each backward pass; a `SparseMatrix`
stores its transpose, so that forward and backward pass are one product each.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import scipy.sparse
import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class SparseMatrix:
    """A constant sparse matrix M [row, column] with a differentiable product M @ dense.

    >>> m = SparseMatrix.from_scipy(scipy.sparse.csr_array(np.array([[0.0, 2.0]])))
    >>> m @ torch.tensor([[1.0], [3.0]])
    tensor([[6.]])
    """

    csr: Tensor
    """M in compressed sparse row form."""
    csr_transposed: Tensor
    """Mᵀ in compressed sparse row form; the same object as `csr` if M is symmetric."""
    order: Int[Tensor, " nonzero"] | None
    """For each stored value of Mᵀ, its index among those of M; None if M is symmetric."""

    @classmethod
    def from_scipy(
        cls,
        matrix: scipy.sparse.sparray,
        *,
        symmetric: bool = False,
        dtype: torch.dtype = torch.float32,
    ) -> SparseMatrix:
        """Convert a SciPy matrix; `symmetric` asserts M = Mᵀ and saves the transpose."""
        rows = scipy.sparse.csr_array(matrix)
        rows.sum_duplicates()
        rows.sort_indices()
        csr = _torch_csr(rows, dtype)
        if symmetric:
            return cls(csr, csr, None)
        indices = scipy.sparse.csr_array(
            (np.arange(rows.nnz, dtype=np.int64), rows.indices, rows.indptr), shape=rows.shape
        )
        order = torch.from_numpy(scipy.sparse.csr_array(indices.T).data)
        return cls(csr, _torch_csr(scipy.sparse.csr_array(rows.T), dtype), order)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return cast(tuple[int, int], tuple(self.csr.shape))

    @property
    def values(self) -> Float[Tensor, " nonzero"]:
        """The stored values, row by row."""
        return self.csr.values()

    def with_values(self, values: Float[Tensor, " nonzero"]) -> SparseMatrix:
        """Return a matrix with the same pattern and other values (M must not be symmetric)."""
        assert self.order is not None, "a symmetric matrix shares its values with its transpose"
        return SparseMatrix(
            _replace_values(self.csr, values),
            _replace_values(self.csr_transposed, values[self.order]),
            self.order,
        )

    def to(self, device: torch.device) -> SparseMatrix:
        """Return the matrix on another device."""
        csr = self.csr.to(device)
        symmetric = self.csr_transposed is self.csr
        order = None if self.order is None else self.order.to(device)
        return SparseMatrix(csr, csr if symmetric else self.csr_transposed.to(device), order)

    def __deepcopy__(self, memo: dict[int, Any]) -> SparseMatrix:
        """Return itself, as it is constant and PyTorch cannot deep-copy CSR tensors."""
        return self

    def __matmul__(self, dense: Float[Tensor, "column k"]) -> Float[Tensor, "row k"]:
        return cast(Tensor, _SparseProduct.apply(dense, self))  # type: ignore[no-untyped-call]


class _SparseProduct(torch.autograd.Function):
    """M @ dense, whose gradient is Mᵀ @ gradient."""

    @staticmethod
    def forward(ctx: Any, dense: Tensor, matrix: SparseMatrix) -> Tensor:
        ctx.matrix = matrix
        return _multiply(matrix.csr, dense)

    @staticmethod
    def backward(ctx: Any, *gradient: Tensor) -> tuple[Tensor, None]:
        return _multiply(ctx.matrix.csr_transposed, gradient[0].contiguous()), None


def _multiply(csr: Tensor, dense: Tensor) -> Tensor:
    """CSR times dense; on a CPU with `embedding_bag`, twice as fast as PyTorch's CSR product.

    The input is detached, as PyTorch would otherwise prepare an unused derivative.
    """
    if dense.device.type != "cpu":
        return torch.mm(csr, dense)
    bags = torch.embedding_bag(
        dense.detach(),
        csr.col_indices(),
        csr.crow_indices(),
        mode=0,  # sum
        per_sample_weights=csr.values(),
        include_last_offset=True,
    )
    return bags[0]


def _torch_csr(matrix: scipy.sparse.csr_array, dtype: torch.dtype) -> Tensor:
    return _make_csr(
        torch.from_numpy(matrix.indptr.astype(np.int32)),
        torch.from_numpy(matrix.indices.astype(np.int32)),
        torch.from_numpy(np.asarray(matrix.data)).to(dtype),
        matrix.shape,
    )


def _replace_values(csr: Tensor, values: Tensor) -> Tensor:
    return _make_csr(csr.crow_indices(), csr.col_indices(), values, csr.shape)


def sparse_csr(
    starts: Int[Tensor, " rowplus1"],
    columns: Int[Tensor, " nonzero"],
    values: Float[Tensor, " nonzero"],
    size: int,
) -> Tensor:
    """Return a square matrix from row offsets, columns and values."""
    return _make_csr(starts.int(), columns.int(), values, (size, size))


def _make_csr(crow: Tensor, column: Tensor, values: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return a CSR tensor from arrays checked by SciPy, without PyTorch's beta warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(crow, column, values, tuple(shape), check_invariants=False)
