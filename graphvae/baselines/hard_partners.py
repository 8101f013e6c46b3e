"""The hardest partners of a node: non-neighbours that heuristics rank highest.

Each end's candidates are ranked by resource allocation, by personalised PageRank (α = 0.15) and, if
there are features, by cosine similarity, over the training graph; the candidates with the lowest
mean rank are the hardest. Source: Li et al. 2023 (NeurIPS Datasets and Benchmarks), "Evaluating
Graph Neural Networks for Link Prediction: Current Pitfalls and New Benchmarking", §4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvae.baselines.heuristics import HEURISTICS
from graphvae.baselines.proximity import ProximityGraph, pagerank_rows
from graphvae.graph.propagation import scipy_adjacency
from graphvae_data.graphs.features import to_csr


@dataclass(frozen=True)
class HardPartners:
    """What makes a partner hard, and which partners are allowed."""

    train: Int[Tensor, "2 edge"]
    """Training edges, from which the heuristics are computed."""
    known: Int[Tensor, "2 known"]
    """Edges, whose ends are not partners."""
    num_nodes: int
    """N."""
    features: Tensor | None = None
    """Node features, for the cosine similarity."""
    sides: Int[Tensor, " node"] | None = None
    """0 or 1 for each node of a bipartite graph, where partners are of the other side."""

    @cached_property
    def _unit(self) -> tuple[scipy.sparse.csr_array, scipy.sparse.csr_array] | None:
        """Features with rows scaled to norm 1, and their transpose; None if there are none."""
        if self.features is None:
            return None
        features = scipy.sparse.csr_array(to_csr(self.features), dtype=np.float64)
        length = np.sqrt(np.asarray(features.power(2).sum(1)))
        unit = scipy.sparse.diags_array(1 / np.where(length > 0, length, 1)) @ features
        return unit, scipy.sparse.csr_array(unit.T)

    def of(
        self, ends: Int[np.ndarray, " end"], count: int, generator: torch.Generator
    ) -> tuple[Int[np.ndarray, "end count"], Bool[np.ndarray, "end count"]]:
        """Return each end's `count` hardest partners, hardest first, padded with −1.

        The second array tells whether every heuristic scores that partner 0. Equal ranks are
        ordered at random.
        """
        graph = ProximityGraph.of(self.train, self.num_nodes)
        known = scipy_adjacency(self.known, self.num_nodes)
        chosen = np.full((len(ends), count), -1)
        unscored = np.zeros((len(ends), count), bool)
        taken = min(count, self.num_nodes)
        for block in graph.blocks(ends):
            sources = ends[block]
            excluded = self._excluded(known, sources)
            total = np.zeros(excluded.shape)
            scored = np.zeros_like(excluded)
            for rows in self._proximities(graph, sources):
                rows[excluded] = -1
                total += ranks_of_rows(rows)
                scored |= rows > 0
            # Sums of ranks are integers, so adding a fraction only breaks ties.
            total += torch.rand(total.shape, generator=generator, dtype=torch.float64).numpy()
            total[excluded] = np.inf
            best = _lowest(total, taken)
            there = np.isfinite(np.take_along_axis(total, best, 1))
            chosen[block, :taken] = np.where(there, best, -1)
            unscored[block, :taken] = there & ~np.take_along_axis(scored, best, 1)
        return chosen, unscored

    def _excluded(
        self, known: scipy.sparse.csr_array, sources: Int[np.ndarray, " source"]
    ) -> Bool[np.ndarray, "source node"]:
        """Return which nodes are no partners: neighbours, the source, and those of its side."""
        excluded = np.asarray(known[sources].toarray() > 0)
        excluded[np.arange(len(sources)), sources] = True
        if self.sides is not None:
            side = self.sides.numpy()
            excluded |= side[sources][:, None] == side
        return excluded

    def _proximities(
        self, graph: ProximityGraph, sources: Int[np.ndarray, " source"]
    ) -> Iterator[Float[np.ndarray, "source node"]]:
        """Yield the rows of each heuristic."""
        yield HEURISTICS["resource allocation"].rows(graph, sources)
        yield pagerank_rows(graph, sources)
        if self._unit is not None:
            unit, transposed = self._unit
            yield (unit[sources] @ transposed).toarray()


def ranks_of_rows(rows: Float[np.ndarray, "source node"]) -> Float[np.ndarray, "source node"]:
    """Rank each row's positive scores in descending order; all others share the next rank.

    >>> ranks_of_rows(np.array([[0.5, 0.2, 0.0, 0.2, 0.9, -1.0]]))
    array([[2., 4., 5., 4., 1., 5.]])
    """
    order = np.argsort(rows, 1)
    ascending = np.take_along_axis(rows, order, 1)
    first = np.diff(ascending, prepend=-np.inf) > 0
    starts = np.maximum.accumulate(np.where(first, np.arange(rows.shape[1]), 0), 1)
    below = np.empty(rows.shape)
    np.put_along_axis(below, order, starts, 1)
    ranks = below.max(1, keepdims=True) - below + 1.0
    last = np.where(rows > 0, ranks, 0).max(1, keepdims=True)
    return np.asarray(np.where(rows > 0, ranks, last + 1))


def _lowest(values: Float[np.ndarray, "row column"], count: int) -> Int[np.ndarray, "row count"]:
    """Return the indices of each row's `count` lowest values, in ascending order."""
    part = np.argpartition(values, count - 1, 1)[:, :count]
    order = np.argsort(np.take_along_axis(values, part, 1), 1)
    return np.take_along_axis(part, order, 1)
