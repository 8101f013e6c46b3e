"""Read a user-supplied graph from a file of any supported format.

Edge lists (.csv, .tsv, .txt, .edges, … and KONECT's out.*; .parquet), triples (.nt), adjacency
lists (.adjlist), GraphML, GML, GEXF and Pajek (.net), edges between numbered nodes (.npy),
adjacency matrices (.mtx, .npz of SciPy, .mat), graphs written by `save_graph` (.npz), PyTorch
Geometric's `Data` (.pt). Text files may be compressed (.gz, .bz2, .xz, .zip). Node ids are kept
unchanged, as text.
"""

from collections.abc import Callable
from pathlib import Path

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.core.reading import FeaturePrep
from graphvae_data.files.arrays import load_arrays
from graphvae_data.files.files import require_regular
from graphvae_data.files.packed import PACKED, inner_name
from graphvae_data.files.tabular import TEXT_SUFFIXES
from graphvae_data.graphs.cleaning import clean
from graphvae_data.graphs.edges import Edges, with_unique_names
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphfile import read_graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.edgelists import read_edge_list
from graphvae_data.readers.formats.matrices import read_mat, read_npz
from graphvae_data.readers.formats.networkx_files import NETWORK_SUFFIXES, read_network
from graphvae_data.readers.formats.torch_files import read_pt
from graphvae_data.readers.nodetables import TableLike, with_tables
from graphvae_data.readers.numbered import read_numbered

Reader = Callable[[Path, ReadOptions], Edges]

_DEFAULTS = ReadOptions()


def read_graph_file(
    path: Path,
    options: ReadOptions = _DEFAULTS,
    *,
    features: TableLike | None = None,
    labels: TableLike | None = None,
    prep: FeaturePrep | None = None,
) -> Graph:
    """Read a graph and, optionally, features and labels of its nodes.

    A node that only occurs in the features or labels is an isolated node of the graph.

    Args:
        path: the file.
        options: how to read it.
        features: node features: a file, a DataFrame or an array.
        labels: node labels, likewise.
        prep: the feature preparation of a trained model; None determines it from the features.

    Raises:
        InputError: invalid input; the message names the file and, in tables, the line.
    """
    edges = with_unique_names(read_edges(path, options))
    return clean(with_tables(edges, features, labels, options, prep), stem_of(path), str(path))


def read_edges(path: Path, options: ReadOptions) -> Edges:
    """Read the edges of a file, in the format of its suffix."""
    require_regular(path)
    reader = _reader(path)
    _check_options(path, reader, options)
    return reader(path, options)


def stem_of(path: Path) -> str:
    """Return the name of a file without its suffix and that of its compression.

    >>> stem_of(Path("a/my.graph.csv.gz"))
    'my.graph'
    """
    return Path(path.stem).stem if path.suffix.lower() in PACKED else path.stem


def _npz(path: Path, options: ReadOptions) -> Edges:
    """Read a graph written by `save_graph`, or a SciPy matrix, depending on the array names."""
    arrays = load_arrays(path, "a graph", skip_pickles=True)
    if isinstance(arrays, dict) and "num_nodes" in arrays:
        return edges_of_graph(read_graph(path), options)
    return read_npz(path, options)


def edges_of_graph(graph: Graph, options: ReadOptions) -> Edges:
    """Return the edges of a `Graph`; with `directed`, an undirected edge becomes two."""
    weights = graph.weights if options.weights else None
    ends, edge_of = graph.both_directions() if options.directed else (graph.edges, ...)
    return Edges(
        names=list(graph.node_names),
        source=ends[0].numpy(),
        target=ends[1].numpy(),
        weight=None if weights is None else weights[edge_of].double().numpy(),
        time=None if graph.times is None else graph.times[edge_of].numpy(),
        directed=graph.directed if options.directed is None else options.directed,
        complete=True,
        roles=() if weights is None else (("weight", "edge_weight"),),
        sides=None if graph.sides is None else graph.sides.numpy(),
        features=graph.features,
        labels=graph.labels,
        class_names=graph.class_names,
    )


_READERS: dict[str, Reader] = {
    **dict.fromkeys((*TEXT_SUFFIXES, ".nt", ".adjlist", ".mtx", ".parquet"), read_edge_list),
    **dict.fromkeys(NETWORK_SUFFIXES, read_network),
    ".npy": read_numbered,
    ".npz": _npz,
    ".mat": read_mat,
    ".pt": read_pt,
}

graph_suffixes = tuple(_READERS)
"""Suffixes of the files that `read_graph_file` reads."""


def _check_options(path: Path, reader: Reader, options: ReadOptions) -> None:
    """Raise an error for options that the format does not support."""
    if reader is read_edge_list:
        return
    unsupported = [
        "source",
        "target",
        "relation_col",
        "header",
        "delimiter",
        "relation",
        "relations",
    ]
    unsupported += [] if reader is read_network else ["weight", "time"]
    unsupported += ["min_weight", "bipartite"] if reader in (read_numbered, read_pt) else []
    unsupported += [] if reader is read_mat else ["mat_variable"]
    used = [name for name in unsupported if getattr(options, name) is not None]
    if used:
        raise InputError(
            f"{path}: expected no option {ReadOptions.flag(used[0])} for a {path.suffix} file, "
            f"got {getattr(options, used[0])!r}; it is for other formats"
        )


def _reader(path: Path) -> Reader:
    compressed = path.suffix.lower() in PACKED
    name = inner_name(path)
    suffix = Path(name).suffix.lower()
    if name.startswith("out.") and suffix not in _READERS:
        return read_edge_list  # KONECT's name for an edge list
    binary = (".npy", ".npz", ".mat", ".pt")
    if suffix not in _READERS or (compressed and suffix in binary):
        full_suffix = f"{suffix}{path.suffix.lower()}" if compressed else suffix
        raise InputError(
            f"expected a graph file ending in one of {', '.join(graph_suffixes)} "
            f"(text also compressed: {', '.join(PACKED)}), got "
            f"{path}{nearest(full_suffix, graph_suffixes)}; rename it"
        )
    return _READERS[suffix]
