"""Graphs as PyTorch Geometric `Data`: the form every other part of the project takes.

A `Data` from here has `edge_index` (both directions, sorted, no loops), `num_nodes`, `name`,
`node_names` (list of text), `x` (float32, sparse CSR or dense; absent when featureless) and `y`
(int64, -1 where unknown; absent without labels). A person's own graph (`own`) may have
`directed` True, and then each edge once from source to target, `edge_weight`, `edge_time`, and
`class_names`.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

import torch
from torch_geometric.data import Data

from graphvae_data.core.errors import FetchError
from graphvae_data.download.fetch import cache_home, obtain
from graphvae_data.graphs.features import to_csr, to_tensor
from graphvae_data.graphs.fingerprints import content_fingerprint, graph_fingerprint
from graphvae_data.graphs.graphfile import read_graph, save_graph
from graphvae_data.graphs.pairs import both_directions, canonical_pairs
from graphvae_data.graphs.raw import RawGraph
from graphvae_data.registry.graphs import Facts, GraphDataset, graph_dataset

__all__ = [
    "canonical_pairs",
    "content_fingerprint",
    "graph_facts",
    "graph_fingerprint",
    "load_graph",
    "read_graph",
    "save_graph",
]

Reader = Callable[[Mapping[str, Path], GraphDataset], RawGraph]


def load_graph(name: str, *, progress: bool = False) -> Data:
    """Load a graph of the registry, downloading it on first use.

    The same name gives the same bits whichever source the bytes came from. `InputError` for an
    unknown name; `FetchError` when the files cannot be had or the graph is not the one expected.

    >>> load_graph("karate").edge_index.shape
    torch.Size([2, 156])
    """
    dataset = graph_dataset(name)
    got = obtain(dataset, progress=progress)
    raw = _reader(got.source.reader)(got.files, dataset)
    data = to_data(raw, name)
    _check_facts(dataset, graph_facts(data))
    return data


def to_data(raw: RawGraph, name: str) -> Data:
    """Turn what a reader returns into `Data`; unnamed nodes are named by their number."""
    optional = {}
    if raw.features is not None:
        optional["x"] = to_tensor(raw.features)
    if raw.labels is not None:
        optional["y"] = torch.from_numpy(raw.labels)
    return Data(
        edge_index=both_directions(raw.pairs, raw.num_nodes),
        num_nodes=raw.num_nodes,
        name=name,
        node_names=list(raw.node_names or map(str, range(raw.num_nodes))),
        **optional,
    )


def graph_facts(data: Data) -> Facts:
    """Count what the registry states of a graph."""
    features = data.x
    labels = data.y
    return Facts(
        nodes=data.num_nodes,
        edges=data.edge_index.shape[1] // (1 if data.get("directed") else 2),
        features=None if features is None else features.shape[1],
        nonzeros=None if features is None else _nonzeros(features),
        classes=None if labels is None else int(labels[labels >= 0].unique().numel()),
        isolated=data.num_nodes - int(data.edge_index.unique().numel()),
        fingerprint=graph_fingerprint(data),
    )


def _nonzeros(features: torch.Tensor) -> int:
    dense = features.layout == torch.strided
    return int(features.count_nonzero()) if dense else int(to_csr(features).nnz)


def _check_facts(dataset: GraphDataset, found: Facts) -> None:
    for fact, expected in vars(dataset.facts).items():
        value = getattr(found, fact)
        if expected is not None and value != expected:
            raise FetchError(
                f"dataset {dataset.name} is not the graph expected: {fact} should be {expected}, "
                f"got {value}; {_remedy(dataset)}"
            )


def _remedy(dataset: GraphDataset) -> str:
    if dataset.built_in:
        return "install the versions of networkx and scikit-learn this release was tested with"
    unpinned = [file.name for source in dataset.sources for file in source.files if not file.sha256]
    if unpinned:
        return f"remove {' and '.join(unpinned)} from the cache {cache_home()} and the mirror"
    return f"remove {cache_home()} and try again"


def _reader(path: str) -> Reader:
    module, function = path.split(":")
    reader: Reader = getattr(import_module(module), function)
    return reader
