"""Adjacency matrices: SciPy sparse or dense, from .npz, .mat, Matrix Market or Python.

A symmetric matrix is an undirected graph, another a directed one (row → column). A matrix with more
rows than columns, or fewer, is a bipartite graph: rows on one side, columns on the other. Entries
are weights; a matrix of ones alone is unweighted. Nodes are numbered by row.
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

MOST_NAMES = 200_000_000
"""More nodes than this are taken for damage."""
NETS = ("net", "network", "adj", "adjacency", "A", "W", "G", "graph", "adj_matrix", "Adj")
"""Variables of a .mat file that hold the adjacency, if there are several matrices."""


def read_mat(path: Path, options: ReadOptions) -> Edges:
    """Read the adjacency of a MATLAB file: the one matrix that can be one, or a known name."""
    name, net, others = _net(path, options)
    edges = edges_of_matrix(net, str(path), options)
    return replace(edges, roles=(("adjacency", name), *edges.roles), unused=tuple(others))


def read_npz(path: Path, options: ReadOptions) -> Edges:
    """Read an adjacency that `scipy.sparse.save_npz` wrote, or one of gnn-benchmark's files."""
    arrays = load_arrays(path, "an adjacency", skip_pickles=True)
    if isinstance(arrays, dict) and "adj_data" in arrays:
        return _of_benchmark(arrays, path, options)
    if not isinstance(arrays, dict) or "format" not in arrays:
        raise InputError(
            f"{path}: expected a sparse adjacency written by scipy.sparse.save_npz, or a graph "
            f"written by save_graph, got {_contents(arrays)}"
        )
    return edges_of_matrix(sparse_of(path), str(path), options)


def edges_of_matrix(
    matrix: Any, where: str, options: ReadOptions, names: Sequence[str] | None = None
) -> Edges:
    """Return the edges of an adjacency; `InputError` unless finite and not negative."""
    shape = matrix.shape
    two_sides = len(shape) == 2 and shape[0] != shape[1] and options.bipartite is not False
    if two_sides or (options.bipartite and len(shape) == 2):
        return _of_two_sides(_entries(matrix, where, options), where, options)
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
        ids = _different(names, where)
    return Edges(
        names=ids,
        source=source,
        target=target,
        directed=bool(directed),
        complete=True,
        **_weights(entries, options),
    )


def edges_of_market(text: bytes, path: Path, options: ReadOptions) -> Edges:
    """Return the edges of a Matrix Market file; its nodes are numbered from 1."""
    from scipy.io import mmread

    try:
        matrix = mmread(BytesIO(text))
    except Exception as error:  # SciPy raises whatever the damaged text leads to
        raise InputError(f"{path}: expected a Matrix Market file, got {one_line(error)}") from None
    edges = edges_of_matrix(matrix, str(path), options)
    return replace(edges, names=[str(int(name) + 1) for name in edges.names])


def read_seal(files: Mapping[str, Path], dataset: GraphDataset) -> Graph:
    """Read a graph of the SEAL repository: the non-zeros of `net`, without their values."""
    (path,) = files.values()
    options = ReadOptions(mat_variable="net")
    edges = edges_of_matrix(_net(path, options)[1], str(path), options)
    ends = torch.from_numpy(np.stack([edges.source, edges.target]))
    return Graph.from_edges(ends, len(edges.names), name=dataset.name)


def _is_symmetric(entries: coo_array) -> bool:
    """Compare the entries with those of the transpose; memory follows the entries alone."""
    there = np.lexsort((entries.col, entries.row))
    back = np.lexsort((entries.row, entries.col))
    return (
        np.array_equal(entries.row[there], entries.col[back])
        and np.array_equal(entries.col[there], entries.row[back])
        and np.array_equal(entries.data[there], entries.data[back])
    )


def _of_two_sides(entries: coo_array, where: str, options: ReadOptions) -> Edges:
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
    """Return the weights of entries that are not all 1, if the edges are to have any."""
    if not options.weights or not (entries.data != 1).any():
        return {}
    return {"weight": entries.data, "roles": (("weight", "the entries"),)}


def _numbers(count: int, where: str) -> list[str]:
    """Return numbers as names; `InputError` for more than any memory holds."""
    if count > MOST_NAMES:
        raise InputError(
            f"{where}: expected at most {MOST_NAMES:,} nodes, got {count:,}, whose names alone "
            f"would take {count * 60 / 1e9:,.0f} GB"
        )
    return numbered(count)


def _different(names: Sequence[str], where: str) -> list[str]:
    if len(set(names)) != len(names):
        raise InputError(f"{where}: expected different names of nodes, got one twice")
    return list(names)


def _entries(matrix: Any, where: str, options: ReadOptions) -> coo_array:
    if matrix.dtype.kind not in "bifu":
        raise InputError(f"{where}: expected an adjacency of numbers, got {matrix.dtype}")
    entries = coo_array(matrix)
    entries.sum_duplicates()
    entries = coo_array((entries.data.astype(np.float64), entries.coords), shape=entries.shape)
    entries.eliminate_zeros()
    if options.min_weight is not None:
        keep = entries.data >= options.min_weight
        kept = (entries.data[keep], (entries.row[keep], entries.col[keep]))
        entries = coo_array(kept, shape=entries.shape)
    signed = entries.data < 0 if options.weights else np.zeros(len(entries.data), dtype=bool)
    bad = ~np.isfinite(entries.data) | signed
    if bad.any():
        at = int(bad.argmax())
        way_out = "; keep positive ones with --min-weight, or drop weights with --no-weights"
        raise InputError(
            f"{where}, row {entries.row[at] + 1}, column {entries.col[at] + 1}: expected a finite "
            f"weight, not negative, got {entries.data[at]}{way_out if signed[at] else ''}"
        )
    return entries


def _of_benchmark(arrays: dict[str, Any], path: Path, options: ReadOptions) -> Edges:
    """Return a graph of the files of Shchur et al. 2018, "Pitfalls of GNN evaluation"."""
    from graphvae_data.graphs.features import to_tensor

    def sparse(part: str) -> Any:
        held = [arrays.get(f"{part}_{each}") for each in ("data", "indices", "indptr", "shape")]
        if any(each is None for each in held):
            return None
        data, indices, indptr, shape = held
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
    whole = labels is not None and labels.dtype.kind in "iu" and len(labels) == len(edges.names)
    return replace(
        edges,
        features=None if features is None else to_tensor(features),
        labels=torch.from_numpy(labels.astype(np.int64)) if whole and labels is not None else None,
        class_names=None if names is None else [str(name) for name in names],
    )


def _net(path: Path, options: ReadOptions) -> tuple[str, Any, list[str]]:
    """Return the name of the adjacency's variable, its matrix, and the names of the others."""
    variables = _variables(path)
    names = list(variables)
    name = options.mat_variable
    if name is None:
        able = [each for each in names if _may_be_adjacency(variables[each])]
        known = [each for each in NETS if each in able]
        name = known[0] if known else able[0] if len(able) == 1 else None
        if name is None:
            shown = ", ".join(f"{each} {_shape(variables[each])}" for each in names) or "nothing"
            raise InputError(
                f"{path}: expected one square matrix, got {shown}; name it with --mat-variable"
            )
    if name not in names:
        raise InputError(
            f"{path}: expected a matrix {name}{nearest(name, names)}, "
            f"got {', '.join(names) or 'none'}"
        )
    net = variables[name]
    if not (issparse(net) or isinstance(net, np.ndarray)):
        raise InputError(f"{path}: expected {name} to be a matrix, got {type(net).__name__}")
    return name, net, [each for each in names if each != name]


def _variables(path: Path) -> dict[str, Any]:
    """Return the variables of a MATLAB file; those of SuiteSparse's `Problem` by their names."""
    from scipy.io import loadmat

    content = read_bytes(path)
    try:
        check_mat5(content)
        held = loadmat(BytesIO(content))
    except Exception as error:  # SciPy raises whatever the damaged bytes lead to
        raise InputError(
            f"{path}: expected a MATLAB file (version 4 to 7.2), got {one_line(error)}"
        ) from None
    variables = {name: value for name, value in held.items() if not name.startswith("__")}
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
