"""Negative samples: pairs of nodes that are not joined by a known edge.

Number the ordered pairs (u, v) by the key u·N + v. The keys to avoid (every known edge, in both
directions unless the graph is directed, and every loop) are sorted once: a₀ < a₁ < … . The r-th
key that is *not* among them is r + #{i : aᵢ − i ≤ r}: one search in a sorted list. So uniform
sampling of non-edges needs no rejection, never returns a known edge, has a fixed shape, and does
not synchronise with the device. In a bipartite graph u numbers the nodes of the first side and v
those of the second, so that no pair is within a side.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from graphvae_data.core.errors import InputError

LONG_LIST = 1 << 20
"""Above this many keys the table has one bucket per key instead of eight, to save memory."""


class NonEdgeSampler:
    """Uniform draws, with replacement, from the ordered pairs that are not known edges.

    In a bipartite graph the pairs are those of a node of the first side and one of the second.

    Args:
        edges: the known edges.
        num_nodes: N.
        directed: whether edges have a direction.
        sides: 0 or 1 for each node of a bipartite graph.
        by_source: whether `partners` is needed.

    >>> edges = torch.tensor([[0, 0], [1, 2]])
    >>> sampler = NonEdgeSampler(edges, num_nodes=3)
    >>> sampler.sample(4, torch.Generator().manual_seed(0)).sort(0).values
    tensor([[1, 1, 1, 1],
            [2, 2, 2, 2]])
    """

    def __init__(
        self,
        edges: Int[Tensor, "2 pair"],
        num_nodes: int,
        *,
        directed: bool = False,
        sides: Int[Tensor, " node"] | None = None,
        by_source: bool = False,
    ) -> None:
        self.num_nodes = num_nodes
        self._sides: _Sides | None = None
        if sides is None:
            known, pairs = self._known_keys(edges, directed), num_nodes * num_nodes
        else:
            self._sides = _Sides.of(sides.to(edges.device))
            known, pairs = self._sides.keys(edges), self._sides.pairs
        self.total = pairs - known.numel()
        """Number of ordered non-edges."""
        if self.total == 0:
            raise InputError("negatives: every pair of nodes is an edge, so there are no non-edges")
        self._counter = _Counter(
            known - torch.arange(known.numel(), device=edges.device), self.total
        )
        columns = num_nodes if self._sides is None else len(self._sides.second)
        self._starts = _first_ranks(known, pairs // columns, columns) if by_source else None

    def _known_keys(self, edges: Int[Tensor, "2 pair"], directed: bool) -> Int[Tensor, " key"]:
        """Return the sorted keys of the known edges and the loops."""
        u, v = edges
        num_nodes = self.num_nodes
        loops = torch.arange(num_nodes, device=edges.device) * (num_nodes + 1)
        reverse = [] if directed else [v * num_nodes + u]
        known: Tensor = torch.cat([u * num_nodes + v, *reverse, loops]).unique()
        return known

    def sample(
        self, count: int, generator: torch.Generator, part: slice = slice(None)
    ) -> Int[Tensor, "2 own"]:
        """Draw `count` ordered non-edges; the generator must be on the edges' device.

        With several workers each returns its `part` of the same draw.
        """
        device = self._counter.device
        drawn = torch.randint(self.total, (count,), generator=generator, device=device)
        return self.nth(drawn[part])

    def partners(
        self, sources: Int[Tensor, " count"], generator: torch.Generator
    ) -> Int[Tensor, " count"]:
        """Draw a uniform non-neighbour of each source.

        In a bipartite graph the sources are of the first side. A source without non-neighbours
        gets itself.
        """
        assert self._starts is not None, "expected a sampler by source"
        rows = sources if self._sides is None else self._sides.rank[sources]
        start = self._starts[rows]
        count = self._starts[rows + 1] - start
        drawn = torch.rand(len(sources), generator=generator, device=sources.device).double()
        rank = start + (drawn * count).long().minimum((count - 1).clamp(min=0))
        others = self.nth(rank.clamp(max=self.total - 1))[1]
        return torch.where(count > 0, others, sources)

    def nth(self, rank: Int[Tensor, " count"]) -> Int[Tensor, "2 count"]:
        """Return non-edges by rank, 0 ≤ rank < `total`, in the order of their keys."""
        key = rank + self._counter(rank)
        if self._sides is not None:
            return self._sides.ends(key)
        source = key // self.num_nodes
        return torch.stack([source, key - source * self.num_nodes])  # faster than `%`


def _first_ranks(known: Int[Tensor, " key"], rows: int, columns: int) -> Int[Tensor, " rows"]:
    """Return the rank of the first non-edge of each row, then the number of non-edges."""
    free = columns - torch.bincount(known // columns, minlength=rows)
    return torch.cat([free.new_zeros(1), free.cumsum(0)])


@dataclass(frozen=True)
class _Sides:
    """The numbering of pairs across the sides of a bipartite graph."""

    first: Int[Tensor, " first"]
    """The nodes of the first side."""
    second: Int[Tensor, " second"]
    """The nodes of the second side."""
    rank: Int[Tensor, " node"]
    """The number of each node within its side."""
    side: Int[Tensor, " node"]
    """0 or 1 for each node."""

    @classmethod
    def of(cls, sides: Int[Tensor, " node"]) -> _Sides:
        """Number the nodes of each side."""
        first, second = (sides == 0).nonzero().flatten(), (sides == 1).nonzero().flatten()
        rank = torch.empty_like(sides)
        for members in (first, second):
            rank[members] = torch.arange(len(members), device=sides.device)
        return cls(first, second, rank, sides)

    @property
    def pairs(self) -> int:
        """Number of pairs across the sides."""
        return len(self.first) * len(self.second)

    def keys(self, edges: Int[Tensor, "2 pair"]) -> Int[Tensor, " key"]:
        """Return the distinct keys of edges, sorted."""
        forward = self.side[edges[0]] == 0
        ends = torch.where(forward, edges, edges.flip(0))
        known: Tensor = (self.rank[ends[0]] * len(self.second) + self.rank[ends[1]]).unique()
        return known

    def ends(self, key: Int[Tensor, " count"]) -> Int[Tensor, "2 count"]:
        """Return the pairs of keys, the node of the first side first."""
        row = key // len(self.second)
        column = key - row * len(self.second)
        return torch.stack([self.first.index_select(0, row), self.second.index_select(0, column)])


class _Counter:
    """#{i : bᵢ ≤ r} for a sorted list b and many r: a table of buckets, then binary search.

    The table gives the count at the start of r's bucket; a branch-free binary search within the
    bucket follows, with the depth of the fullest bucket. This is several times faster than a binary
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
        sentinels = ascending.new_full((1 << depth,), torch.iinfo(torch.int64).max)
        self._padded = torch.cat([ascending, sentinels])

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
    sides: Int[Tensor, " node"] | None = None,
) -> Int[Tensor, "2 count"]:
    """Draw `count` different non-edges, uniformly, in random order.

    Pairs are unordered (u < v), or ordered for a `directed` graph; in a bipartite graph they join
    different `sides`.

    Raises:
        InputError: the graph has fewer than `count` non-edges.
    """
    sampler = NonEdgeSampler(edges, num_nodes, directed=directed, sides=sides)
    once = directed or sides is not None
    available = sampler.total if once else sampler.total // 2
    if available < count:
        raise InputError(
            f"negatives: expected at least {count} non-edges, the graph has {available}; "
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
