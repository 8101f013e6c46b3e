"""Sparse matrices against dense algebra."""

import numpy as np
import scipy.sparse
import torch

from graphvae.graph.sparse import SparseMatrix


def test_a_sparse_product_and_its_gradient_are_the_dense_ones(generator: torch.Generator) -> None:
    matrix = scipy.sparse.random_array((7, 5), density=0.4, rng=np.random.default_rng(0))
    sparse = SparseMatrix.from_scipy(matrix, dtype=torch.float64)
    dense = torch.from_numpy(matrix.toarray())
    weight = torch.randn(5, 3, dtype=torch.float64, generator=generator, requires_grad=True)
    gradient = torch.randn(7, 3, dtype=torch.float64, generator=generator)
    torch.testing.assert_close(sparse @ weight, dense @ weight)
    (found,) = torch.autograd.grad(sparse @ weight, weight, gradient)
    torch.testing.assert_close(found, dense.T @ gradient)


def test_new_values_reach_the_transpose_too(generator: torch.Generator) -> None:
    matrix = scipy.sparse.random_array((7, 5), density=0.4, rng=np.random.default_rng(0))
    sparse = SparseMatrix.from_scipy(matrix)
    changed = sparse.with_values(torch.rand(sparse.values.shape, generator=generator))
    torch.testing.assert_close(changed.csr.to_dense().T, changed.csr_transposed.to_dense())
