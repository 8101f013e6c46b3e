"""Decoders on a message graph follow their formulas, and see no hidden edge."""

import pytest
import torch

from graphvae.graph.masking import EdgeMasking
from graphvae.graph.neighbourhoods import STRUCTURE, Neighbourhoods
from graphvae.graph.propagation import message_graph
from graphvae.nn import graph_decoders
from graphvae.nn.decoders import SignedProduct, in_training, on_graph, prepared
from graphvae.nn.graph_decoders import CommonNeighbours, DegreeCorrected, Structural
from graphvae_data.graphs.graph import Graph

PAIRS = torch.tensor([[0, 2, 5], [33, 9, 16]])


def test_common_neighbours_sum_their_codes(karate: Graph, generator: torch.Generator) -> None:
    decoder = CommonNeighbours(4, 8, generator)
    z = torch.randn(34, 4, generator=generator)
    adjacency = torch.zeros(34, 34)
    adjacency[karate.edges[0], karate.edges[1]] = 1
    adjacency += adjacency.T.clone()
    shared = (adjacency[PAIRS[0]] * adjacency[PAIRS[1]]) @ z
    hidden = z[PAIRS[0]] * z[PAIRS[1]] @ decoder.first + shared @ decoder.common + decoder.bias
    expected = (hidden.relu() @ decoder.last + decoder.constant).squeeze(1)
    found = decoder.on(message_graph(karate, karate.edges))(z, PAIRS)
    torch.testing.assert_close(found, expected)


def test_degrees_shift_the_inner_product(karate: Graph, generator: torch.Generator) -> None:
    decoder = DegreeCorrected()
    with torch.no_grad():
        decoder.slope.fill_(-0.5)
        decoder.constant.fill_(0.25)
    z = torch.randn(34, 4, generator=generator)
    degree = torch.bincount(karate.edges.flatten(), minlength=34)
    logs = degree.double().log1p()[PAIRS].sum(0).float()
    expected = (z[PAIRS[0]] * z[PAIRS[1]]).sum(1) - 0.5 * logs + 0.25
    found = decoder.on(message_graph(karate, karate.edges))(z, PAIRS)
    torch.testing.assert_close(found, expected)


def test_a_structural_logit_takes_what_codes_and_structure_say(
    karate: Graph, generator: torch.Generator
) -> None:
    decoder = Structural(4, 8, generator)
    z = torch.randn(34, 4, generator=generator).requires_grad_()
    graph = message_graph(karate, karate.edges)
    structure = Neighbourhoods(graph).structure(PAIRS)
    assert structure.shape == (3, len(STRUCTURE))
    cosine = torch.cosine_similarity(z[PAIRS[0]], z[PAIRS[1]])
    said = torch.stack([decoder.codes(z, PAIRS), cosine], 1)
    torch.testing.assert_close(
        decoder.columns(z, PAIRS, structure), torch.cat([structure, said], 1)
    )
    bound = decoder.on(graph)
    gradient = torch.autograd.grad(bound(z, PAIRS).sum(), [decoder.first, z], allow_unused=True)
    assert gradient[0].any()
    assert gradient[1] is None, "the codes have a loss of their own"
    torch.testing.assert_close(bound.code_logits(z, PAIRS), decoder.codes(z, PAIRS))


@pytest.mark.slow
def test_training_steps_move_mean_and_variance_towards_those_of_their_pairs(
    karate: Graph, generator: torch.Generator
) -> None:
    decoder = Structural(4, 8, generator)
    bound = decoder.on(message_graph(karate, karate.edges))
    z = torch.randn(34, 4, generator=generator)
    columns = decoder.columns(z, karate.edges, bound.neighbourhoods.structure(karate.edges))
    for _ in range(200):
        last = in_training(bound, generator)(z, karate.edges)
    torch.testing.assert_close(decoder.get_buffer("mean"), columns.mean(0), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(bound(z, karate.edges), last, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("kind", [CommonNeighbours, Structural])
def test_hidden_targets_change_the_logits_and_chunks_do_not(
    kind: type, karate: Graph, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = kind(4, 8, generator)
    for weight in decoder.parameters():
        torch.nn.init.normal_(weight, generator=generator)
    graph = message_graph(karate, karate.edges)
    masking = EdgeMasking(graph, karate.edges, 0.3)
    z = torch.randn(34, 4, generator=generator)
    whole = on_graph(decoder, graph)
    hidden = on_graph(decoder, masking.without(masking.draw(generator)))
    edges = karate.edges
    assert not torch.allclose(whole(z, edges), hidden(z, edges))
    at_once = whole(z, edges)
    monkeypatch.setattr(graph_decoders, "CHUNK", 10)
    torch.testing.assert_close(whole(z, edges), at_once)
    torch.testing.assert_close(prepared(whole, edges)(z), at_once)


def test_repelling_coordinates_are_subtracted(generator: torch.Generator) -> None:
    z = torch.randn(5, 4, generator=generator)
    u, v = z[[0]], z[[3]]
    decoder = SignedProduct(4, repelling=2)
    with torch.no_grad():
        decoder.bias.fill_(-1.5)
    expected = (u[:, :2] * v[:, :2]).sum(1) - (u[:, 2:] * v[:, 2:]).sum(1) - 1.5
    torch.testing.assert_close(decoder(z, torch.tensor([[0], [3]])), expected)
