"""Intersections of the rows of sparse matrices, for many pairs of rows at once.

For a pair (u, v) and matrices L, R [row, column], the common columns are the w with L_uw ≠ 0 and
R_vw ≠ 0: for L = R = A, the common neighbours. The entries of row u are listed, and each is looked
up among the sorted keys v·C + w of R, where C is the width of R; this needs no loop in Python, on a
CPU or a GPU. To bound the memory of the list, pairs are processed in chunks of at most `CHUNK`
entries of L.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor

CHUNK = 1 << 21
"""Entries listed at a time: about 100 MB of indices."""


@dataclass(frozen=True)
class SparseRows:
    """The rows of a sparse matrix, columns in ascending order within a row.

    >>> path = SparseRows(torch.tensor([0, 1, 3, 4]), torch.tensor([1, 0, 2, 1]), torch.ones(4), 3)
    >>> common = path.common(path, torch.tensor([[0, 0], [2, 1]]))
    >>> common.pair.tolist(), common.column.tolist()
    ([0], [1])
    """

    starts: Int[Tensor, " rowplus1"]
    """Index of the first entry of each row, and the number of all."""
    columns: Int[Tensor, " nonzero"]
    """Column of each entry."""
    values: Float[Tensor, " nonzero"]
    """Value of each entry; those of value 0 are in no intersection."""
    width: int
    """Number of columns."""

    @classmethod
    def of_csr(cls, csr: Tensor) -> SparseRows:
        """Build it from a PyTorch CSR matrix with ascending columns."""
        starts, columns = csr.crow_indices().long(), csr.col_indices().long()
        return cls(starts, columns, csr.values(), csr.size(1))

    def sorted(self) -> SparseRows:
        """Return the same matrix with the columns of each row in ascending order."""
        keys, order = self._keys.sort()
        return SparseRows(self.starts, keys % self.width, self.values[order], self.width)

    @cached_property
    def counts(self) -> Int[Tensor, " row"]:
        """Entries of each row."""
        return self.starts.diff()

    @cached_property
    def rows(self) -> Int[Tensor, " nonzero"]:
        """Row of each entry."""
        every = torch.arange(len(self.counts), device=self.starts.device)
        return torch.repeat_interleave(every, self.counts, output_size=len(self.columns))

    @cached_property
    def _keys(self) -> Int[Tensor, " nonzero"]:
        return self.rows * self.width + self.columns

    def find(
        self, rows: Int[Tensor, " entry"], columns: Int[Tensor, " entry"]
    ) -> Float[Tensor, " entry"]:
        """Return the values of entries, 0 for those that are not stored."""
        if not len(self.columns):
            return self.values.new_zeros(len(rows))
        wanted = rows * self.width + columns
        index = torch.searchsorted(self._keys, wanted).clamp_(max=len(self._keys) - 1)
        hit = self._keys.index_select(0, index) == wanted
        return self.values.index_select(0, index) * hit

    def common(self, right: SparseRows, pairs: Int[Tensor, "2 pair"]) -> Common:
        """Return the common columns of row u of this matrix and row v of another, by pair."""
        return Common.joined([*self.chunks(right, pairs)], pairs)

    def dot(self, right: SparseRows, pairs: Int[Tensor, "2 pair"]) -> Float[Tensor, " pair"]:
        """Return Σ_w L_uw R_vw for each pair, the entries (u, v) of L Rᵀ."""
        chunks = self.chunks(right, pairs)
        return sum(
            (each.total(pairs.size(1)) for each in chunks), self.values.new_zeros(pairs.size(1))
        )

    def chunks(self, right: SparseRows, pairs: Int[Tensor, "2 pair"]) -> Iterator[Common]:
        """Yield the common columns of successive pairs, of a bounded number of entries."""
        for start, end in self._bounds(pairs[0]):
            u, v = pairs[:, start:end]
            counts = self.counts.index_select(0, u)
            every = torch.arange(end - start, device=u.device)
            pair = torch.repeat_interleave(every, counts)
            first = self.starts.index_select(0, u) - (counts.cumsum(0) - counts)
            entry = torch.arange(len(pair), device=u.device) + first.index_select(0, pair)
            column, left = self.columns.index_select(0, entry), self.values.index_select(0, entry)
            value = right.find(v.index_select(0, pair), column)
            hit = ((value != 0) & (left != 0)).nonzero().squeeze(1)
            yield Common(pair[hit] + start, column[hit], left[hit], value[hit])

    def _bounds(self, sources: Int[Tensor, " pair"]) -> list[tuple[int, int]]:
        """Divide pairs into runs whose first rows have at most `CHUNK` entries, or of one pair."""
        work = self.counts.index_select(0, sources).cumsum(0)
        total = int(work[-1]) if len(work) else 0
        limits = torch.arange(CHUNK, max(total, CHUNK), CHUNK, device=work.device)
        cuts = torch.searchsorted(work, limits).tolist()
        bounds = sorted({0, *cuts, len(sources)})
        return list(pairwise(bounds))


@dataclass(frozen=True)
class Common:
    """Common columns of pairs of rows, the pairs in ascending order."""

    pair: Int[Tensor, " common"]
    """Index of the pair."""
    column: Int[Tensor, " common"]
    """The common column."""
    left: Float[Tensor, " common"]
    """The value in the pair's first row."""
    right: Float[Tensor, " common"]
    """The value in the pair's second row."""

    @classmethod
    def joined(cls, parts: list[Common], pairs: Int[Tensor, "2 pair"]) -> Common:
        """Concatenate the parts of successive pairs."""
        if not parts:
            none = pairs.new_empty(0)
            return cls(none, none, none.float(), none.float())
        columns = zip(*((c.pair, c.column, c.left, c.right) for c in parts), strict=True)
        return cls(*(torch.cat(column) for column in columns))

    def total(self, num_pairs: int) -> Float[Tensor, " pair"]:
        """Return Σ_w L_uw R_vw for each pair."""
        return self.left.new_zeros(num_pairs).index_add_(0, self.pair, self.left * self.right)

    def sums(
        self, states: Float[Tensor, "node state"], num_pairs: int
    ) -> Float[Tensor, "pair state"]:
        """Return Σ_w states_w over each pair's common columns, and its gradient in chunks."""
        total = _CommonSums.apply(states, self.pair, self.column, num_pairs)  # type: ignore[no-untyped-call]
        return cast(Tensor, total)


class _CommonSums(torch.autograd.Function):
    """Sums of rows of states, without all of the rows in memory at once."""

    @staticmethod
    def forward(ctx: Any, states: Tensor, pair: Tensor, column: Tensor, num_pairs: int) -> Tensor:
        ctx.index, ctx.num_nodes = (pair, column), states.size(0)
        return _gathered(states, column, pair, num_pairs)

    @staticmethod
    def backward(ctx: Any, *gradient: Tensor) -> tuple[Tensor, None, None, None]:
        pair, column = ctx.index
        return _gathered(gradient[0], pair, column, ctx.num_nodes), None, None, None


def _gathered(
    rows: Float[Tensor, "row state"],
    source: Int[Tensor, " entry"],
    target: Int[Tensor, " entry"],
    size: int,
) -> Float[Tensor, "target state"]:
    """Add row `source` to the result's row `target` for each entry, in chunks."""
    total = rows.new_zeros(size, rows.size(1))
    step = max(1, CHUNK * 8 // max(rows.size(1), 1))
    for index, into in zip(source.split(step), target.split(step), strict=True):
        total.index_add_(0, into, rows.index_select(0, index))
    return total
