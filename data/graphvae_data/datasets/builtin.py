"""Graphs that need no network: made from what networkx and scikit-learn carry."""

from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path

import networkx as nx
import numpy as np
import torch
from jaxtyping import Int

from graphvae_data.graphs.graph import Graph
from graphvae_data.registry.dataset import GraphDataset

NEIGHBOURS = 5
"""How many nearest images each digit is joined to."""


def karate(files: Mapping[str, Path], dataset: GraphDataset) -> Graph:
    """Zachary's karate club; the label is the club a member chose, nodes are named 0 to 33."""
    graph = nx.karate_club_graph()
    clubs = dataset.class_names or ()
    labels = [clubs.index(graph.nodes[node]["club"]) for node in graph]
    return _from_names(graph.nodes, graph.edges, np.array(labels, dtype=np.int64), dataset.name)


def les_miserables(files: Mapping[str, Path], dataset: GraphDataset) -> Graph:
    """Characters of Les Misérables who share a chapter, under their names; weights left out."""
    graph = nx.les_miserables_graph()
    return _from_names(graph.nodes, graph.edges, None, dataset.name)


def digits_knn(files: Mapping[str, Path], dataset: GraphDataset) -> Graph:
    """Join each of scikit-learn's 8x8 digits to its 5 nearest; an edge if either chose the other.

    Pixels are whole numbers, so distances are exact; ties go to the lower index. The graph is
    therefore the same on every machine.
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
    """Edges from each point to its `k` nearest others by squared distance, ties to the lower id."""
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
