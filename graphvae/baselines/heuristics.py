"""Link-prediction heuristics: scores from the training graph alone, nothing learned.

Notation: Γ(u) the neighbours of u over training edges, d_w the degree of w, A the adjacency. They
stand beside every model, because a model that does not beat them has learned little. Survey:
Liben-Nowell & Kleinberg 2007, "The Link-Prediction Problem for Social Networks".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse
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
from graphvae_data.core.errors import InputError, nearest

Pairs = Int[np.ndarray, "2 pair"]
Scores = Float[np.ndarray, " pair"]

PAIR_BLOCK = 1 << 14


@dataclass(frozen=True)
class Heuristic:
    """A score of pairs, and the same score of a source with every node."""

    rows: Callable[[ProximityGraph, Sources], Rows]
    """Scores [source, node] of some sources with every node."""
    pairs: Callable[[ProximityGraph, Pairs], Scores]
    """Scores of pairs."""


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
    """Σ_l βˡ (Aˡ)_uv over walks of length l ≤ 4, β = 0.005 (Katz 1953, cut off at length 4)."""
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
    weighted = graph.adjacency @ scipy.sparse.diags_array(weigh(graph.degree))
    scores = np.empty(pairs.shape[1])
    for start in range(0, pairs.shape[1], PAIR_BLOCK):
        u, v = pairs[:, start : start + PAIR_BLOCK]
        scores[start : start + len(u)] = weighted[u].multiply(graph.adjacency[v]).sum(1)
    return scores


def _gathered(
    graph: ProximityGraph, pairs: Pairs, rows: Callable[[ProximityGraph, Sources], Rows]
) -> Scores:
    """Take the scores of pairs out of the rows of their sources, block by block."""
    sources, row = np.unique(pairs[0], return_inverse=True)
    order = np.argsort(row, kind="stable")
    starts = np.searchsorted(row[order], np.arange(len(sources) + 1))
    scores = np.empty(pairs.shape[1])
    for block in graph.blocks(sources):
        inside = order[starts[block.start] : starts[block.stop]]
        found = rows(graph, sources[block])
        scores[inside] = found[row[inside] - block.start, pairs[1, inside]]
    return scores


def _common_heuristic(pairs: Callable[[ProximityGraph, Pairs], Scores], weigh: Weigh) -> Heuristic:
    return Heuristic(lambda graph, sources: common_rows(graph, sources, weigh), pairs)


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
    if name not in HEURISTICS:
        hint = nearest(name, HEURISTICS)
        raise InputError(f"heuristic: expected one of {', '.join(HEURISTICS)}, got {name!r}{hint}")
    return HEURISTICS[name]
