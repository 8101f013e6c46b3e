"""Heuristics against networkx and dense algebra."""

import networkx as nx
import numpy as np
import pytest
import torch

from graphvae.baselines import proximity
from graphvae.baselines.heuristics import HEURISTICS, heuristic
from graphvae.baselines.proximity import KATZ_BETA, ProximityGraph
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph


def scored(name: str, data: Graph) -> tuple[np.ndarray, nx.Graph, list[tuple[int, int]]]:
    edges = data.edges
    pairs = torch.triu_indices(data.num_nodes, data.num_nodes, offset=1)
    graph = nx.Graph(edges.T.tolist())
    graph.add_nodes_from(range(data.num_nodes))
    ends = [(u, v) for u, v in pairs.T.tolist()]
    scores = HEURISTICS[name].pairs(ProximityGraph.of(edges, data.num_nodes), pairs.numpy())
    return scores, graph, ends


NETWORKX = {
    "common neighbours": nx.common_neighbor_centrality,
    "Adamic-Adar": nx.adamic_adar_index,
    "resource allocation": nx.resource_allocation_index,
    "preferential attachment": nx.preferential_attachment,
}


@pytest.mark.parametrize("name", NETWORKX)
def test_a_heuristic_is_networkxs(name: str, karate: Graph) -> None:
    found, graph, ends = scored(name, karate)
    # networkx's "common neighbour centrality" at alpha = 1 is the plain count
    extra = {"alpha": 1.0} if name == "common neighbours" else {}
    expected = [score for _, _, score in NETWORKX[name](graph, ends, **extra)]
    assert found == pytest.approx(np.array(expected))


def test_katz_is_the_damped_sum_of_matrix_powers(
    karate: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proximity, "BLOCK_ENTRIES", 5 * 34)
    found, graph, ends = scored("Katz", karate)
    adjacency = nx.to_numpy_array(graph, nodelist=range(34))
    adjacency = (adjacency > 0).astype(float)
    powers = sum(KATZ_BETA**n * np.linalg.matrix_power(adjacency, n) for n in range(1, 5))
    assert found == pytest.approx(np.array([powers[pair] for pair in ends]))


@pytest.mark.parametrize("dense", [True, False])
def test_personalised_pagerank_is_the_walk_with_restart(
    dense: bool, karate: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """π_u solves π = α e_u + (1 − α) Pᵀ π; the score of a pair is π_u(v) + π_v(u)."""
    monkeypatch.setattr(proximity, "DENSE_SHARE", 0.0 if dense else 1.0)
    found, graph, ends = scored("personalised PageRank", karate)
    adjacency = (nx.to_numpy_array(graph, nodelist=range(34)) > 0).astype(float)
    steps = adjacency / adjacency.sum(1, keepdims=True)
    walks = 0.15 * np.linalg.inv(np.eye(34) - 0.85 * steps)
    assert walks.sum(1) == pytest.approx(np.ones(34))
    expected = np.array([walks[u, v] + walks[v, u] for u, v in ends])
    assert np.abs(found - expected).max() < 1e-7


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("name", HEURISTICS)
def test_rows_hold_the_scores_of_pairs_dense_or_sparse(
    name: str, dense: bool, monkeypatch: pytest.MonkeyPatch, karate: Graph
) -> None:
    edges = karate.edges[:, 5:]
    pairs = torch.cartesian_prod(torch.arange(35), torch.arange(35)).T  # node 34 has no edge
    plain = HEURISTICS[name].pairs(ProximityGraph.of(edges, 35), pairs.numpy()).reshape(35, 35)
    monkeypatch.setattr(proximity, "DENSE_SHARE", 0.0 if dense else 1.0)
    graph = ProximityGraph.of(edges, 35)
    assert graph.is_dense == dense
    others = ~np.eye(35, dtype=bool)
    rows = HEURISTICS[name].rows(graph, np.arange(35))
    assert rows[others] == pytest.approx(plain[others], abs=1e-7)
    assert np.isfinite(rows).all()
    assert not rows[34, :34].any()


def test_a_heuristic_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="did you mean Katz"):
        heuristic("katzz")


def test_every_heuristic_is_tested() -> None:
    assert set(HEURISTICS) == {*NETWORKX, "Katz", "personalised PageRank"}


def test_a_pair_joined_both_ways_is_joined_once() -> None:
    edges = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 3]])
    graph = ProximityGraph.of(edges, 4)
    assert graph.degree.tolist() == [1, 2, 2, 1]
