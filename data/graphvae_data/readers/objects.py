"""Graphs that are Python objects of other libraries: networkx, SciPy, PyG, NumPy, pandas."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import issparse
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.files.tabular import Table
from graphvae_data.graphs.cleaning import clean
from graphvae_data.graphs.edges import Edges, ReadOptions
from graphvae_data.graphs.graph import Graph
from graphvae_data.readers.edgelists import edges_of_table, factorized
from graphvae_data.readers.matrices import edges_of_matrix
from graphvae_data.readers.networkx_files import edges_of_network
from graphvae_data.readers.pyg import edges_of_data

_KINDS = (
    "a networkx Graph or DiGraph, a square SciPy sparse matrix, a PyG Data, an array of edges "
    "[edge, 2] or [2, edge], or a DataFrame with columns source and target"
)


def as_graph(graph: object) -> Graph:
    """Return any graph object as a `Graph`; a `Graph` as it is.

    A networkx DiGraph, a SciPy matrix that is not symmetric and a PyG `Data` that lacks reverse
    edges are directed graphs. Edge arrays and DataFrames (columns source, target and maybe weight)
    are undirected. An array of shape [2, 2] holds an edge in each row, a tensor of that shape an
    edge in each column, as in PyG.

    Raises:
        InputError: any other object, or one that holds no graph.

    >>> as_graph([("b", "a"), ("b", "c")]).node_names
    ('b', 'a', 'c')
    """
    if isinstance(graph, Graph):
        return graph
    return clean(_edges(graph), name_of(graph), "the graph").graph


def is_instance(obj: object, module: str, kind: str) -> bool:
    """Tell whether an object is of a class of another library, which is not imported for it.

    >>> is_instance({}, "networkx", "Graph")
    False
    """
    loaded = sys.modules.get(module)  # an object cannot exist before the module of its class
    return loaded is not None and isinstance(obj, getattr(loaded, kind))


def _edges(graph: Any) -> Edges:
    where, options = "the graph", ReadOptions()
    if is_instance(graph, "torch_geometric.data", "Data"):
        return edges_of_data(graph, where, options)
    if is_instance(graph, "networkx", "Graph"):
        return edges_of_network(graph, where, options)
    if issparse(graph):
        return edges_of_matrix(graph, where, options)
    if is_instance(graph, "pandas", "DataFrame"):
        return _of_frame(graph)
    if isinstance(graph, Tensor):
        array = graph.detach().cpu().numpy()
        return _of_array(array.T if array.shape[:1] == (2,) else array)
    if isinstance(graph, np.ndarray):
        return _of_array(graph.T if graph.shape[:1] == (2,) and graph.shape != (2, 2) else graph)
    if isinstance(graph, Sequence) and not isinstance(graph, str | bytes):
        return _of_rows(graph)
    raise InputError(f"expected {_KINDS}, got {type(graph).__name__}")


def name_of(graph: Any) -> str:
    """Return the name that a graph object has; empty without one."""
    if is_instance(graph, "torch_geometric.data", "Data"):
        return str(graph.get("name") or "")
    return str(getattr(graph, "name", "") or "")


def _of_rows(rows: Sequence[Any]) -> Edges:
    """A list of pairs of ids."""
    if not rows:
        raise InputError("the graph: expected pairs of node ids, got no edges")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Sequence | np.ndarray) or isinstance(row, str) or len(row) != 2:
            raise InputError(f"the graph, edge {number}: expected a pair of node ids, got {row!r}")
    ids = [_identifier(end) for row in rows for end in row]
    return _of_array(np.array(ids, dtype=object).reshape(-1, 2))


def _identifier(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | np.integer):
        raise InputError(
            "the graph: expected node ids as text or integers, "
            f"got {type(value).__name__} {value!r}"
        )
    return str(value)


def _of_array(array: np.ndarray) -> Edges:
    import pyarrow as pa

    if array.ndim != 2 or array.shape[1] != 2:
        raise InputError(
            f"the graph: expected an array of edges [edge, 2] or [2, edge], got {array.shape}; "
            "an adjacency matrix is given as a SciPy sparse matrix"
        )
    if array.dtype.kind not in "iuUO":
        raise InputError(f"the graph: expected node ids as text or integers, got {array.dtype}")
    if array.dtype.kind == "O":
        columns = [pa.array(map(_identifier, ends), pa.string()) for ends in array.T.tolist()]
    else:
        columns = [pa.array(ends.astype(str).tolist(), pa.string()) for ends in array.T]
    codes, names = factorized(columns)
    return Edges(names=names, source=codes[0], target=codes[1])


def _of_frame(frame: Any) -> Edges:
    import pyarrow as pa

    missing = [name for name in ("source", "target") if name not in frame.columns]
    if missing:
        raise InputError(
            f"the graph: expected a DataFrame with columns source and target, "
            f"got {', '.join(map(str, frame.columns)) or 'none'}"
        )
    names = [name for name in ("source", "target", "weight") if name in frame.columns]
    if not len(frame):
        raise InputError("the graph: expected a DataFrame with rows, got an empty one")
    try:
        columns = [pa.array(frame[name], from_pandas=True) for name in names]
    except pa.ArrowException as error:
        raise InputError(
            f"the graph: expected node ids all text or all integers, got {error}"
        ) from None
    columns = [c.combine_chunks() if isinstance(c, pa.ChunkedArray) else c for c in columns]
    table = Table(Path("the graph"), columns, names, lambda row: f"row {row + 1}")
    return edges_of_table(table, ReadOptions())
