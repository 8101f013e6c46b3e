"""Graphs that need no download, from networkx and scikit-learn."""

from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path

import networkx as nx
import numpy as np
import torch
from jaxtyping import Int

from graphvae_data.graphs.graph import Graph
from graphvae_data.registry.dataset import GraphDataset

NEIGHBOURS = 5
"""Number of nearest neighbours of each digit."""


def karate(files: Mapping[str, Path], dataset: GraphDataset) -> Graph:
    """Zachary's karate club; labels are the members' clubs after the split."""
    graph = nx.karate_club_graph()
    clubs = dataset.class_names or ()
    labels = [clubs.index(graph.nodes[node]["club"]) for node in graph]
    return _from_names(graph.nodes, graph.edges, np.array(labels, dtype=np.int64), dataset.name)


def les_miserables(files: Mapping[str, Path], dataset: GraphDataset) -> Graph:
    """Characters of Les Misérables, joined if they share a chapter; without weights."""
    graph = nx.les_miserables_graph()
    return _from_names(graph.nodes, graph.edges, None, dataset.name)


def digits_knn(files: Mapping[str, Path], dataset: GraphDataset) -> Graph:
    """Nearest-neighbour graph of scikit-learn's 8x8 digits, k = 5, symmetrised.

    Pixels are integers, so distances are exact; the lower index wins a tie. The graph is therefore
    the same on every machine.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = digits.data.astype(np.int64)
    return Graph.from_edges(
        torch.from_numpy(_nearest(pixels, NEIGHBOURS)),
        len(pixels),
        features=(pixels / 16).astype(np.float32),
        labels=digits.target.astype(np.int64),
        name=dataset.name,
    )


def _nearest(points: Int[np.ndarray, "node pixel"], k: int) -> Int[np.ndarray, "2 edge"]:
    """Return edges from each point to its `k` nearest neighbours; the lower index wins a tie."""
    count = len(points)
    squares = (points * points).sum(axis=1)
    products = np.rint(points.astype(np.float64) @ points.T.astype(np.float64)).astype(np.int64)
    distance = squares[:, None] + squares[None, :] - 2 * products
    np.fill_diagonal(distance, distance.max() + 1)
    unique = distance * count + np.arange(count)
    nearest = np.argpartition(unique, k - 1, axis=1)[:, :k]
    return np.stack([np.repeat(np.arange(count), k), nearest.reshape(-1)])


def _from_names(
    nodes: Iterable[Hashable],
    edges: Iterable[tuple[Hashable, Hashable]],
    labels: Int[np.ndarray, " node"] | None,
    name: str,
) -> Graph:
    index = {node: number for number, node in enumerate(nodes)}
    ends = [(index[source], index[target]) for source, target in edges]
    return Graph.from_edges(
        torch.tensor(ends, dtype=torch.int64).T,
        len(index),
        labels=labels,
        node_names=[str(node) for node in index],
        name=name,
    )
