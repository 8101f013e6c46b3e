"""Adjacency matrices, sparse or dense, from .npz, .mat, Matrix Market or Python.

A symmetric matrix is an undirected graph, an asymmetric one a directed graph (row → column). A
non-square matrix is a bipartite graph of rows and columns. Entries are weights; a matrix of ones is
unweighted. Nodes are numbered by row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.sparse import coo_array, csr_array, issparse, triu

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.files.arrays import load_arrays, sparse_of
from graphvae_data.files.mat5 import check_mat5
from graphvae_data.files.packed import read_bytes
from graphvae_data.files.sparse import check_sparse
from graphvae_data.files.textfiles import one_line
from graphvae_data.graphs.edges import Edges, compacted, numbered
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.registry.dataset import GraphDataset

MAX_NODES = 200_000_000
"""Maximum number of nodes; larger ones indicate a damaged file."""
ADJACENCY_NAMES = (
    "net",
    "network",
    "adj",
    "adjacency",
    "A",
    "W",
    "G",
    "graph",
    "adj_matrix",
    "Adj",
)
"""Names of the adjacency matrix in a .mat file with several matrices."""


def read_mat(path: Path, options: ReadOptions) -> Edges:
    """Read the adjacency of a MATLAB file: the only square matrix, or one with a known name."""
    name, matrix, others = _adjacency(path, options)
    edges = edges_of_matrix(matrix, str(path), options)
    return replace(edges, roles=(("adjacency", name), *edges.roles), unused=tuple(others))


def read_npz(path: Path, options: ReadOptions) -> Edges:
    """Read an adjacency matrix written by `scipy.sparse.save_npz`, or a file of gnn-benchmark."""
    arrays = load_arrays(path, "an adjacency matrix", skip_pickles=True)
    if isinstance(arrays, dict) and "adj_data" in arrays:
        return _of_benchmark(arrays, path, options)
    if not isinstance(arrays, dict) or "format" not in arrays:
        raise InputError(
            f"{path}: expected a sparse matrix written by scipy.sparse.save_npz, or a graph "
            f"written by save_graph, got {_contents(arrays)}"
        )
    return edges_of_matrix(sparse_of(path), str(path), options)


def edges_of_matrix(
    matrix: Any, where: str, options: ReadOptions, names: Sequence[str] | None = None
) -> Edges:
    """Return the edges of an adjacency matrix; `InputError` for negative or non-finite entries."""
    shape = matrix.shape
    bipartite = len(shape) == 2 and shape[0] != shape[1] and options.bipartite is not False
    if bipartite or (options.bipartite and len(shape) == 2):
        return _bipartite(_entries(matrix, where, options), where, options)
    if len(shape) != 2 or shape[0] != shape[1]:
        got = " x ".join(map(str, shape))
        raise InputError(f"{where}: expected a square adjacency matrix, got {got}")
    entries = _entries(matrix, where, options)
    directed = options.directed
    if directed is None:
        directed = not _is_symmetric(entries)
    if not directed and _is_symmetric(entries):
        entries = triu(entries, format="coo")
    source, target = entries.row.astype(np.int64), entries.col.astype(np.int64)
    if names is None:
        ids, source, target = compacted(source, target, shape[0])
    else:
        ids = _distinct(names, where)
    return Edges(
        names=ids,
        source=source,
        target=target,
        directed=bool(directed),
        complete=True,
        **_weights(entries, options),
    )


def edges_of_market(text: bytes, path: Path, options: ReadOptions) -> Edges:
    """Return the edges of a Matrix Market file; nodes are numbered from 1."""
    from scipy.io import mmread

    try:
        matrix = mmread(BytesIO(text))
    except Exception as error:  # SciPy may raise anything on a damaged file
        raise InputError(f"{path}: expected a Matrix Market file, got {one_line(error)}") from None
    edges = edges_of_matrix(matrix, str(path), options)
    return replace(edges, names=[str(int(name) + 1) for name in edges.names])


def read_seal(files: Mapping[str, Path], dataset: GraphDataset) -> Graph:
    """Read a graph of the SEAL repository: the non-zeros of `matrix`, without their values."""
    (path,) = files.values()
    options = ReadOptions(mat_variable="net")
    edges = edges_of_matrix(_adjacency(path, options)[1], str(path), options)
    ends = torch.from_numpy(np.stack([edges.source, edges.target]))
    return Graph.from_edges(ends, len(edges.names), name=dataset.name)


def _is_symmetric(entries: coo_array) -> bool:
    """Compare the entries with those of the transpose, in memory linear in their number."""
    by_row = np.lexsort((entries.col, entries.row))
    by_column = np.lexsort((entries.row, entries.col))
    return (
        np.array_equal(entries.row[by_row], entries.col[by_column])
        and np.array_equal(entries.col[by_row], entries.row[by_column])
        and np.array_equal(entries.data[by_row], entries.data[by_column])
    )


def _bipartite(entries: coo_array, where: str, options: ReadOptions) -> Edges:
    rows, columns = entries.shape
    if options.directed:
        raise InputError(f"{where}: expected --directed or a bipartite graph, got both")
    return Edges(
        names=[*_numbers(rows, where), *_numbers(columns, where)],
        source=entries.row.astype(np.int64),
        target=entries.col.astype(np.int64) + rows,
        complete=True,
        sides=np.repeat([0, 1], [rows, columns]),
        side_titles=("row", "column"),
        **_weights(entries, options),
    )


def _weights(entries: coo_array, options: ReadOptions) -> dict[str, Any]:
    """Return the entries as weights, unless weights are disabled or all are 1."""
    if not options.weights or not (entries.data != 1).any():
        return {}
    return {"weight": entries.data, "roles": (("weight", "the entries"),)}


def _numbers(count: int, where: str) -> list[str]:
    """Return node numbers as names; `InputError` if there are too many for memory."""
    if count > MAX_NODES:
        raise InputError(
            f"{where}: expected at most {MAX_NODES:,} nodes, got {count:,}, whose names alone "
            f"would take {count * 60 / 1e9:,.0f} GB"
        )
    return numbered(count)


def _distinct(names: Sequence[str], where: str) -> list[str]:
    if len(set(names)) != len(names):
        raise InputError(f"{where}: expected distinct node names, got one twice")
    return list(names)


def _entries(matrix: Any, where: str, options: ReadOptions) -> coo_array:
    if matrix.dtype.kind not in "bifu":
        raise InputError(f"{where}: expected a numeric adjacency matrix, got {matrix.dtype}")
    entries = _float64(matrix)
    entries.eliminate_zeros()
    if options.min_weight is not None:
        keep = entries.data >= options.min_weight
        selected = (entries.data[keep], (entries.row[keep], entries.col[keep]))
        entries = coo_array(selected, shape=entries.shape)
    signed = entries.data < 0 if options.weights else np.zeros(len(entries.data), dtype=bool)
    bad = ~np.isfinite(entries.data) | signed
    if bad.any():
        index = int(bad.argmax())
        hint = "; keep positive ones with --min-weight, or ignore weights with --no-weights"
        raise InputError(
            f"{where}, row {entries.row[index] + 1}, column {entries.col[index] + 1}: expected a "
            f"finite weight, not negative, got {entries.data[index]}"
            f"{hint if signed[index] else ''}"
        )
    return entries


def _float64(matrix: Any) -> coo_array:
    """Return the entries as float64, repeated ones summed; True twice is 1."""
    if issparse(matrix):
        entries = coo_array(matrix)
        if matrix.dtype.kind == "b":
            entries.sum_duplicates()
        values, ends = entries.data, entries.coords
    else:
        matrix = np.asarray(matrix)
        ends = matrix.nonzero()
        values = matrix[ends]
    entries = coo_array((values.astype(np.float64), ends), shape=matrix.shape)
    entries.sum_duplicates()
    return entries


def _of_benchmark(arrays: dict[str, Any], path: Path, options: ReadOptions) -> Edges:
    """Return the graph of a file of Shchur et al. 2018, "Pitfalls of GNN evaluation"."""
    from graphvae_data.graphs.features import to_tensor

    def sparse(part: str) -> Any:
        csr = [arrays.get(f"{part}_{each}") for each in ("data", "indices", "indptr", "shape")]
        if any(each is None for each in csr):
            return None
        data, indices, indptr, shape = csr
        assert shape is not None
        matrix = csr_array((data, indices, indptr), shape=tuple(shape.tolist()))
        check_sparse(matrix)
        return matrix

    try:
        adjacency, features = sparse("adj"), sparse("attr")
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        raise InputError(f"{path}: expected a sparse matrix, got {one_line(error)}") from None
    if adjacency is None:
        raise InputError(f"{path}: expected adj_data, adj_indices, adj_indptr and adj_shape")
    edges = edges_of_matrix(
        adjacency, str(path), options, names=_numbers(adjacency.shape[0], str(path))
    )
    features = arrays.get("attr_matrix") if features is None else features
    labels, names = arrays.get("labels"), arrays.get("class_names")
    valid = labels is not None and labels.dtype.kind in "iu" and len(labels) == len(edges.names)
    return replace(
        edges,
        features=None if features is None else to_tensor(features),
        labels=torch.from_numpy(labels.astype(np.int64)) if valid and labels is not None else None,
        class_names=None if names is None else [str(name) for name in names],
    )


def _adjacency(path: Path, options: ReadOptions) -> tuple[str, Any, list[str]]:
    """Return the name and matrix of the adjacency, and the names of the other variables."""
    variables = _variables(path)
    names = list(variables)
    name = options.mat_variable
    if name is None:
        candidates = [each for each in names if _may_be_adjacency(variables[each])]
        known = [each for each in ADJACENCY_NAMES if each in candidates]
        name = known[0] if known else candidates[0] if len(candidates) == 1 else None
        if name is None:
            shown = ", ".join(f"{each} {_shape(variables[each])}" for each in names) or "nothing"
            raise InputError(
                f"{path}: expected one square matrix, got {shown}; select one with --mat-variable"
            )
    if name not in names:
        raise InputError(
            f"{path}: expected a matrix {name}{nearest(name, names)}, "
            f"got {', '.join(names) or 'none'}"
        )
    matrix = variables[name]
    if not (issparse(matrix) or isinstance(matrix, np.ndarray)):
        raise InputError(f"{path}: expected {name} to be a matrix, got {type(matrix).__name__}")
    return name, matrix, [each for each in names if each != name]


def _variables(path: Path) -> dict[str, Any]:
    """Return the variables of a MATLAB file, or the matrix in SuiteSparse's `Problem`."""
    from scipy.io import loadmat

    content = read_bytes(path)
    try:
        check_mat5(content)
        values = loadmat(BytesIO(content))
    except Exception as error:  # SciPy may raise anything on a damaged file
        raise InputError(
            f"{path}: expected a MATLAB file (version 4 to 7.2), got {one_line(error)}"
        ) from None
    variables = {name: value for name, value in values.items() if not name.startswith("__")}
    _check_all(variables, path)
    problem = variables.get("Problem")
    if isinstance(problem, np.ndarray) and problem.dtype.names and "A" in problem.dtype.names:
        problem = {"A": problem["A"].flat[0]} if problem.size else {}
        _check_all(problem, path)
        return problem
    return variables


def _check_all(variables: Mapping[str, Any], path: Path) -> None:
    for name, value in variables.items():
        try:
            if issparse(value):
                check_sparse(value)
        except ValueError as error:
            raise InputError(f"{path}: {name} is damaged: {one_line(error)}") from None


def _may_be_adjacency(value: Any) -> bool:
    shape = tuple(getattr(value, "shape", ()))
    return len(shape) == 2 and len({*shape}) == 1 and max(shape) > 1 and value.dtype.kind in "bifu"


def _shape(value: Any) -> str:
    return " x ".join(map(str, getattr(value, "shape", ()))) or type(value).__name__


def _contents(arrays: Any) -> str:
    if isinstance(arrays, dict):
        return f"arrays {', '.join(arrays) or 'none'}"
    return f"one array {arrays.shape}"
