"""Nodes that came later: a graph with the edges that join new nodes to it, and their features."""

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
    more: Any,
    options: ReadOptions,
    *,
    features: TableLike | None = None,
    prep: FeaturePrep | None = None,
) -> Graph:
    """Return a graph with further edges, and with the nodes that only these or the features have.

    The nodes of `graph` come first, in their order and with their features. Weights of an edge
    that is there already are kept.

    Args:
        graph: the graph.
        more: the further edges: a path, or any graph object.
        options: how these are read; direction and sides are those of the graph.
        features: features of the new nodes by name; rows of known nodes are passed over.
        prep: how the features of the graph were made from a table.

    Raises:
        InputError: a file or object that cannot be read, no new edge, a new node without features,
            or features where the graph has none.
    """
    own = edges_of_graph(graph, ReadOptions())
    alike = {"directed": graph.directed, "bipartite": graph.sides is not None or None}
    chosen = options.model_copy(update=alike)
    read = read_edges(more, chosen) if isinstance(more, Path) else edges_of_object(more, chosen)
    known = set(own.names)
    names = [name for name in dict.fromkeys(read.names) if name not in known]
    matrix: Tensor | None = None
    if features is not None or graph.features is not None:
        names, matrix = _features(graph, features, names, known, options, prep)
    sides = None if own.sides is None else _sides(own, read, names)
    joined = _joined(own, read, names)
    return clean(replace(joined, features=matrix, sides=sides), graph.name, str(more))


def _features(
    graph: Graph,
    source: TableLike | None,
    names: list[str],
    known: set[str],
    options: ReadOptions,
    prep: FeaturePrep | None,
) -> tuple[list[str], Tensor]:
    """Return the new nodes, those that only the features have included, and all features."""
    if graph.features is None:
        raise InputError("features: the graph of the run has none, so new nodes cannot have any")
    if source is None:
        if names:
            raise InputError(
                f"features: expected features of the {len(names):,} new nodes such as "
                f"{names[0]!r}, as the graph of the run has some; give --features"
            )
        return names, graph.features
    nothing = np.zeros(0, dtype=np.int64)
    rows, matrix = read_features(source, Edges(names, nothing, nothing), options, prep)
    if matrix.shape[1] != graph.num_features:
        raise InputError(
            f"features: expected {graph.num_features} a node, as in training, got {matrix.shape[1]}"
        )
    new = [row for row, name in enumerate(rows.names) if name not in known]
    added = to_tensor(matrix[new])
    return [rows.names[row] for row in new], _stacked(graph.features, added)


def _stacked(first: Tensor, second: Tensor) -> Tensor:
    if first.layout == strided:
        return torch.cat([first, second if second.layout == strided else second.to_dense()])
    both = scipy.sparse.vstack([to_csr(first), to_csr(second)])
    return to_tensor(scipy.sparse.csr_array(both))


def _joined(own: Edges, read: Edges, names: list[str]) -> Edges:
    """Add edges between nodes by name, without those that are there already."""
    every = [*own.names, *names]
    number = {name: index for index, name in enumerate(every)}
    place = np.array([number[name] for name in read.names], dtype=np.int64)
    source, target = place[read.source], place[read.target]
    count = len(every)
    low, high = np.minimum(source, target), np.maximum(source, target)
    keys = source * count + target if own.directed else low * count + high
    fresh = ~np.isin(keys, own.source * count + own.target)
    if not fresh.any():
        raise InputError("graph: expected edges that the run does not have yet, got none")
    return replace(
        own,
        names=every,
        source=np.concatenate([own.source, source[fresh]]),
        target=np.concatenate([own.target, target[fresh]]),
        weight=_values(own.weight, read.weight, fresh),
        time=None,
        labels=None,
        class_names=None,
        roles=read.roles,
    )


def _values(
    own: np.ndarray | None, read: np.ndarray | None, fresh: np.ndarray
) -> np.ndarray | None:
    """Join weights, 1 for edges without; None where the graph has none."""
    if own is None:
        return None
    return np.concatenate([own, np.ones(int(fresh.sum())) if read is None else read[fresh]])


def _sides(own: Edges, read: Edges, names: list[str]) -> np.ndarray:
    """Return the side of each node; a new node's is that of its edges."""
    assert own.sides is not None
    side = dict(zip(own.names, own.sides.tolist(), strict=True))
    if read.sides is not None:
        for name, other in zip(read.names, read.sides.tolist(), strict=True):
            if side.setdefault(name, other) != other:
                raise InputError(
                    f"graph: expected {name!r} on the same side as in the run, got the other; "
                    "first column and second must be of the same kinds of nodes"
                )
    without = next((name for name in names if name not in side), None)
    if without is not None:
        raise InputError(f"graph: expected an edge of the new node {without!r}, got none")
    return np.array([side[name] for name in [*own.names, *names]], dtype=np.int64)
