"""Making splits: at random, by time, from given edges.

Edges are dealt into train, val and test before anything else happens; an undirected edge is one
pair, so both of its directions always fall in the same part. Val and test each carry as many
negatives: distinct pairs that are no edge of the *whole* graph.

Protocol: Kipf & Welling 2016, "Variational Graph Auto-Encoders", §3 (85 % / 5 % / 10 %).
"""

from __future__ import annotations

import torch
from jaxtyping import Int
from torch import Tensor
from torch_geometric.data import Data

from graphvae.graph.pairs import edge_pairs, is_directed, pair_keys
from graphvae.splits.edge_split import EdgeSplit, Made
from graphvae.splits.negative_sampling import sample_non_edges
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graphs import graph_fingerprint

Parts = tuple[Int[Tensor, "2 train"], Int[Tensor, "2 val"], Int[Tensor, "2 test"]]


def split_edges(
    data: Data, *, val_fraction: float, test_fraction: float, generator: torch.Generator
) -> EdgeSplit:
    """Deal the graph's edges into train, val and test at random, and draw negatives.

    Args:
        data: the graph; loops and duplicates of `data.edge_index` are ignored, and direction too
            unless `data.directed`.
        val_fraction: share of the edges kept for validation; rounded down.
        test_fraction: share of the edges kept for testing; rounded down.
        generator: the source of randomness, on the CPU.

    Raises:
        InputError: a fraction outside (0, 1), a part left without edges, or a graph so dense that
            it has too few non-edges.

    Source: Kipf & Welling 2016, §3.
    """
    pairs = edge_pairs(data)
    num_val, num_test = part_sizes(pairs.size(1), val_fraction, test_fraction)
    shuffled = pairs[:, torch.randperm(pairs.size(1), generator=generator)]
    val, test, train = shuffled.split([num_val, num_test, pairs.size(1) - num_val - num_test], 1)
    return _with_negatives(data, (train, val, test), "random", generator)


def split_by_time(
    data: Data, *, val_fraction: float, test_fraction: float, generator: torch.Generator
) -> EdgeSplit:
    """Train on the past: the last edges are for testing, those before them for validation.

    Edges of equal time keep the order of their pairs. Arguments and errors are those of
    `split_edges`; `data.edge_time` [edge] must be there.
    """
    if "edge_time" not in data:
        raise InputError("split: a temporal split needs times; name their column with --time-col")
    pairs = edge_pairs(data)
    num_val, num_test = part_sizes(pairs.size(1), val_fraction, test_fraction)
    time = _aligned(data, data.edge_time, pairs)
    ordered = pairs[:, torch.argsort(time, stable=True)]
    train, val, test = ordered.split([pairs.size(1) - num_val - num_test, num_val, num_test], 1)
    return _with_negatives(data, (train, val, test), "temporal", generator)


def split_given(data: Data, parts: Parts, generator: torch.Generator) -> EdgeSplit:
    """Take train, val and test edges as they are given (numbers of nodes) and draw negatives.

    Raises:
        InputError: an empty part, or an edge in two parts or, undirected, given both ways round.
    """
    for name, part in zip(("train", "val", "test"), parts, strict=True):
        if part.size(1) == 0:
            raise InputError(f"split: the {name} edges are empty")
    canonical = [part if is_directed(data) else part.sort(0).values for part in parts]
    return _with_negatives(data, (canonical[0], canonical[1], canonical[2]), "given", generator)


def _with_negatives(data: Data, parts: Parts, made: Made, generator: torch.Generator) -> EdgeSplit:
    """Draw negatives for val and test, and check the whole."""
    num_nodes, directed = int(data.num_nodes or 0), is_directed(data)
    train, val, test = (part.contiguous() for part in parts)
    count = val.size(1) + test.size(1)
    negatives = sample_non_edges(edge_pairs(data), num_nodes, count, generator, directed=directed)
    split = EdgeSplit(
        num_nodes=num_nodes,
        graph=graph_fingerprint(data),
        train=train,
        val=val,
        test=test,
        val_negatives=negatives[:, : val.size(1)].contiguous(),
        test_negatives=negatives[:, val.size(1) :].contiguous(),
        directed=directed,
        made=made,
    )
    split.check()
    return split


def _aligned(data: Data, values: Tensor, pairs: Int[Tensor, "2 pair"]) -> Tensor:
    """Return an edge attribute in the order of `pairs`, of two directions the smaller value."""
    num_nodes = int(data.num_nodes or 0)
    index = data.edge_index if is_directed(data) else data.edge_index.sort(0).values
    keys = pair_keys(index, num_nodes)
    order = torch.argsort(values, stable=True)
    order = order[torch.argsort(keys[order], stable=True)]
    first = torch.searchsorted(keys[order], pair_keys(pairs, num_nodes))
    return values[order[first]]


def part_sizes(num_edges: int, val_fraction: float, test_fraction: float) -> tuple[int, int]:
    """Return how many edges go to val and to test; `InputError` if any part would be empty."""
    for name, fraction in (("val-fraction", val_fraction), ("test-fraction", test_fraction)):
        if not 0 < fraction < 1:
            raise InputError(f"{name}: expected a number between 0 and 1, got {fraction:g}")
    num_val, num_test = int(num_edges * val_fraction), int(num_edges * test_fraction)
    sizes = {"train": num_edges - num_val - num_test, "val": num_val, "test": num_test}
    empty = [name for name, size in sizes.items() if size < 1]
    if empty:
        raise InputError(
            f"val-fraction {val_fraction:g} and test-fraction {test_fraction:g} of {num_edges} "
            f"edges leave none for {' and '.join(empty)}; choose other fractions"
        )
    return num_val, num_test
