"""Negative samples: pairs of nodes that are not joined by a known edge.

Number the ordered pairs (u, v) by the key u·N + v. The keys to avoid (every known edge, in both
directions unless the graph is directed, and every loop) are sorted once: a₀ < a₁ < … . The r-th
key that is *not* among them is r + #{i : aᵢ − i ≤ r}: one search in a sorted list. So uniform
sampling of non-edges needs no rejection, never returns a known edge, has a fixed shape, and never
waits for the device.
"""

from __future__ import annotations

import torch
from jaxtyping import Int
from torch import Tensor

from graphvae_data.core.errors import InputError

LONG_LIST = 1 << 20
"""Above this many keys the table has one bucket per key instead of eight, to save memory."""


class NonEdgeSampler:
    """Uniform draws, with replacement, from the ordered pairs that are not known edges.

    >>> edges = torch.tensor([[0, 0], [1, 2]])
    >>> sampler = NonEdgeSampler(edges, num_nodes=3)
    >>> sampler.sample(4, torch.Generator().manual_seed(0)).sort(0).values
    tensor([[1, 1, 1, 1],
            [2, 2, 2, 2]])
    """

    def __init__(
        self, edges: Int[Tensor, "2 pair"], num_nodes: int, *, directed: bool = False
    ) -> None:
        u, v = edges
        loops = torch.arange(num_nodes, device=edges.device) * (num_nodes + 1)
        reverse = [] if directed else [v * num_nodes + u]
        known = torch.cat([u * num_nodes + v, *reverse, loops]).unique()
        self.num_nodes = num_nodes
        self.total = num_nodes * num_nodes - known.numel()
        """Number of ordered non-edges."""
        if self.total == 0:
            raise InputError("negatives: every pair of nodes is an edge, so there are no non-edges")
        self._counter = _Counter(
            known - torch.arange(known.numel(), device=edges.device), self.total
        )

    def sample(
        self, count: int, generator: torch.Generator, part: slice = slice(None)
    ) -> Int[Tensor, "2 own"]:
        """Draw `count` ordered non-edges; the generator must be on the edges' device.

        With several workers each returns its `part` of the same draw.
        """
        device = self._counter.device
        drawn = torch.randint(self.total, (count,), generator=generator, device=device)
        return self.nth(drawn[part])

    def nth(self, rank: Int[Tensor, " count"]) -> Int[Tensor, "2 count"]:
        """Return the non-edges of the given ranks, 0 ≤ rank < `total`, in order of their key."""
        key = rank + self._counter(rank)
        source = key // self.num_nodes
        return torch.stack([source, key - source * self.num_nodes])  # faster than `%`


class _Counter:
    """#{i : bᵢ ≤ r} for a sorted list b and many r: a table of buckets, then binary search.

    The table gives the count at the start of r's bucket; a branch-free binary search within the
    bucket follows, with the depth of the fullest bucket. This is several times as fast as a binary
    search over the whole list.
    """

    def __init__(self, ascending: Int[Tensor, " entry"], limit: int) -> None:
        self.device = ascending.device
        buckets = (8 if ascending.numel() < LONG_LIST else 1) * ascending.numel()
        self._shift = max(0, (limit // buckets).bit_length() - 1)
        starts = torch.arange((limit >> self._shift) + 2, device=self.device) << self._shift
        self._first = torch.searchsorted(ascending, starts, right=True, out_int32=True)
        depth = int(self._first.diff().max()).bit_length()
        self._strides = [1 << level for level in reversed(range(depth))]
        never = ascending.new_full((1 << depth,), torch.iinfo(torch.int64).max)
        self._padded = torch.cat([ascending, never])

    def __call__(self, rank: Int[Tensor, " count"]) -> Int[Tensor, " count"]:
        """Return the count for each rank, 0 ≤ rank < limit."""
        count = self._first.index_select(0, rank >> self._shift).long()  # twice as fast as [...]
        for stride in self._strides:
            below = self._padded.index_select(0, count + (stride - 1)) <= rank
            count = torch.add(count, below, alpha=stride)
        return count


def sample_non_edges(
    edges: Int[Tensor, "2 pair"],
    num_nodes: int,
    count: int,
    generator: torch.Generator,
    *,
    directed: bool = False,
) -> Int[Tensor, "2 count"]:
    """Draw `count` different non-edges, uniformly, in random order.

    Unordered pairs (u < v), or ordered ones for a `directed` graph.

    Raises:
        InputError: the graph has fewer than `count` non-edges.
    """
    sampler = NonEdgeSampler(edges, num_nodes, directed=directed)
    available = sampler.total if directed else sampler.total // 2
    if available < count:
        raise InputError(
            f"negatives: {count} non-edges are needed but the graph has only {available}; "
            "choose smaller val and test fractions"
        )
    if 2 * count > available:
        pairs = _distinct(sampler.nth(torch.arange(sampler.total)), num_nodes, directed)
        return _shuffled(pairs, generator)[:, :count]
    pairs = torch.empty(2, 0, dtype=torch.int64)
    while pairs.size(1) < count:
        drawn = sampler.sample(2 * (count - pairs.size(1)), generator)
        pairs = _distinct(torch.cat([pairs, drawn], 1), num_nodes, directed)
    return _shuffled(pairs, generator)[:, :count]


def _distinct(
    pairs: Int[Tensor, "2 pair"], num_nodes: int, directed: bool
) -> Int[Tensor, "2 unique"]:
    """Remove duplicate pairs; unordered pairs are returned as u < v."""
    ordered = pairs if directed else pairs.sort(0).values
    keys = torch.unique(ordered[0] * num_nodes + ordered[1])  # much faster than unique columns
    return torch.stack([keys // num_nodes, keys % num_nodes])


def _shuffled(pairs: Int[Tensor, "2 pair"], generator: torch.Generator) -> Int[Tensor, "2 pair"]:
    return pairs[:, torch.randperm(pairs.size(1), generator=generator)]
