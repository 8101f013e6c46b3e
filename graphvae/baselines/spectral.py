"""Spectral embedding of the training graph, without learning.

The top eigenvectors of Ã = D^-½ A D^-½ over the training edges are those of the normalised
Laplacian I − Ã for its smallest eigenvalues, the smoothest functions on the graph (Belkin & Niyogi
2003, "Laplacian Eigenmaps"; Ng, Jordan & Weiss 2002 for the normalisation).
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.graph.propagation import scipy_adjacency

DENSE_NODES = 500
"""Up to this many nodes the dense decomposition is used: it is faster, and always converges."""


def spectral_embedding(
    edges: Int[Tensor, "2 edge"], num_nodes: int, columns: int, *, seed: int = 0
) -> Float[np.ndarray, "node column"]:
    """Return the `columns` top eigenvectors of D^-½ A D^-½, rows scaled by D^-½.

    Eigenvectors of eigenvalue 1 only distinguish connected components; they are kept, as a model
    may learn the same. A node without training edges is at the origin. The signs are fixed
    (the largest entry of a column is positive), so the same graph gives the same embedding.
    """
    adjacency = scipy_adjacency(edges, num_nodes)
    degree = np.asarray(adjacency.sum(1))
    scale = np.where(degree > 0, 1 / np.sqrt(np.maximum(degree, 1)), 0)
    diagonal = scipy.sparse.diags_array(scale)
    normalised = scipy.sparse.csr_array(diagonal @ adjacency @ diagonal)
    vectors = _top_eigenvectors(normalised, columns, seed) * scale[:, None]
    largest = np.abs(vectors).argmax(0)
    return np.asarray(vectors * np.where(vectors[largest, np.arange(columns)] < 0, -1, 1))


def _top_eigenvectors(
    matrix: scipy.sparse.csr_array, columns: int, seed: int
) -> Float[np.ndarray, "node column"]:
    size = matrix.shape[0]
    if size <= DENSE_NODES:
        return np.asarray(scipy.linalg.eigh(matrix.toarray())[1][:, ::-1][:, :columns])
    start = np.random.default_rng(seed).normal(size=size)
    _, vectors = scipy.sparse.linalg.eigsh(matrix, columns, which="LA", v0=start)
    return np.asarray(vectors[:, ::-1])
