"""User-supplied graphs, from a file of any form.

Edge lists (.csv, .tsv, .txt, .edges, … and KONECT's out.*; .parquet), triples (.nt), lists of
neighbours (.adjlist), GraphML, GML, GEXF and Pajek (.net), edges between numbered nodes (.npy),
adjacency matrices (.mtx, .npz of SciPy, .mat), graphs that `save_graph` wrote (.npz), PyTorch
Geometric's `Data` (.pt). Texts may be packed (.gz, .bz2, .xz, .zip). Node ids are kept unchanged,
as text.
"""

from collections.abc import Callable
from pathlib import Path

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.core.reading import FeaturePrep
from graphvae_data.files.arrays import load_arrays
from graphvae_data.files.files import require_regular
from graphvae_data.files.packed import PACKED, inner_name
from graphvae_data.files.tabular import TEXT_ENDINGS
from graphvae_data.graphs.cleaning import clean
from graphvae_data.graphs.edges import Edges, told_apart
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphfile import read_graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.edgelists import read_edge_list
from graphvae_data.readers.formats.matrices import read_mat, read_npz
from graphvae_data.readers.formats.networkx_files import NETWORK_ENDINGS, read_network
from graphvae_data.readers.formats.torch_files import read_pt
from graphvae_data.readers.nodetables import TableLike, with_tables
from graphvae_data.readers.numbered import read_numbered

Reader = Callable[[Path, ReadOptions], Edges]

_ANY = ReadOptions()


def read_graph_file(
    path: Path,
    options: ReadOptions = _ANY,
    *,
    features: TableLike | None = None,
    labels: TableLike | None = None,
    prep: FeaturePrep | None = None,
) -> Graph:
    """Read a graph and, where given, the features and labels of its nodes.

    A node that stands in the features or labels alone is an isolated node of the graph.

    Args:
        path: the file.
        options: how to read it.
        features: a file, or a DataFrame or array, of node features.
        labels: likewise of labels.
        prep: how the features of a model's training were made; None finds it out.

    Raises:
        InputError: any fault, in one line that names the file and, in tables, the line.
    """
    edges = told_apart(read_edges(path, options))
    return clean(with_tables(edges, features, labels, options, prep), stem_of(path), str(path))


def read_edges(path: Path, options: ReadOptions) -> Edges:
    """Read the edges of one file, in whatever form its ending names."""
    require_regular(path)
    reader = _reader(path)
    _check_options(path, reader, options)
    return reader(path, options)


def stem_of(path: Path) -> str:
    """The name of a file without its ending, nor that of its packing.

    >>> stem_of(Path("a/my.graph.csv.gz"))
    'my.graph'
    """
    return Path(path.stem).stem if path.suffix.lower() in PACKED else path.stem


def _npz(path: Path, options: ReadOptions) -> Edges:
    """A graph that `save_graph` wrote or a SciPy matrix, by the names of the arrays."""
    arrays = load_arrays(path, "a graph", skip_pickles=True)
    if isinstance(arrays, dict) and "num_nodes" in arrays:
        return edges_of_graph(read_graph(path), options)
    return read_npz(path, options)


def edges_of_graph(graph: Graph, options: ReadOptions) -> Edges:
    """Return the edges of a `Graph`; with `directed`, an undirected edge goes both ways."""
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
    **dict.fromkeys((*TEXT_ENDINGS, ".nt", ".adjlist", ".mtx", ".parquet"), read_edge_list),
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
    without = ["source", "target", "relation_col", "header", "delimiter", "relation", "relations"]
    without += [] if reader is read_network else ["weight", "time"]
    without += ["min_weight", "bipartite"] if reader in (read_numbered, read_pt) else []
    without += [] if reader is read_mat else ["mat_variable"]
    given = [name for name in without if getattr(options, name) is not None]
    if given:
        raise InputError(
            f"{path}: expected no option {ReadOptions.flag(given[0])} for a {path.suffix} file, "
            f"got {getattr(options, given[0])!r}; it is for other forms"
        )


def _reader(path: Path) -> Reader:
    packed = path.suffix.lower() in PACKED
    name = inner_name(path)
    ending = Path(name).suffix.lower()
    if name.startswith("out.") and ending not in _READERS:
        return read_edge_list  # KONECT's name for a list of edges
    binary = (".npy", ".npz", ".mat", ".pt")
    if ending not in _READERS or (packed and ending in binary):
        tried = f"{ending}{path.suffix.lower()}" if packed else ending
        raise InputError(
            f"expected a graph file ending in one of {', '.join(graph_endings)} "
            f"(texts also packed: {', '.join(PACKED)}), got {path}{nearest(tried, graph_endings)}; "
            "rename it"
        )
    return _READERS[ending]
