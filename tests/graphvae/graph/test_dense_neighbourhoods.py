"""Counts and walks from dense matrices are those of the lists of neighbours."""

import torch

from graphvae.graph import dense_neighbourhoods
from graphvae.graph.dense_neighbourhoods import DenseNeighbourhoods, neighbourhoods_of
from graphvae.graph.masking import EdgeMasking
from graphvae.graph.neighbourhoods import Neighbourhoods
from graphvae.graph.propagation import message_graph
from graphvae_data.graphs.graph import Graph

PAIRS = torch.cartesian_prod(torch.arange(34), torch.arange(34)).T


def test_structure_and_rows_are_those_of_the_sparse_form(karate: Graph) -> None:
    """Also where edges are hidden from the messages."""
    whole = message_graph(karate, karate.edges)
    masking = EdgeMasking(whole, karate.edges, 0.3)
    hidden = masking.without(masking.draw(torch.Generator().manual_seed(1)))
    for graph in (whole, hidden):
        sparse, dense = Neighbourhoods(graph), DenseNeighbourhoods(graph)
        close = {"rtol": 1e-4, "atol": 1e-4}
        torch.testing.assert_close(dense.structure(PAIRS), sparse.structure(PAIRS), **close)
        rows = torch.tensor([0, 5, 33])
        pairs = zip(dense.structure_rows(rows), sparse.structure_rows(rows), strict=True)
        for one, other in pairs:
            torch.testing.assert_close(one, other, **close)


def test_the_form_depends_on_the_share_of_pairs_and_the_number_of_nodes(
    karate: Graph, monkeypatch
) -> None:
    graph = message_graph(karate, karate.edges)
    assert isinstance(neighbourhoods_of(graph), DenseNeighbourhoods)
    monkeypatch.setattr(dense_neighbourhoods, "SHARE", 0.14)  # 156 of 1,156 entries are edges
    assert not isinstance(neighbourhoods_of(graph), DenseNeighbourhoods)
    monkeypatch.setattr(dense_neighbourhoods, "SHARE", 0.02)
    monkeypatch.setattr(dense_neighbourhoods, "NODES", 33)
    assert not isinstance(neighbourhoods_of(graph), DenseNeighbourhoods)
