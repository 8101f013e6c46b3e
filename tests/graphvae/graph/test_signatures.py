"""Signatures estimate the counts and walks of a pair without bias, and exactly with enough."""

from functools import partial

import pytest
import torch
from torch import Tensor

from graphvae.graph import signatures
from graphvae.graph.masking import EdgeMasking
from graphvae.graph.neighbourhoods import Neighbourhoods
from graphvae.graph.propagation import MessageGraph, message_graph
from graphvae.graph.signatures import EstimatedNeighbourhoods
from graphvae.nn.decoders import in_training
from graphvae.nn.graph_decoders import Structural
from graphvae_data.graphs.graph import Graph

PAIRS = torch.cartesian_prod(torch.arange(34), torch.arange(34)).T
DIMENSION = 32


@pytest.fixture
def graph(karate: Graph) -> MessageGraph:
    return message_graph(karate, karate.edges)


def stacked(around: Neighbourhoods) -> Tensor:
    counts, walks = around.counts_and_walks(PAIRS)
    return torch.stack([*counts, *walks])


def test_unit_vectors_for_every_node_give_exact_values(graph: MessageGraph) -> None:
    exact = Neighbourhoods(graph).structure(PAIRS)
    estimated = EstimatedNeighbourhoods(graph, 4 * 34).structure(PAIRS)
    torch.testing.assert_close(estimated, exact, rtol=1e-4, atol=1e-4)


def test_estimates_have_the_exact_mean_and_the_variance_stated(
    graph: MessageGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = Neighbourhoods(graph)
    monkeypatch.setattr(signatures, "_positive", lambda estimates: estimates)
    draws = []
    for seed in range(200):
        monkeypatch.setattr(signatures, "_signs", partial(_random_signs, seed))
        draws.append(stacked(EstimatedNeighbourhoods(graph, DIMENSION)))
    estimates = torch.stack(draws)
    error = estimates.mean(0) - stacked(exact)
    standard_error = estimates.std(0) / 200**0.5
    assert bool((error.abs() <= 5 * standard_error + 1e-5).all())
    u, v = exact.degree[PAIRS]
    random = DIMENSION - DIMENSION // signatures.HUBS
    assert bool((estimates[:, 0].var(0) <= 1.5 * 2 * u * v / random + 1e-6).all())
    assert bool((estimates[:, 0].var(0) > 0).any())


def _random_signs(seed: int, rows: int, columns: int, device: torch.device) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    signs = torch.randint(2, (rows, columns), generator=generator) * 2.0 - 1
    return (signs / columns**0.5).to(device)


def test_pairs_and_rows_agree_in_both_orders(graph: MessageGraph) -> None:
    around = EstimatedNeighbourhoods(graph, DIMENSION)
    of_pairs = around.structure(PAIRS)
    torch.testing.assert_close(around.structure(PAIRS.flip(0)), of_pairs)
    rows = around.structure_rows(torch.arange(34))
    torch.testing.assert_close(torch.stack(rows, -1).flatten(0, 1), of_pairs)


def test_hidden_edges_send_no_signature(karate: Graph, graph: MessageGraph) -> None:
    masking = EdgeMasking(graph, karate.edges, 0.3)
    targets = masking.draw(torch.Generator().manual_seed(0))
    seen = torch.ones(78, dtype=torch.bool)
    seen[targets] = False
    hidden = EstimatedNeighbourhoods(masking.without(targets), DIMENSION).structure(PAIRS)
    fewer = message_graph(karate, karate.edges[:, seen])
    torch.testing.assert_close(
        hidden, EstimatedNeighbourhoods(fewer, DIMENSION).structure(PAIRS), rtol=1e-4, atol=1e-4
    )


def test_a_decoder_with_signatures_trains_and_ranks(
    graph: MessageGraph, generator: torch.Generator
) -> None:
    decoder = Structural(4, 8, generator, signatures=DIMENSION)
    bound = decoder.on(graph)
    z = torch.randn(34, 4, generator=generator)
    in_training(bound, generator)(z, PAIRS).sum().backward()
    assert decoder.first.grad is not None
    assert decoder.first.grad.any()
    rows = bound.rows(z, torch.arange(34))
    torch.testing.assert_close(rows.flatten(), bound(z, PAIRS), rtol=1e-4, atol=1e-4)
