"""New nodes: extend a graph by edges to new nodes, and by their features."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
import torch
from torch import Tensor, strided

from graphvae_data.core.errors import InputError
from graphvae_data.core.reading import FeaturePrep
from graphvae_data.graphs.cleaning import clean
from graphvae_data.graphs.edges import Edges
from graphvae_data.graphs.features import to_csr, to_tensor
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import edges_of_graph, read_edges
from graphvae_data.readers.nodetables import TableLike, read_features
from graphvae_data.readers.objects import edges_of_object


def extended(
    graph: Graph,
    new_edges: Any,
    options: ReadOptions,
    *,
    features: TableLike | None = None,
    prep: FeaturePrep | None = None,
) -> Graph:
    """Return a graph extended by new edges, and by the new nodes in these or in the features.

    The nodes of `graph` come first, in their order and with their features. Existing edges keep
    their weights.

    Args:
        graph: the graph.
        new_edges: a path, or any graph object.
        options: how the edges are read; direction and sides are those of the graph.
        features: features of the new nodes by name; rows of known nodes are ignored.
        prep: the preparation of the graph's features.

    Raises:
        InputError: an unreadable file or object, another direction, no new edge, a new node without
            features, or features although the graph has none.
    """
    if options.directed not in (None, graph.directed):
        found = "directed" if graph.directed else "undirected"
        raise InputError(f"directed: new edges join a graph that is {found}; leave it out")
    existing = edges_of_graph(graph, ReadOptions())
    kind = {"directed": graph.directed, "bipartite": graph.sides is not None or None}
    read_options = options.model_copy(update=kind)
    read = (
        read_edges(new_edges, read_options)
        if isinstance(new_edges, Path)
        else edges_of_object(new_edges, read_options)
    )
    known = set(existing.names)
    names = [name for name in dict.fromkeys(read.names) if name not in known]
    matrix: Tensor | None = None
    if features is not None or graph.features is not None:
        names, matrix = _features(graph, features, names, known, options, prep)
    sides = None if existing.sides is None else _sides(existing, read, names)
    joined = _joined(existing, read, names)
    return clean(replace(joined, features=matrix, sides=sides), graph.name, str(new_edges))


def _features(
    graph: Graph,
    source: TableLike | None,
    names: list[str],
    known: set[str],
    options: ReadOptions,
    prep: FeaturePrep | None,
) -> tuple[list[str], Tensor]:
    """Return the new nodes, including those only in the features, and the features of all nodes."""
    if graph.features is None:
        raise InputError("features: expected none, as the graph of the run has none; omit them")
    if source is None:
        if names:
            raise InputError(
                f"features: expected features of the {len(names):,} new nodes such as "
                f"{names[0]!r}, as the graph of the run has features; pass --features"
            )
        return names, graph.features
    nothing = np.zeros(0, dtype=np.int64)
    rows, matrix = read_features(source, Edges(names, nothing, nothing), options, prep)
    if matrix.shape[1] != graph.num_features:
        raise InputError(
            f"features: expected {graph.num_features} per node, as in training, "
            f"got {matrix.shape[1]}"
        )
    new = [row for row, name in enumerate(rows.names) if name not in known]
    added = to_tensor(matrix[new])
    return [rows.names[row] for row in new], _stacked(graph.features, added)


def _stacked(first: Tensor, second: Tensor) -> Tensor:
    if first.layout == strided:
        return torch.cat([first, second if second.layout == strided else second.to_dense()])
    both = scipy.sparse.vstack([to_csr(first), to_csr(second)])
    return to_tensor(scipy.sparse.csr_array(both))


def _joined(existing: Edges, read: Edges, names: list[str]) -> Edges:
    """Add edges between nodes by name, without existing ones."""
    all_names = [*existing.names, *names]
    index_of = {name: index for index, name in enumerate(all_names)}
    index = np.array([index_of[name] for name in read.names], dtype=np.int64)
    source, target = index[read.source], index[read.target]
    count = len(all_names)
    low, high = np.minimum(source, target), np.maximum(source, target)
    keys = source * count + target if existing.directed else low * count + high
    is_new = ~np.isin(keys, existing.source * count + existing.target)
    if not is_new.any():
        raise InputError("graph: expected edges that are not in the run's graph, got none")
    return replace(
        existing,
        names=all_names,
        source=np.concatenate([existing.source, source[is_new]]),
        target=np.concatenate([existing.target, target[is_new]]),
        weight=_values(existing.weight, read.weight, is_new),
        time=None,
        labels=None,
        class_names=None,
        roles=read.roles,
    )


def _values(
    existing: np.ndarray | None, read: np.ndarray | None, is_new: np.ndarray
) -> np.ndarray | None:
    """Concatenate weights, 1 for new edges without; None if the graph has no weights."""
    if existing is None:
        return None
    return np.concatenate([existing, np.ones(int(is_new.sum())) if read is None else read[is_new]])


def _sides(existing: Edges, read: Edges, names: list[str]) -> np.ndarray:
    """Return the side of each node; a new node's is that of its edges."""
    assert existing.sides is not None
    side = dict(zip(existing.names, existing.sides.tolist(), strict=True))
    if read.sides is not None:
        for name, other in zip(read.names, read.sides.tolist(), strict=True):
            if side.setdefault(name, other) != other:
                raise InputError(
                    f"graph: expected {name!r} on the same side as in the run, got the other; "
                    "check the order of the source and target columns"
                )
    isolated = next((name for name in names if name not in side), None)
    if isolated is not None:
        raise InputError(f"graph: expected an edge of the new node {isolated!r}, got none")
    return np.array([side[name] for name in [*existing.names, *names]], dtype=np.int64)
