"""Link-prediction heuristics: scores from the training graph, without learning.

Notation: Γ(u) the neighbours of u over training edges, d_w the degree of w, A the adjacency.
Survey: Liben-Nowell & Kleinberg 2007, "The Link-Prediction Problem for Social Networks".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from graphvae.baselines.proximity import (
    ProximityGraph,
    Rows,
    Sources,
    Weigh,
    common_rows,
    katz_rows,
    pagerank_rows,
)
from graphvae_data.core.errors import check_name

Pairs = Int[np.ndarray, "2 pair"]
Scores = Float[np.ndarray, " pair"]

BLOCK_NEIGHBOURS = 1 << 20
"""Maximum number of neighbours compared at once."""


@dataclass(frozen=True)
class Heuristic:
    """A score of pairs, also computed for a source with every node."""

    rows: Callable[[ProximityGraph, Sources], Rows]
    """Scores [source, node] of some sources with every node."""
    pairs: Callable[[ProximityGraph, Pairs], Scores]
    """Scores of pairs."""
    weigh: Weigh | None = None
    """The weight of a common neighbour by its degree, if the score sums over common neighbours."""


def common_neighbours(graph: ProximityGraph, pairs: Pairs) -> Scores:
    """|Γ(u) ∩ Γ(v)|."""
    return _common(graph, pairs, _one)


def adamic_adar(graph: ProximityGraph, pairs: Pairs) -> Scores:
    """Σ 1 / log d_w over common neighbours w (Adamic & Adar 2003)."""
    return _common(graph, pairs, _one_over_log)


def resource_allocation(graph: ProximityGraph, pairs: Pairs) -> Scores:
    """Σ 1 / d_w over common neighbours w (Zhou, Lü & Zhang 2009)."""
    return _common(graph, pairs, _one_over_degree)


def preferential_attachment(graph: ProximityGraph, pairs: Pairs) -> Scores:
    """d_u · d_v (Barabási & Albert 1999)."""
    return np.asarray(graph.degree[pairs[0]] * graph.degree[pairs[1]])


def katz(graph: ProximityGraph, pairs: Pairs) -> Scores:
    """Σ_l βˡ (Aˡ)_uv over walks of length l ≤ 4, β = 0.005 (Katz 1953, truncated at length 4)."""
    return _gathered(graph, pairs, katz_rows)


def personalised_pagerank(graph: ProximityGraph, pairs: Pairs) -> Scores:
    """π_u(v) + π_v(u), restart probability α = 0.15; `proximity.pagerank_rows` has the formula.

    The sum makes the score of an undirected pair the same in both directions. For an undirected
    graph d_u π_u(v) = d_v π_v(u), so one row gives both.
    """
    one_way = _gathered(graph, pairs, pagerank_rows)
    degree = np.maximum(graph.degree, 1)
    return np.asarray(one_way * (1 + degree[pairs[0]] / degree[pairs[1]]))


def _one(degree: Float[np.ndarray, " node"]) -> Float[np.ndarray, " node"]:
    return np.ones_like(degree)


def _one_over_log(degree: Float[np.ndarray, " node"]) -> Float[np.ndarray, " node"]:
    return np.asarray(1 / np.log(np.maximum(degree, 2)))


def _one_over_degree(degree: Float[np.ndarray, " node"]) -> Float[np.ndarray, " node"]:
    return np.asarray(1 / np.maximum(degree, 1))


def _common(graph: ProximityGraph, pairs: Pairs, weigh: Weigh) -> Scores:
    """Σ weigh(d_w) over common neighbours w: by dense rows, or by sparse products of pairs."""
    if graph.is_dense:
        return _gathered(graph, pairs, lambda graph, sources: common_rows(graph, sources, weigh))
    return np.asarray(_weighted_common(graph, pairs, [weigh])[0])


def _weighted_common(
    graph: ProximityGraph, pairs: Pairs, weighs: Sequence[Weigh]
) -> Float[np.ndarray, "weigh pair"]:
    """Find the common neighbours of pairs once and sum several weights over them."""
    weights = [weigh(graph.degree) for weigh in weighs]
    scores = np.zeros((len(weighs), pairs.shape[1]))
    work = np.cumsum(graph.degree[pairs[0]] + graph.degree[pairs[1]])
    blocks = np.arange(BLOCK_NEIGHBOURS, work.max(initial=0), BLOCK_NEIGHBOURS)
    bounds = np.unique([0, *np.searchsorted(work, blocks), pairs.shape[1]])
    for start, end in pairwise(bounds):
        u, v = pairs[:, start:end]
        common = graph.pattern[u].multiply(graph.pattern[v])
        nonempty = np.flatnonzero(np.diff(common.indptr))
        for row, weight in zip(scores, weights, strict=True):
            row[start + nonempty] = np.add.reduceat(weight[common.indices], common.indptr[nonempty])
    return scores


def _gathered(
    graph: ProximityGraph, pairs: Pairs, rows: Callable[[ProximityGraph, Sources], Rows]
) -> Scores:
    """Select the scores of pairs from the rows of their sources, block by block."""
    sources, row = np.unique(pairs[0], return_inverse=True)
    order = np.argsort(row, kind="stable")
    starts = np.searchsorted(row[order], np.arange(len(sources) + 1))
    scores = np.empty(pairs.shape[1])
    for block in graph.blocks(sources):
        inside = order[starts[block.start] : starts[block.stop]]
        block_scores = rows(graph, sources[block])
        scores[inside] = block_scores[row[inside] - block.start, pairs[1, inside]]
    return scores


def _common_heuristic(pairs: Callable[[ProximityGraph, Pairs], Scores], weigh: Weigh) -> Heuristic:
    return Heuristic(lambda graph, sources: common_rows(graph, sources, weigh), pairs, weigh)


def _attachment_rows(graph: ProximityGraph, sources: Sources) -> Rows:
    return np.asarray(graph.degree[sources, None] * graph.degree)


def _pagerank_both_ways(graph: ProximityGraph, sources: Sources) -> Rows:
    degree = np.maximum(graph.degree, 1)
    return np.asarray(pagerank_rows(graph, sources) * (1 + degree[sources, None] / degree))


HEURISTICS: dict[str, Heuristic] = {
    "common neighbours": _common_heuristic(common_neighbours, _one),
    "Adamic-Adar": _common_heuristic(adamic_adar, _one_over_log),
    "resource allocation": _common_heuristic(resource_allocation, _one_over_degree),
    "preferential attachment": Heuristic(_attachment_rows, preferential_attachment),
    "Katz": Heuristic(katz_rows, katz),
    "personalised PageRank": Heuristic(_pagerank_both_ways, personalised_pagerank),
}


def heuristic(name: str) -> Heuristic:
    """Return a heuristic by its name; `InputError` if there is none."""
    check_name("heuristic", name, HEURISTICS)
    return HEURISTICS[name]


def scores_of(
    names: Sequence[str], graph: ProximityGraph, pairs: Pairs
) -> Iterator[tuple[str, Scores]]:
    """Yield the scores of pairs by several heuristics, in the order of `names`.

    Heuristics that sum over common neighbours find these once.
    """
    weighs = {name: weigh for name in names if (weigh := heuristic(name).weigh) is not None}
    shared: dict[str, Scores] = {}
    if weighs and not graph.is_dense:
        sums = _weighted_common(graph, pairs, list(weighs.values()))
        shared = dict(zip(weighs, sums, strict=True))
    for name in names:
        yield name, shared[name] if name in shared else HEURISTICS[name].pairs(graph, pairs)
