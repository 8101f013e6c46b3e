"""Adjacency matrices: SciPy sparse or dense, from .npz, .mat or Python.

A symmetric matrix is an undirected graph, another a directed one (row → column). Entries are
weights; a matrix of ones alone is unweighted. Nodes are numbered by row.
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.sparse import coo_array, csr_array, issparse, triu

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.files.arrays import load_arrays, sparse_of
from graphvae_data.files.textfiles import one_line, read_bytes
from graphvae_data.graphs.edges import Edges, ReadOptions, numbered
from graphvae_data.graphs.graph import Graph
from graphvae_data.registry.dataset import GraphDataset

NET = "net"
"""The variable of a .mat file that holds the adjacency."""


def read_mat(path: Path, options: ReadOptions) -> Edges:
    """Read the matrix `net` of a MATLAB file."""
    return edges_of_matrix(_net(path), str(path), options)


def read_npz(path: Path, options: ReadOptions) -> Edges:
    """Read an adjacency that `scipy.sparse.save_npz` wrote."""
    arrays = load_arrays(path, "an adjacency")
    if not isinstance(arrays, dict) or "format" not in arrays:
        raise InputError(
            f"{path}: expected a sparse adjacency written by scipy.sparse.save_npz, or a graph "
            f"written by save_graph, got {_contents(arrays)}"
        )
    return edges_of_matrix(sparse_of(path), str(path), options)


def edges_of_matrix(matrix: Any, where: str, options: ReadOptions) -> Edges:
    """The edges of an adjacency; `InputError` unless it is square with finite entries from 0."""
    entries = _entries(matrix, where)
    by_row = csr_array(entries)
    directed = options.directed or (by_row != by_row.T).nnz > 0
    if not directed:
        entries = triu(entries, format="coo")
    weighted = bool((entries.data != 1).any())
    return Edges(
        names=numbered(matrix.shape[0]),
        source=entries.row.astype(np.int64),
        target=entries.col.astype(np.int64),
        weight=entries.data if weighted else None,
        directed=bool(directed),
        complete=True,
        weight_from="the entries" if weighted else None,
    )


def read_seal(files: Mapping[str, Path], dataset: GraphDataset) -> Graph:
    """Read a graph of the SEAL repository: the non-zeros of `net`, without their values."""
    (path,) = files.values()
    edges = edges_of_matrix(_net(path), str(path), ReadOptions())
    ends = torch.from_numpy(np.stack([edges.source, edges.target]))
    return Graph.from_edges(ends, len(edges.names), name=dataset.name)


def _entries(matrix: Any, where: str) -> coo_array:
    shape = matrix.shape
    if len(shape) != 2 or shape[0] != shape[1]:
        got = " x ".join(map(str, shape))
        raise InputError(f"{where}: expected a square adjacency matrix, got {got}")
    if matrix.dtype.kind not in "bifu":
        raise InputError(f"{where}: expected an adjacency of numbers, got {matrix.dtype}")
    entries = coo_array(matrix)
    entries.sum_duplicates()
    entries = coo_array((entries.data.astype(np.float64), entries.coords), shape=entries.shape)
    bad = ~(np.isfinite(entries.data) & (entries.data >= 0))
    if bad.any():
        at = int(bad.argmax())
        raise InputError(
            f"{where}, row {entries.row[at] + 1}, column {entries.col[at] + 1}: expected a finite "
            f"weight, not negative, got {entries.data[at]}"
        )
    entries.eliminate_zeros()
    return entries


def _net(path: Path) -> Any:
    from scipy.io import loadmat

    content = read_bytes(path)
    try:
        variables = loadmat(BytesIO(content))
    except Exception as error:  # SciPy raises whatever the damaged bytes lead to
        raise InputError(
            f"{path}: expected a MATLAB file (version 4 to 7.2), got {one_line(error)}"
        ) from None
    names = [name for name in variables if not name.startswith("__")]
    if NET not in names:
        raise InputError(
            f"{path}: expected a matrix {NET}{nearest(NET, names)}, "
            f"got {', '.join(names) or 'none'}"
        )
    net = variables[NET]
    if not (issparse(net) or isinstance(net, np.ndarray)):
        raise InputError(f"{path}: expected {NET} to be a matrix, got {type(net).__name__}")
    return net


def _contents(arrays: Any) -> str:
    if isinstance(arrays, dict):
        return f"arrays {', '.join(arrays) or 'none'}"
    return f"one array {arrays.shape}"
