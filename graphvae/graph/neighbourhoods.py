"""The structure around a pair of nodes: neighbours, walks, degrees and features in common.

Notation: A the message edges without loops, d_w the degrees over them, Ã the normalised adjacency
of the encoders and S its part outside the diagonal, X the features of the nodes. Only edges that
pass messages are counted, so a target edge that is hidden from the messages is not counted either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from graphvae.graph.intersections import Common, SparseRows
from graphvae.graph.propagation import MessageGraph
from graphvae.graph.sparse import SparseMatrix, sparse_csr
from graphvae_data.graphs.features import to_csr

WALK = 1e-3
"""Weight of walks below which their logarithm flattens."""
HOPS = ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2))
"""Hops over which the features of the two nodes are propagated before they are compared."""
MAX_FEATURES = 512
"""More features are reduced to so many, by a truncated singular value decomposition."""
ITERATIONS = 2
"""Power iterations of this decomposition."""
BLOCK = 1 << 20
"""Features that are compared at a time."""
STRUCTURE = (
    "common neighbours",
    "Adamic-Adar",
    "resource allocation",
    "walks of length 2",
    "walks of length 3",
    "walks of length 4",
    "lower degree",
    "higher degree",
    *(f"cosine of the features, {a} and {b} hops" for a, b in HOPS),
)
"""What the columns of `Neighbourhoods.structure` hold, in their order."""


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
    def features(self) -> Float[Tensor, "node hop feature"] | None:
        """X, ÃX and Ã²X, rows of each scaled to norm 1; None without features."""
        x = self.graph.features
        if x is None or self.graph.propagated:
            return None
        hops = [unit_features(x)]
        for _ in range(2):
            hops.append(self.graph.adjacency @ hops[-1])
        return F.normalize(torch.stack(hops, 1), dim=-1)

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
        return torch.stack([*logs, *self.degree.log1p()[ordered], *self._cosines(pairs)], 1)

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
        return [*logs, *ends, *self._cosine_rows(sources)]

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

    def _cosine_rows(self, sources: Int[Tensor, " source"]) -> list[Float[Tensor, "source node"]]:
        x = self.features
        if x is None:
            return [self.degree.new_zeros(len(sources), len(self.degree))] * len(HOPS)
        # a·b' + b·a' = (a + b)·(a + b)' − a·a' − b·b' needs one product, not two.
        own = [each[sources] @ each.T for each in x.unbind(1)]
        rows = []
        for a, b in HOPS:
            if a == b:
                rows.append(own[a])
            else:
                both = x[:, a] + x[:, b]
                rows.append((both[sources] @ both.T - own[a] - own[b]) / 2)
        return rows

    def _fewer_first(self, pairs: Int[Tensor, "2 pair"]) -> Int[Tensor, "2 pair"]:
        """Return pairs with the node of the lower degree first, whose neighbours are listed."""
        u, v = self.degree[pairs]
        return torch.where(u <= v, pairs, pairs.flip(0))

    def _cosines(self, pairs: Int[Tensor, "2 pair"]) -> Float[Tensor, "hops pair"]:
        """Return the cosines of `HOPS`, means over both orders of a pair; 0 without features."""
        x = self.features
        if x is None:
            return self.degree.new_zeros(len(HOPS), pairs.size(1))
        blocks = []
        for u, v in pairs.split(max(1, BLOCK // x[0].numel()), 1):
            products = torch.bmm(x.index_select(0, u), x.index_select(0, v).transpose(1, 2))
            blocks.append((products + products.transpose(1, 2)) / 2)
        return torch.stack([torch.cat(blocks)[:, a, b] for a, b in HOPS])


_UNIT_FEATURES = WeakIdKeyDictionary()
"""Features → their dense unit rows: masked graphs of a run share the features."""


def unit_features(
    x: SparseMatrix | Float[Tensor, "node feature"],
) -> Float[Tensor, "node reduced"]:
    """Return the features as a dense matrix, rows scaled to norm 1.

    A wide matrix is reduced to its first singular vectors (latent semantic analysis).
    """
    key = x.csr if isinstance(x, SparseMatrix) else x
    if key not in _UNIT_FEATURES:
        _UNIT_FEATURES[key] = F.normalize(_reduced(key), dim=1)
    unit: Tensor = _UNIT_FEATURES[key]
    return unit


def _reduced(x: Float[Tensor, "node feature"]) -> Float[Tensor, "node reduced"]:
    if min(x.shape) <= MAX_FEATURES:
        return x.to_dense()
    from sklearn.utils.extmath import randomized_svd

    left, values, _ = randomized_svd(to_csr(x), MAX_FEATURES, n_iter=ITERATIONS, random_state=0)
    return torch.from_numpy(left * values).to(x)
