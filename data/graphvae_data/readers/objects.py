"""Convert graph objects of networkx, SciPy, PyG, NumPy, pandas and torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array, issparse
from torch import Tensor, strided

from graphvae_data.core.errors import InputError
from graphvae_data.core.reading import FeaturePrep
from graphvae_data.graphs.cleaning import clean
from graphvae_data.graphs.edges import Edges, with_unique_names
from graphvae_data.graphs.features import array_of_tensor, to_csr
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions, python_words
from graphvae_data.readers.any_graph import edges_of_graph
from graphvae_data.readers.columns.codes import factorized
from graphvae_data.readers.edgelists import edges_of_table
from graphvae_data.readers.formats.matrices import edges_of_matrix
from graphvae_data.readers.formats.networkx_files import edges_of_network
from graphvae_data.readers.frames import is_instance, table_of_frame
from graphvae_data.readers.nodetables import TableLike, with_tables
from graphvae_data.readers.pyg import edges_of_data

_KINDS = (
    "a networkx Graph or DiGraph, an adjacency matrix (SciPy, NumPy, torch, pandas), a PyG Data, "
    "an array of edges [edge, 2] or [2, edge], or a DataFrame of edges"
)
_WHERE = Path("the graph")
_DEFAULTS = ReadOptions()


def as_graph(
    graph: object,
    options: ReadOptions = _DEFAULTS,
    *,
    features: TableLike | None = None,
    labels: TableLike | None = None,
    prep: FeaturePrep | None = None,
) -> Graph:
    """Convert a graph object to a `Graph`; a `Graph` is returned unchanged.

    A networkx DiGraph, an asymmetric matrix and a PyG `Data` without all reverse edges are directed
    graphs. Edge arrays and DataFrames are undirected. The roles of a DataFrame's columns are
    detected as in a file. An array of shape [2, 2] has one edge per row, a tensor of that shape one
    edge per column, as in PyG; another square array is an adjacency matrix. Nodes are in the order
    of the object: of `list(graph)`, or of the rows of a matrix.

    Args:
        graph: the object.
        options: columns, direction, weights.
        features: a DataFrame, an array [node, feature], or the path of a file.
        labels: likewise.
        prep: the feature preparation of a trained model; None determines it from the features.

    Raises:
        InputError: an unsupported or invalid object.

    >>> as_graph([("b", "a"), ("b", "c")]).node_names
    ('b', 'a', 'c')
    """
    if isinstance(graph, Graph) and features is None and labels is None and options == _DEFAULTS:
        return graph
    try:
        edges = with_unique_names(edges_of_object(graph, options))
        tables = with_tables(edges, features, labels, options, prep)
        return clean(tables, name_of(graph), "the graph")
    except InputError as error:
        raise InputError(python_words(str(error))) from None


def edges_of_object(graph: Any, options: ReadOptions) -> Edges:
    """Return the edges of any graph object; see `as_graph`."""
    where = str(_WHERE)
    if isinstance(graph, Graph):
        return edges_of_graph(graph, options)
    ends = [option for option in (options.source, options.target) if option is not None]
    if ends and not is_instance(graph, "pandas", "DataFrame"):
        raise InputError(
            f"{where}: expected a DataFrame for --source-col and --target-col, "
            f"got {type(graph).__name__}"
        )
    if is_instance(graph, "torch_geometric.data", "Data"):
        return edges_of_data(graph, where, options)
    if is_instance(graph, "networkx", "Graph"):
        return edges_of_network(graph, where, options)
    if issparse(graph):
        return edges_of_matrix(graph, where, options)
    if is_instance(graph, "pandas", "DataFrame"):
        return _of_frame(graph, options)
    if isinstance(graph, Tensor) and graph.layout != strided:
        return edges_of_matrix(_sparse(graph), where, options)
    if isinstance(graph, Tensor):
        array = array_of_tensor(graph)
        if _is_adjacency(array):
            return edges_of_matrix(array, where, options)
        return _of_array(array.T if array.shape[:1] == (2,) else array, options)
    if isinstance(graph, np.ndarray):
        graph = _unmasked(graph)
        if _is_adjacency(graph):
            return edges_of_matrix(graph, where, options)
        transposed = graph.shape[:1] == (2,) and graph.shape != (2, 2)
        return _of_array(graph.T if transposed else graph, options)
    if isinstance(graph, Sequence) and not isinstance(graph, str | bytes):
        return _of_rows(graph, options)
    raise InputError(f"expected {_KINDS}, got {type(graph).__name__}")


def _is_adjacency(array: np.ndarray) -> bool:
    square = array.ndim == 2 and array.shape[0] == array.shape[1] > 2
    return square and array.dtype.kind in "bifu"


def _sparse(tensor: Tensor) -> csr_array:
    if tensor.ndim != 2:
        raise InputError(f"the graph: expected a square adjacency matrix, got {list(tensor.shape)}")
    return to_csr(tensor)


def _unmasked(array: np.ndarray) -> np.ndarray:
    """Return an array without a mask: a masked entry of an adjacency matrix is no edge."""
    if not _is_adjacency(array) and np.ma.is_masked(array):
        raise InputError("the graph: expected two node ids for each edge, got masked ones")
    return np.ma.filled(array, 0) if _is_adjacency(array) else np.asarray(array)


def name_of(graph: Any) -> str:
    """Return the name of a graph object; empty without one."""
    if is_instance(graph, "torch_geometric.data", "Data"):
        return str(graph.get("name") or "")
    return str(getattr(graph, "name", "") or "")


def _of_rows(rows: Sequence[Any], options: ReadOptions) -> Edges:
    """Return the edges of a list of pairs of ids."""
    if not rows:
        raise InputError("the graph: expected pairs of node ids, got no edges")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Sequence | np.ndarray) or isinstance(row, str) or len(row) != 2:
            raise InputError(f"the graph, edge {number}: expected a pair of node ids, got {row!r}")
    ids = [_identifier(end) for row in rows for end in row]
    return _of_array(np.array(ids, dtype=object).reshape(-1, 2), options)


def _identifier(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | np.integer):
        raise InputError(
            "the graph: expected node ids as text or integers, "
            f"got {type(value).__name__} {value!r}"
        )
    return str(value)


def _of_array(array: np.ndarray, options: ReadOptions) -> Edges:
    import pyarrow as pa

    if array.ndim != 2 or array.shape[1] != 2:
        raise InputError(
            f"the graph: expected an array of edges [edge, 2] or [2, edge], got {array.shape}; "
            "an adjacency matrix has as many rows as columns"
        )
    if array.dtype.kind not in "iuUO":
        raise InputError(f"the graph: expected node ids as text or integers, got {array.dtype}")
    if array.dtype.kind == "O":
        columns = [pa.array(map(_identifier, ends), pa.string()) for ends in array.T.tolist()]
    else:
        columns = [pa.array(ends.astype(str).tolist(), pa.string()) for ends in array.T]
    if options.bipartite:
        (source, first), (target, second) = (factorized([column]) for column in columns)
        return Edges(
            names=[*first, *second],
            source=source[0],
            target=target[0] + len(first),
            sides=np.repeat([0, 1], [len(first), len(second)]),
        )
    codes, names = factorized(columns)
    return Edges(names=names, source=codes[0], target=codes[1], directed=bool(options.directed))


def _of_frame(frame: Any, options: ReadOptions) -> Edges:
    """Return the edges of a DataFrame, or of a square one indexed by nodes on both axes."""
    if not len(frame):
        raise InputError("the graph: expected a DataFrame with rows, got an empty one")
    ids = [str(each) for each in frame.index]
    if len(frame.columns) == len(ids) > 2 and [str(each) for each in frame.columns] == ids:
        return edges_of_matrix(frame.to_numpy(), str(_WHERE), options, names=ids)
    table = table_of_frame(frame.reset_index(drop=True), _WHERE)
    assert table is not None
    return edges_of_table(table, options)
