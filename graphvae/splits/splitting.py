"""Ways to split the edges: at random, by time, from the user's parts.

Edges are divided into train, val and test before anything else; an undirected edge is one pair, so
both of its directions are in the same part. Val and test each have as many negatives as positives:
distinct pairs that are not edges of the *whole* graph, in a bipartite graph across its two sides.

Protocol: Kipf & Welling 2016, "Variational Graph Auto-Encoders", §3 (85 % / 5 % / 10 %).
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.splits.edge_split import EdgeSplit, Made
from graphvae.splits.negative_sampling import sample_non_edges
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.readers.objects import as_graph
from graphvae_data.settings.setting_errors import SettingClash

Parts = tuple[Int[Tensor, "2 train"], Int[Tensor, "2 val"], Int[Tensor, "2 test"]]


def split_edges(
    graph: Any, *, val_fraction: float, test_fraction: float, generator: torch.Generator
) -> EdgeSplit:
    """Split the edges into train, val and test at random, and draw negatives.

    Args:
        graph: a `Graph`, or any graph object that `fit` takes.
        val_fraction: share of the edges for validation; rounded down.
        test_fraction: share of the edges for testing; rounded down.
        generator: the source of randomness, on the CPU.

    Raises:
        InputError: a fraction outside (0, 1), a part left without edges, or a graph so dense that
            it has too few non-edges.

    Source: Kipf & Welling 2016, §3.
    """
    graph = as_graph(graph)
    count = graph.num_edges
    num_val, num_test = part_sizes(count, val_fraction, test_fraction)
    shuffled = graph.edges[:, torch.randperm(count, generator=generator)]
    val, test, train = shuffled.split([num_val, num_test, count - num_val - num_test], 1)
    return _with_negatives(graph, (train, val, test), "random", generator)


def split_by_time(
    graph: Graph, *, val_fraction: float, test_fraction: float, generator: torch.Generator
) -> EdgeSplit:
    """Split by time: the last edges are for testing, those before them for validation.

    Edges with equal times, such as those of one day, stay in one part: a boundary between them
    moves to the nearer end of the group, with a `SplitWarning`. A boundary that cannot move
    without emptying a part divides the group, in the order of the edges, also with a warning.

    Arguments and errors are those of `split_edges`; the graph must have times.
    """
    if graph.times is None:
        raise InputError("split: a temporal split needs times; name their column with --time-col")
    count = graph.num_edges
    num_val, num_test = part_sizes(count, val_fraction, test_fraction)
    order = torch.argsort(graph.times, stable=True)
    requested = (count - num_val - num_test, count - num_test)
    first, last = _between_times(graph.times[order], requested)
    train, val, test = graph.edges[:, order].tensor_split([first, last], 1)
    return _with_negatives(graph, (train, val, test), "temporal", generator)


class SplitWarning(UserWarning):
    """A boundary of a split by time lies among edges with equal times."""


def _between_times(times: Float[Tensor, " edge"], requested: tuple[int, int]) -> tuple[int, int]:
    """Return the first val and the first test edge, moved to where the time changes.

    Args:
        times: the times, ascending.
        requested: the two boundaries by the fractions.
    """
    changes = (times.diff() > 0).nonzero().flatten() + 1
    first, last = (_nearest(changes, index) for index in requested)
    if first == last:  # validation would be empty
        position = int((changes == first).nonzero()[0]) if len(changes) else 0
        before, after = changes[:position][-1:].tolist(), changes[position + 1 :][:1].tolist()
        pairs = [*((index, last) for index in before), *((first, index) for index in after)]
        first, last = min(
            pairs,
            key=lambda pair: abs(pair[0] - requested[0]) + abs(pair[1] - requested[1]),
            default=requested,
        )
    if (first, last) != requested:
        warnings.warn(
            f"split: edges with equal times stay together, so train, val and test have {first:,}, "
            f"{last - first:,} and {len(times) - last:,} edges instead of {requested[0]:,}, "
            f"{requested[1] - requested[0]:,} and {len(times) - requested[1]:,}",
            SplitWarning,
            stacklevel=3,
        )
    divided = [index for index in (first, last) if times[index - 1] == times[index]]
    if divided:
        time = float(times[divided[0]])
        warnings.warn(
            f"split: {int((times == time).sum()):,} edges with time {time:g} are in two parts, as "
            "there are too few different times",
            SplitWarning,
            stacklevel=3,
        )
    return first, last


def _nearest(changes: Int[Tensor, " change"], index: int) -> int:
    """Return the change nearest to an index; the index itself if there is none."""
    if not len(changes):
        return index
    return int(changes[(changes - index).abs().argmin()])


def split_from_parts(graph: Graph, parts: Parts, generator: torch.Generator) -> EdgeSplit:
    """Make a split from train, val and test edges (node indices), and draw negatives.

    Raises:
        InputError: an empty part, or an edge in two parts or, if undirected, in both directions.
    """
    for name, part in zip(("train", "val", "test"), parts, strict=True):
        if part.size(1) == 0:
            raise InputError(f"split: the {name} edges are empty")
    canonical = [part if graph.directed else part.sort(0).values for part in parts]
    return _with_negatives(graph, (canonical[0], canonical[1], canonical[2]), "given", generator)


def _with_negatives(
    graph: Graph, parts: Parts, made: Made, generator: torch.Generator
) -> EdgeSplit:
    """Draw negatives for val and test, and check the split."""
    num_nodes, directed, sides = graph.num_nodes, graph.directed, graph.sides
    _check_one_way(graph)
    train, val, test = (part.contiguous() for part in parts)
    count = val.size(1) + test.size(1)
    negatives = sample_non_edges(
        graph.edges, num_nodes, count, generator, directed=directed, sides=sides
    )
    split = EdgeSplit(
        num_nodes=num_nodes,
        graph=graph.fingerprint,
        train=train,
        val=val,
        test=test,
        val_negatives=negatives[:, : val.size(1)].contiguous(),
        test_negatives=negatives[:, val.size(1) :].contiguous(),
        directed=directed,
        made=made,
        sides=sides,
    )
    split.check()
    return split


def _check_one_way(graph: Graph) -> None:
    """Raise `InputError` if edges of a directed bipartite graph start on both sides."""
    if graph.sides is None or not graph.directed:
        return
    if bool(graph.sides[graph.edges[0]].any()):
        raise InputError(
            "graph: expected directed edges from the first side of a bipartite graph to the "
            "second, got some in the other direction; read it with --undirected or --no-bipartite"
        )


def part_sizes(num_edges: int, val_fraction: float, test_fraction: float) -> tuple[int, int]:
    """Return the numbers of val and test edges; `InputError` if any part would be empty."""
    sizes = []
    for name, fraction in (("val_fraction", val_fraction), ("test_fraction", test_fraction)):
        path = ("split", name)
        if not 0 < fraction < 1:
            raise SettingClash(path, f"expected a number between 0 and 1, got {fraction:g}")
        sizes.append(int(num_edges * fraction))
        if sizes[-1] < 1:
            raise SettingClash(
                path, f"{fraction:g} of {num_edges} edges is less than one; choose a larger one"
            )
    num_val, num_test = sizes
    if num_val + num_test >= num_edges:
        raise SettingClash(
            ("split", "val_fraction"),
            f"{val_fraction:g} and a test fraction of {test_fraction:g} leave none of {num_edges} "
            "edges for training; choose smaller ones",
        )
    return num_val, num_test
