"""The structure around pairs is that of the heuristics, over the edges that pass messages."""

from dataclasses import replace

import numpy as np
import torch

from graphvae.baselines.heuristics import HEURISTICS
from graphvae.baselines.proximity import ProximityGraph
from graphvae.graph.masking import EdgeMasking
from graphvae.graph.neighbourhoods import STRUCTURE, WALK, Neighbourhoods
from graphvae.graph.propagation import message_graph
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


def test_features_sparse_and_dense_have_the_same_cosine(karate: Graph) -> None:
    x = torch.randn(34, 6, generator=torch.Generator().manual_seed(0)).relu()
    x[3] = 0
    dense, sparse = (
        columns(replace(karate, features=each), karate.edges)["cosine of the features"]
        for each in (x, x.to_sparse_coo().coalesce())
    )
    unit = torch.nn.functional.normalize(x, dim=1)
    torch.testing.assert_close(dense, (unit @ unit.T).flatten())
    torch.testing.assert_close(sparse, dense)
