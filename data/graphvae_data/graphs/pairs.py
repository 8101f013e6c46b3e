"""Edges in canonical form: unique, sorted, without self-loops.

Notation: a *pair* is an undirected edge (u, v) with u < v; `edge_index` is PyTorch Geometric's
format, which contains both (u, v) and (v, u).
"""

import torch
from jaxtyping import Int
from torch import Tensor

from graphvae_data.core.errors import InputError

Pairs = Int[Tensor, "2 pair"]


def canonical_pairs(edge_index: Int[Tensor, "2 edge"], num_nodes: int) -> Int[Tensor, "2 pair"]:
    """Reduce edges in any order and direction to unique pairs u < v, sorted by (u, v), int64.

    Self-loops are dropped, and both directions of an edge become one pair.

    Raises:
        InputError: a node id outside [0, num_nodes), or edges of another shape or type.

    >>> canonical_pairs(torch.tensor([[2, 0, 1, 1], [0, 2, 1, 0]]), 3).tolist()
    [[0, 0], [1, 2]]
    """
    _check_ids(edge_index, num_nodes)
    source, target = edge_index.long()
    low, high = torch.minimum(source, target), torch.maximum(source, target)
    key = torch.unique((low * num_nodes + high)[low < high])
    return torch.stack([key // max(num_nodes, 1), key % max(num_nodes, 1)])


def both_directions(
    pairs: Int[Tensor, "2 pair"], num_nodes: int
) -> tuple[Int[Tensor, "2 edge"], Int[Tensor, " edge"]]:
    """Return the sorted `edge_index` of canonical pairs, and the index of each column's pair.

    >>> both_directions(torch.tensor([[0, 1], [2, 2]]), 3)
    (tensor([[0, 1, 2, 2],
            [2, 2, 0, 1]]), tensor([0, 1, 0, 1]))
    """
    edge_index = torch.cat([pairs, pairs.flip(0)], dim=1)
    order = torch.argsort(pair_keys(edge_index, num_nodes))
    return edge_index[:, order].contiguous(), order % max(pairs.shape[1], 1)


def pair_keys(pairs: Int[Tensor, "2 pair"], num_nodes: int) -> Int[Tensor, " pair"]:
    """Return a unique integer for each pair: u · N + v."""
    return pairs[0] * num_nodes + pairs[1]


def ordered_edges(edge_index: Int[Tensor, "2 edge"], num_nodes: int) -> Int[Tensor, "2 arc"]:
    """Reduce directed edges to unique (u, v), u ≠ v, sorted, int64.

    Raises:
        InputError: a node id outside [0, num_nodes), or edges of another shape or type.

    >>> ordered_edges(torch.tensor([[2, 0, 1, 2], [0, 2, 1, 0]]), 3).tolist()
    [[0, 2], [2, 0]]
    """
    _check_ids(edge_index, num_nodes)
    source, target = edge_index.long()
    key = torch.unique((source * num_nodes + target)[source != target])
    return torch.stack([key // max(num_nodes, 1), key % max(num_nodes, 1)])


def _check_ids(edge_index: Int[Tensor, "2 edge"], num_nodes: int) -> None:
    if edge_index.ndim != 2 or edge_index.shape[0] != 2:
        hint = "; transpose it with .T" if edge_index.shape[1:] == (2,) else ""
        raise InputError(f"edges: expected shape [2, edge], got {list(edge_index.shape)}{hint}")
    if edge_index.numel() == 0:
        return
    if edge_index.is_floating_point() or edge_index.is_complex():
        raise InputError(f"edges: expected integers, got {edge_index.dtype}")
    low, high = int(edge_index.min()), int(edge_index.max())
    if low < 0 or high >= num_nodes:
        raise InputError(
            f"expected node ids from 0 to {num_nodes - 1} in `edge_index`, got {low} to {high}; "
            "check num_nodes and the edge list"
        )
