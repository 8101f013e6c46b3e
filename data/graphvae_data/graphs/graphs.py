"""Load graphs of the registry by name."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

import torch

from graphvae_data.core.errors import FetchError
from graphvae_data.download.fetch import cache_home, obtain
from graphvae_data.graphs.features import to_csr
from graphvae_data.graphs.graph import Graph
from graphvae_data.registry.dataset import GraphDataset, GraphFacts
from graphvae_data.registry.graphs import graph_dataset

Reader = Callable[[Mapping[str, Path], GraphDataset], Graph]


def load_graph(name: str, *, progress: bool = False) -> Graph:
    """Load a graph of the registry, downloading it on first use.

    The result does not depend on the source of the files.

    Raises:
        InputError: an unknown name.
        FetchError: the files cannot be obtained, or the graph differs from the registry entry.

    >>> load_graph("karate")
    Graph('karate', 34 nodes, 78 edges, undirected)
    """
    dataset = graph_dataset(name)
    obtained = obtain(dataset, progress=progress)
    graph = reader_of(obtained.source.reader)(obtained.files, dataset)
    _check_facts(dataset, graph_facts(graph))
    return graph


def reader_of(path: str) -> Reader:
    """Import the reader `module:function` of a source."""
    module, function = path.split(":")
    reader: Reader = getattr(import_module(module), function)
    return reader


def graph_facts(graph: Graph) -> GraphFacts:
    """Compute the properties of a graph that the registry records."""
    features, labels = graph.features, graph.labels
    return GraphFacts(
        nodes=graph.num_nodes,
        edges=graph.num_edges,
        features=None if features is None else features.shape[1],
        nonzeros=None if features is None else _nonzeros(features),
        classes=None if labels is None else int(labels[labels >= 0].unique().numel()),
        isolated=graph.num_nodes - int(graph.edges.unique().numel()),
        fingerprint=graph.fingerprint,
    )


def _nonzeros(features: torch.Tensor) -> int:
    dense = features.layout == torch.strided
    return int(features.count_nonzero()) if dense else int(to_csr(features).nnz)


def _check_facts(dataset: GraphDataset, facts: GraphFacts) -> None:
    for fact, expected in vars(dataset.facts).items():
        value = getattr(facts, fact)
        if expected is not None and value != expected:
            raise FetchError(
                f"dataset {dataset.name} differs from its registry entry: expected {fact} "
                f"{expected}, got {value}; {_remedy(dataset)}"
            )


def _remedy(dataset: GraphDataset) -> str:
    if dataset.built_in:
        return "install the versions of networkx and scikit-learn tested with this release"
    unpinned = [file.name for source in dataset.sources for file in source.files if not file.sha256]
    if unpinned:
        return f"remove {' and '.join(unpinned)} from the cache {cache_home()} and the mirror"
    return f"remove {cache_home()} and try again"
