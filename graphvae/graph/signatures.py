"""Common neighbours and walks estimated from random signatures of the nodes.

Source: Dong et al. 2024 (NeurIPS), "Pure Message Passing Can Estimate Common Neighbor for Link
Prediction", arXiv:2309.00976, §4, where the signatures are called quasi-orthogonal vectors. Each
node w gets a random x_w with |x_w| = 1 and E[x_v · x_w] = 0. Messages sum them, so that
(A X)_u · (A X)_v has the mean |Γ(u) ∩ Γ(v)|; its variance is at most 2 d_u d_v / (dimension of x).
The time of an exact intersection grows with the degrees, the time of an estimate only with the
dimension.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.graph.neighbourhoods import Neighbourhoods
from graphvae.graph.pair_products import pair_products

HUBS = 4
"""One in so many dimensions is reserved for the node of the next highest degree."""
Estimates = list[Float[Tensor, "*pair"]]


@dataclass(frozen=True)
class EstimatedNeighbourhoods(Neighbourhoods):
    """Neighbourhoods whose counts and walks are estimated; exact if `dimension` ≥ 4 N.

    >>> from graphvae.graph.propagation import message_graph
    >>> from graphvae_data.graphs.graphs import load_graph
    >>> karate = load_graph("karate")
    >>> around = EstimatedNeighbourhoods(message_graph(karate, karate.edges), 136)
    >>> common_neighbours = around.structure(torch.tensor([[0], [33]]))[0, 0].expm1()
    >>> round(float(common_neighbours), 3)
    4.0
    """

    dimension: int
    """Dimension of the signatures."""

    @cached_property
    def signatures(self) -> Float[Tensor, "node dimension"]:
        """X: signs divided by the root of their number; nodes of high degree have a unit vector.

        These hubs are in most neighbourhoods; a unit vector is orthogonal to all other signatures.
        """
        degree = self.degree
        hubs = degree.argsort(descending=True, stable=True)[: self.dimension // HUBS]
        signs = _signs(len(degree), self.dimension - len(hubs), degree.device)
        units = torch.zeros(len(degree), len(hubs), device=degree.device)
        units[hubs, torch.arange(len(hubs), device=degree.device)] = 1
        return torch.cat([units, signs.index_fill(0, hubs, 0)], 1)

    @cached_property
    def sums(self) -> list[Float[Tensor, "node dimension"]]:
        """A √ω X for each weight ω of a common neighbour."""
        return [self.neighbours @ (self.signatures * each.sqrt()[:, None]) for each in self.weights]

    @cached_property
    def walked(self) -> tuple[Float[Tensor, "node dimension"], Float[Tensor, "node dimension"]]:
        """S X and S² X."""
        once = self.steps @ self.signatures
        return once, self.steps @ once

    def counts_and_walks(self, pairs: Int[Tensor, "2 pair"]) -> tuple[Estimates, Estimates]:
        """Return estimates, at least 0."""
        return self._estimates(lambda left, right: pair_products(left, right, pairs))

    def count_and_walk_rows(self, sources: Int[Tensor, " source"]) -> tuple[Estimates, Estimates]:
        """Return estimates for each source with every node."""
        return self._estimates(lambda left, right: left.index_select(0, sources) @ right.T)

    def _estimates(self, dot: Callable[[Tensor, Tensor], Tensor]) -> tuple[Estimates, Estimates]:
        """Return counts and walks from the products of the first and second nodes' rows."""
        once, twice = self.walked
        counts = [_positive(dot(each, each)) for each in self.sums]
        three = (_positive(dot(once, twice)) + _positive(dot(twice, once))) / 2
        return counts, [_positive(dot(once, once)), three, _positive(dot(twice, twice))]


def _positive(estimates: Tensor) -> Tensor:
    """Return max(0, estimate): neither counts nor walks are negative."""
    return estimates.clamp(min=0)


@lru_cache(maxsize=2)
def _signs(rows: int, columns: int, device: torch.device) -> Float[Tensor, "row column"]:
    """Return ± 1 / √columns, always the same."""
    generator = torch.Generator().manual_seed(0)
    bits = torch.randint(2, (rows, columns), generator=generator)
    return torch.where(bits == 1, 1.0, -1.0).div_(max(columns, 1) ** 0.5).to(device)
