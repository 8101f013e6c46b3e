"""Pairs of nodes: an edge of an undirected graph is one pair (u, v) with u < v, of a directed graph
an ordered pair u → v.
"""

from __future__ import annotations

import torch
from jaxtyping import Int
from torch import Tensor
from torch_geometric.data import Data

from graphvae_data.graphs.graphs import canonical_pairs

Pairs = Int[Tensor, "2 pair"]


def is_directed(data: Data) -> bool:
    """Tell whether a graph's edges have a direction (`data.directed`)."""
    return "directed" in data and bool(data.directed)


def edge_pairs(data: Data) -> Pairs:
    """Return each edge once: u < v, or u → v where the graph is directed."""
    if not is_directed(data):
        return canonical_pairs(data.edge_index, int(data.num_nodes or 0))
    loopless = data.edge_index[:, data.edge_index[0] != data.edge_index[1]]
    unique: Tensor = torch.unique(loopless, dim=1)
    return unique


def pair_keys(pairs: Pairs, num_nodes: int) -> Int[Tensor, " pair"]:
    """Number every pair: u·N + v, a different integer for each pair (u, v)."""
    return pairs[0] * num_nodes + pairs[1]
