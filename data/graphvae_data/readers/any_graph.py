"""A person's own graph, in whatever form they have it.

Edge lists (.csv, .tsv, .txt, .edges, .edgelist, also .gz; .parquet), GraphML, GML and GEXF
(.graphml, .gml, .gexf, also .gz), edges between numbered nodes (.npy), adjacency matrices (.npz of
SciPy, .mat with `net`), graphs this package saved (.npz), PyTorch Geometric's `Data` (.pt). Node
ids come back unchanged, as text.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from graphvae_data.core.counts import Cleaning
from graphvae_data.core.errors import InputError, nearest
from graphvae_data.files.arrays import load_arrays
from graphvae_data.files.tabular import TEXT_ENDINGS
from graphvae_data.graphs.cleaning import OwnGraph, clean
from graphvae_data.graphs.edges import Edges, ReadOptions
from graphvae_data.graphs.features import to_tensor
from graphvae_data.graphs.graphfile import read_graph
from graphvae_data.readers.edgelists import read_edge_list
from graphvae_data.readers.matrices import read_mat, read_npz
from graphvae_data.readers.networkx_files import NETWORK_ENDINGS, read_network
from graphvae_data.readers.nodetables import read_features, read_labels
from graphvae_data.readers.numbered import read_numbered
from graphvae_data.readers.objects import as_data
from graphvae_data.readers.pygdata import edges_of_data, read_pt

__all__ = ["Cleaning", "OwnGraph", "ReadOptions", "as_data", "graph_endings", "read_own"]

Reader = Callable[[Path, ReadOptions], Edges]

_ANY = ReadOptions()


def read_own(
    path: Path,
    options: ReadOptions = _ANY,
    *,
    features: Path | None = None,
    labels: Path | None = None,
) -> OwnGraph:
    """Read a graph and, where given, its nodes' features and labels.

    Nodes that only the features or labels know are isolated nodes of the graph. Every fault is an
    `InputError` of one line that names the file and, in tables, the line.
    """
    edges = with_nodes_of(read_edges(path, options), features, labels)
    return clean(edges, stem_of(path), str(path))


def read_edges(path: Path, options: ReadOptions) -> Edges:
    """Read the edges of one file, in whatever form its ending names."""
    reader = _reader(path)
    _check_options(path, reader, options)
    return reader(path, options)


def with_nodes_of(edges: Edges, features: Path | None, labels: Path | None) -> Edges:
    """Add what files of features and labels tell of the nodes."""
    if features is not None:
        edges, matrix = read_features(features, edges)
        edges = replace(edges, extra={**edges.extra, "x": to_tensor(matrix)})
    if labels is not None:
        edges, found = read_labels(labels, edges, known=features is not None)
        extra = {**edges.extra, "y": torch.from_numpy(found.y)}
        extra.pop("class_names", None)
        if found.class_names is not None:
            extra["class_names"] = found.class_names
        edges = replace(edges, extra=extra)
    return edges


def stem_of(path: Path) -> str:
    """The name of a file without its ending, nor .gz.

    >>> stem_of(Path("a/my.graph.csv.gz"))
    'my.graph'
    """
    return Path(path.stem).stem if path.suffix.lower() == ".gz" else path.stem


def _npz(path: Path, options: ReadOptions) -> Edges:
    """A graph of ours or a matrix of SciPy's, by the names of the arrays."""
    arrays = load_arrays(path, "a graph")
    if isinstance(arrays, dict) and "num_nodes" in arrays:
        return edges_of_data(read_graph(path), str(path), options)
    return read_npz(path, options)


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
"""Endings of the files that `read_own` reads."""


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
