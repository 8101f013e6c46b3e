"""The structure around pairs is that of the heuristics, over the edges that pass messages."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse
import torch
from torch.nn.functional import normalize

from graphvae.baselines.heuristics import HEURISTICS
from graphvae.baselines.proximity import ProximityGraph
from graphvae.graph import neighbourhoods
from graphvae.graph.masking import EdgeMasking
from graphvae.graph.neighbourhoods import (
    HOPS,
    STRUCTURE,
    WALK,
    Neighbourhoods,
    unit_features,
)
from graphvae.graph.propagation import message_graph
from graphvae.graph.sparse import SparseMatrix
from graphvae_data.graphs.graph import Graph

PAIRS = torch.cartesian_prod(torch.arange(34), torch.arange(34)).T


def columns(graph: Graph, edges: torch.Tensor) -> dict[str, torch.Tensor]:
    structure = Neighbourhoods(message_graph(graph, edges)).structure(PAIRS)
    return dict(zip(STRUCTURE, structure.unbind(1), strict=True))


def test_counts_are_those_of_the_heuristics(karate: Graph) -> None:
    found = columns(karate, karate.edges)
    proximity = ProximityGraph.of(karate.edges, 34)
    apart = (PAIRS[0] != PAIRS[1]).numpy()
    for name, scale in (("common neighbours", 1), ("Adamic-Adar", 1), ("resource allocation", 10)):
        expected = scale * HEURISTICS[name].pairs(proximity, PAIRS.numpy())
        np.testing.assert_allclose(
            found[name].expm1().numpy()[apart], expected[apart], rtol=1e-4, atol=1e-5
        )


def test_walks_are_powers_of_the_adjacency_without_loops(karate: Graph) -> None:
    messages = message_graph(karate, karate.edges)
    s = messages.adjacency.csr.to_dense().fill_diagonal_(0)
    found = columns(karate, karate.edges)
    for name, expected in (
        ("walks of length 2", s @ s),
        ("walks of length 3", s @ s @ s),
        ("walks of length 4", s @ s @ s @ s),
    ):
        logs = (expected / WALK).log1p().flatten()
        torch.testing.assert_close(found[name], logs, rtol=1e-4, atol=1e-4)


def test_hidden_edges_are_not_counted(karate: Graph) -> None:
    messages = message_graph(karate, karate.edges)
    masking = EdgeMasking(messages, karate.edges, 0.3)
    targets = masking.draw(torch.Generator().manual_seed(0))
    seen = torch.ones(78, dtype=torch.bool)
    seen[targets] = False
    hidden = Neighbourhoods(masking.without(targets)).structure(PAIRS)
    fewer = Neighbourhoods(message_graph(karate, karate.edges[:, seen])).structure(PAIRS)
    torch.testing.assert_close(hidden, fewer, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("a", "b"), HOPS)
def test_features_sparse_and_dense_have_the_cosines_of_their_hops(
    a: int, b: int, karate: Graph
) -> None:
    x = torch.randn(34, 6, generator=torch.Generator().manual_seed(0)).relu()
    x[3] = 0
    name = f"cosine of the features, {a} and {b} hops"
    dense, sparse = (
        columns(replace(karate, features=each), karate.edges)[name]
        for each in (x, x.to_sparse_coo().coalesce())
    )
    adjacency = message_graph(karate, karate.edges).adjacency.csr.to_dense()
    left, right = (normalize(torch.matrix_power(adjacency, hops) @ normalize(x)) for hops in (a, b))
    cosines = left @ right.T
    torch.testing.assert_close(dense, ((cosines + cosines.T) / 2).flatten())
    torch.testing.assert_close(sparse, dense)


def test_rows_hold_the_structure_of_their_pairs(karate: Graph) -> None:
    x = torch.randn(34, 6, generator=torch.Generator().manual_seed(0))
    around = Neighbourhoods(message_graph(replace(karate, features=x), karate.edges))
    rows = torch.stack(around.structure_rows(torch.arange(34)), -1)
    torch.testing.assert_close(rows.flatten(0, 1), around.structure(PAIRS), rtol=1e-4, atol=1e-5)


def test_wide_features_keep_the_cosines_of_their_singular_vectors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = torch.randn(50, 4, generator=torch.Generator().manual_seed(0)) @ torch.randn(4, 30)
    sparse = SparseMatrix.from_scipy(scipy.sparse.csr_array(x.numpy()))
    monkeypatch.setattr(neighbourhoods, "MAX_FEATURES", 8)
    for features in (x, sparse):
        reduced = unit_features(features)
        assert reduced.shape == (50, 8)
        torch.testing.assert_close(
            reduced @ reduced.T, normalize(x) @ normalize(x).T, rtol=1e-3, atol=1e-3
        )
        assert unit_features(features) is reduced
