"""Graphs from plain edge lists: SNAP, and the tables of BlogCatalog."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int

from graphvae_data.files.textfiles import read_rows
from graphvae_data.graphs.edges import with_nodes
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.edgelists import read_edge_list
from graphvae_data.registry.dataset import GraphDataset

UNKNOWN = -1


def read_snap(files: Mapping[str, Path], dataset: GraphDataset) -> Graph:
    """Read an edge list; nodes are named by their ids, in increasing order."""
    (path,) = files.values()
    return _graph(path, [], None, dataset.name)


def read_blogcatalog(files: Mapping[str, Path], dataset: GraphDataset) -> Graph:
    """Read nodes, edges and groups; only nodes in exactly one group have a label."""
    nodes = [row[1].decode() for row in read_rows(files["nodes.csv"]).numbered()]
    groups = dataset.class_names or ()
    labels = np.full(len(nodes), UNKNOWN, dtype=np.int64)
    names, group_of = (c.to_pylist() for c in read_rows(files["group-edges.csv"]).columns())
    single = {name for name, count in Counter(names).items() if count == 1}
    index = {name: number for number, name in enumerate(nodes)}
    for name, group in zip(names, group_of, strict=True):
        if name in single:
            labels[index[name]] = groups.index(group)
    return _graph(files["edges.csv"], nodes, labels, dataset.name)


def _graph(
    path: Path, nodes: list[str], labels: Int[np.ndarray, " node"] | None, name: str
) -> Graph:
    edges = with_nodes(read_edge_list(path, ReadOptions(header=False)), nodes)
    ends = torch.from_numpy(np.stack([edges.source, edges.target]))
    return Graph.from_edges(
        ends, len(edges.names), labels=labels, node_names=edges.names, name=name
    )
