"""The structure around a pair of nodes: neighbours, walks, degrees and features in common.

Notation: A the message edges without loops, d_w the degrees over them, Ã the normalised adjacency
of the encoders and S its part outside the diagonal, x_u the features of a node. Everything is
counted over the edges that pass messages, so that a target edge that is hidden from these is hidden
here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.graph.intersections import Common, SparseRows
from graphvae.graph.propagation import MessageGraph
from graphvae.graph.sparse import SparseMatrix, sparse_csr

WALK = 1e-3
"""Weight of walks below which their logarithm flattens."""
STRUCTURE = (
    "common neighbours",
    "Adamic-Adar",
    "resource allocation",
    "walks of length 2",
    "walks of length 3",
    "walks of length 4",
    "lower degree",
    "higher degree",
    "cosine of the features",
)
"""What the columns of `PairStructure.of` hold, in their order."""


@dataclass(frozen=True)
class Neighbourhoods:
    """The message edges of a graph, ready for intersections.

    >>> from graphvae.graph.propagation import message_graph
    >>> from graphvae_data.graphs.graphs import load_graph
    >>> karate = load_graph("karate")
    >>> around = Neighbourhoods(message_graph(karate, karate.edges))
    >>> around.structure(torch.tensor([[0], [33]]))[0, 0].expm1()  # common neighbours
    tensor(4.)
    """

    graph: MessageGraph
    """The message graph."""

    @cached_property
    def walks(self) -> SparseRows:
        """S; hidden edges and loops have the value 0."""
        rows = SparseRows.of_csr(self.graph.adjacency.csr)
        return SparseRows(
            rows.starts, rows.columns, rows.values * (rows.rows != rows.columns), rows.width
        )

    @cached_property
    def two_walks(self) -> SparseRows:
        """S²."""
        return SparseRows.of_csr(torch.sparse.mm(self.steps, self.steps)).sorted()

    @cached_property
    def degree(self) -> Float[Tensor, " node"]:
        """d, counted over the edges that pass messages."""
        present = (self.walks.values != 0).float()
        return present.new_zeros(self.walks.width).index_add_(0, self.walks.rows, present)

    @cached_property
    def weights(self) -> tuple[Float[Tensor, " node"], ...]:
        """What a common neighbour counts: 1, Adamic–Adar's 1 / log d, and 10 / d."""
        d = self.degree
        return torch.ones_like(d), 1 / d.clamp(min=2).log(), 10 / d.clamp(min=1)

    @cached_property
    def neighbours(self) -> Tensor:
        """A, in compressed sparse row form."""
        return self._csr((self.walks.values != 0).float())

    @cached_property
    def steps(self) -> Tensor:
        """S, in compressed sparse row form."""
        return self._csr(self.walks.values)

    def _csr(self, values: Float[Tensor, " nonzero"]) -> Tensor:
        return sparse_csr(self.walks.starts, self.walks.columns, values, self.walks.width)

    @cached_property
    def features(self) -> SparseRows | Float[Tensor, "node feature"] | None:
        """The features, rows scaled to norm 1; None without."""
        x = self.graph.features
        if x is None or self.graph.propagated:
            return None
        if not isinstance(x, SparseMatrix):
            return torch.nn.functional.normalize(x, dim=1)
        rows = SparseRows.of_csr(x.csr)
        squares = rows.values.new_zeros(len(rows.counts)).index_add_(0, rows.rows, rows.values**2)
        scale = squares.clamp(min=torch.finfo(squares.dtype).tiny).rsqrt()
        return SparseRows(
            rows.starts, rows.columns, rows.values * scale[rows.rows], rows.width
        ).sorted()

    @torch.no_grad()
    def common(self, pairs: Int[Tensor, "2 pair"]) -> Common:
        """Return the common neighbours of pairs."""
        return self.walks.common(self.walks, self._fewer_first(pairs))

    @torch.no_grad()
    def structure(self, pairs: Int[Tensor, "2 pair"]) -> Float[Tensor, "pair structure"]:
        """Return the columns of `STRUCTURE`, counts and walks by their logarithms."""
        ordered = self._fewer_first(pairs)
        counts, walks = self.counts_and_walks(ordered)
        logs = [*(count.log1p() for count in counts), *((walk / WALK).log1p() for walk in walks)]
        return torch.stack([*logs, *self.degree.log1p()[ordered], self._cosine(pairs)], 1)

    def counts_and_walks(
        self, pairs: Int[Tensor, "2 pair"]
    ) -> tuple[Sequence[Float[Tensor, " pair"]], Sequence[Float[Tensor, " pair"]]]:
        """Return the weighted counts of common neighbours, and walks of length 2, 3 and 4.

        The neighbours of the first node of each pair are listed.
        """
        common = self.walks.common(self.walks, pairs)
        counts = common.sums(torch.stack(self.weights, 1), pairs.size(1)).unbind(1)
        once, twice = self.walks, self.two_walks
        walks = [common.total(pairs.size(1)), once.dot(twice, pairs), twice.dot(twice, pairs)]
        return counts, walks

    @torch.no_grad()
    def structure_rows(self, sources: Int[Tensor, " source"]) -> list[Float[Tensor, "source node"]]:
        """Return the columns of `structure` for each source with every node."""
        counts, walks = self.count_and_walk_rows(sources)
        logs = [*(count.log1p() for count in counts), *((walk / WALK).log1p() for walk in walks)]
        own, others = self.degree.log1p()[sources, None], self.degree.log1p()[None]
        ends = [torch.minimum(own, others), torch.maximum(own, others)]
        return [*logs, *ends, self._cosines(sources)]

    def count_and_walk_rows(
        self, sources: Int[Tensor, " source"]
    ) -> tuple[list[Float[Tensor, "source node"]], list[Float[Tensor, "source node"]]]:
        """Return `counts_and_walks` for each source with every node."""
        reached = self._rows(self.neighbours, sources)
        counts = [self._onward(self.neighbours, reached * weight) for weight in self.weights]
        walk, walks = self._rows(self.steps, sources), []
        for _ in range(3):
            walk = self._onward(self.steps, walk)
            walks.append(walk)
        return counts, walks

    @staticmethod
    def _onward(step: Tensor, rows: Float[Tensor, "source node"]) -> Float[Tensor, "source node"]:
        """Return rows · M for a symmetric M."""
        product: Tensor = torch.mm(step, rows.T.contiguous()).T
        return product

    @staticmethod
    def _rows(step: Tensor, sources: Int[Tensor, " source"]) -> Float[Tensor, "source node"]:
        """Return rows of a symmetric matrix, dense."""
        chosen = torch.zeros(step.size(0), len(sources), device=sources.device)
        chosen[sources, torch.arange(len(sources), device=sources.device)] = 1
        rows: Tensor = torch.mm(step, chosen).T
        return rows

    def _cosines(self, sources: Int[Tensor, " source"]) -> Float[Tensor, "source node"]:
        x = self.features
        if x is None:
            return self.degree.new_zeros(len(sources), len(self.degree))
        if not isinstance(x, SparseRows):
            return x.index_select(0, sources) @ x.T
        every = torch.arange(len(self.degree), device=sources.device)
        pairs = torch.cartesian_prod(sources, every).T
        return x.dot(x, pairs).view(len(sources), -1)

    def _fewer_first(self, pairs: Int[Tensor, "2 pair"]) -> Int[Tensor, "2 pair"]:
        """Return pairs with the node of the lower degree first, whose neighbours are listed."""
        u, v = self.degree[pairs]
        return torch.where(u <= v, pairs, pairs.flip(0))

    def _cosine(self, pairs: Int[Tensor, "2 pair"]) -> Float[Tensor, " pair"]:
        """Return the cosine of the features of both nodes; 0 without features."""
        x = self.features
        if x is None:
            return self.degree.new_zeros(pairs.size(1))
        if isinstance(x, SparseRows):
            return x.dot(x, pairs)
        return (x.index_select(0, pairs[0]) * x.index_select(0, pairs[1])).sum(-1)
