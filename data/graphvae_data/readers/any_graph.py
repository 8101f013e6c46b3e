"""User-supplied graphs, from a file of any form.

Edge lists (.csv, .tsv, .txt, .edges, .edgelist, also .gz; .parquet), GraphML, GML and GEXF
(.graphml, .gml, .gexf, also .gz), edges between numbered nodes (.npy), adjacency matrices (.npz of
SciPy, .mat with `net`), graphs that `save_graph` wrote (.npz), PyTorch Geometric's `Data` (.pt).
Node ids are kept unchanged, as text.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.files.arrays import load_arrays
from graphvae_data.files.tabular import TEXT_ENDINGS
from graphvae_data.graphs.cleaning import CleanedGraph, clean
from graphvae_data.graphs.edges import Edges, ReadOptions
from graphvae_data.graphs.features import to_tensor
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphfile import read_graph
from graphvae_data.readers.edgelists import read_edge_list
from graphvae_data.readers.matrices import read_mat, read_npz
from graphvae_data.readers.networkx_files import NETWORK_ENDINGS, read_network
from graphvae_data.readers.nodetables import read_features, read_labels
from graphvae_data.readers.numbered import read_numbered
from graphvae_data.readers.torch_files import read_pt

Reader = Callable[[Path, ReadOptions], Edges]

_ANY = ReadOptions()


def read_graph_file(
    path: Path,
    options: ReadOptions = _ANY,
    *,
    features: Path | None = None,
    labels: Path | None = None,
) -> CleanedGraph:
    """Read a graph and, where given, the features and labels of its nodes.

    A node that stands in the features or labels alone is an isolated node of the graph.

    Raises:
        InputError: any fault, in one line that names the file and, in tables, the line.
    """
    edges = with_nodes_of(read_edges(path, options), features, labels)
    return clean(edges, stem_of(path), str(path))


def read_edges(path: Path, options: ReadOptions) -> Edges:
    """Read the edges of one file, in whatever form its ending names."""
    reader = _reader(path)
    _check_options(path, reader, options)
    return reader(path, options)


def with_nodes_of(edges: Edges, features: Path | None, labels: Path | None) -> Edges:
    """Add the features and labels of nodes from their files."""
    if features is not None:
        edges, matrix = read_features(features, edges)
        edges = replace(edges, features=to_tensor(matrix))
    if labels is not None:
        edges, read = read_labels(labels, edges, known=features is not None)
        edges = replace(edges, labels=torch.from_numpy(read.y), class_names=read.class_names)
    return edges


def stem_of(path: Path) -> str:
    """The name of a file without its ending, nor .gz.

    >>> stem_of(Path("a/my.graph.csv.gz"))
    'my.graph'
    """
    return Path(path.stem).stem if path.suffix.lower() == ".gz" else path.stem


def _npz(path: Path, options: ReadOptions) -> Edges:
    """A graph that `save_graph` wrote or a SciPy matrix, by the names of the arrays."""
    arrays = load_arrays(path, "a graph")
    if isinstance(arrays, dict) and "num_nodes" in arrays:
        return _edges_of_graph(read_graph(path), options)
    return read_npz(path, options)


def _edges_of_graph(graph: Graph, options: ReadOptions) -> Edges:
    """With the option `directed`, an undirected edge goes both ways."""
    ends, edge_of = graph.both_directions() if options.directed else (graph.edges, ...)
    return Edges(
        names=list(graph.node_names),
        source=ends[0].numpy(),
        target=ends[1].numpy(),
        weight=None if graph.weights is None else graph.weights[edge_of].double().numpy(),
        time=None if graph.times is None else graph.times[edge_of].numpy(),
        directed=graph.directed or options.directed,
        complete=True,
        weight_from=None if graph.weights is None else "edge_weight",
        features=graph.features,
        labels=graph.labels,
        class_names=graph.class_names,
    )


_READERS: dict[str, Reader] = {
    **dict.fromkeys(TEXT_ENDINGS, read_edge_list),
    ".parquet": read_edge_list,
    **dict.fromkeys(NETWORK_ENDINGS, read_network),
    ".npy": read_numbered,
    ".npz": _npz,
    ".mat": read_mat,
    ".pt": read_pt,
}

graph_endings = tuple(_READERS)
"""Endings of the files that `read_graph_file` reads."""


def _check_options(path: Path, reader: Reader, options: ReadOptions) -> None:
    """Refuse a column where the form has no columns, rather than read without it."""
    if reader is read_edge_list:
        return
    without = ["source_col", "target_col", "header"]
    without += [] if reader is read_network else ["weight_col", "time_col"]
    given = [name for name in without if getattr(options, name) is not None]
    if given:
        raise InputError(
            f"{path}: expected no option {given[0]} for a {path.suffix} file, "
            f"got {getattr(options, given[0])!r}; it is for edge lists"
        )


def _reader(path: Path) -> Reader:
    packed = path.suffix.lower() == ".gz"
    ending = Path(path.stem).suffix.lower() if packed else path.suffix.lower()
    may_be_packed = (*TEXT_ENDINGS, *NETWORK_ENDINGS)
    if ending not in _READERS or (packed and ending not in may_be_packed):
        found = f"{ending}.gz" if packed else ending
        raise InputError(
            f"expected a graph file ending in one of {', '.join(graph_endings)} "
            f"(the text forms also with .gz), got {path}{nearest(found, graph_endings)}; rename it"
        )
    return _READERS[ending]
