"""Hard non-edges: near an end of the edge, never an edge; the likelihood beside them."""

import pytest
import torch

from graphvae.graph.propagation import message_graph
from graphvae.losses.hard import HardNonEdges, HardPairs
from graphvae.losses.sampled import sampled_cross_entropy
from graphvae.nn.decoders import InnerProduct, inner_product
from graphvae.nn.graph_decoders import Structural
from graphvae_data.graphs.graph import Graph


def non_edges(graph: Graph, share: float, candidates: int = 5) -> HardNonEdges:
    return HardNonEdges(graph.edges, graph.num_nodes, share=share, candidates=candidates)


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_no_drawn_pair_is_an_edge_and_the_share_is_of_the_hardest(
    karate: Graph, generator: torch.Generator, share: float
) -> None:
    sampler = non_edges(karate, share)
    targets = karate.edges[:, :20]
    drawn = sampler.draw(targets, 5, generator)
    assert drawn.shape == (2, 100)
    edges = {frozenset(edge) for edge in karate.edges.T.tolist()}
    pairs = [frozenset(pair) for pair in drawn.T.tolist()]
    assert all(len(pair) == 2 and pair not in edges for pair in pairs)
    hard = round(share * 100)
    for (kept, other), edge in zip(
        drawn.T.tolist()[:hard], targets.repeat(1, 5).T.tolist(), strict=False
    ):
        assert kept in edge
        assert other in sampler.partners[kept].tolist()


def test_the_share_holds_where_each_edge_has_one_non_edge(
    karate: Graph, generator: torch.Generator
) -> None:
    sampler = non_edges(karate, 0.5)
    drawn = sampler.draw(karate.edges, 1, generator)
    kept, other = drawn[:, : sampler.hard(78)]
    assert (len(kept), drawn.size(1)) == (39, 78)
    assert (sampler.partners[kept] == other.unsqueeze(1)).any(1).all()


def test_a_node_without_partners_gets_uniform_non_edges(generator: torch.Generator) -> None:
    """The hub of a star is joined to all others."""
    star = Graph.from_edges(torch.tensor([[0] * 5, [1, 2, 3, 4, 5]]), 6)
    drawn = non_edges(star, 1.0).draw(star.edges, 4, generator)
    assert (drawn > 0).all()
    assert (drawn[0] != drawn[1]).all()


def test_the_loss_is_that_of_edges_and_of_all_drawn_pairs(
    karate: Graph, generator: torch.Generator
) -> None:
    z = torch.randn(34, 4, generator=generator)
    sampler = non_edges(karate, 0.5)
    loss = HardPairs(karate.edges, 34, non_edges=sampler, negatives=4)
    drawn = sampler.draw(karate.edges, 4, torch.Generator().manual_seed(1))
    logits = [inner_product(z, pairs) for pairs in (karate.edges, drawn)]
    found = loss(z, InnerProduct(), torch.Generator().manual_seed(1))
    torch.testing.assert_close(found, sampled_cross_entropy(*logits))
    assert loss.on(karate.edges[:, :5]).edges.size(1) == 5


def test_codes_under_a_stacked_decoder_learn_from_uniform_non_edges(
    karate: Graph, generator: torch.Generator
) -> None:
    decoder = Structural(4, 8, generator).on(message_graph(karate, karate.edges))
    z = torch.randn(34, 4, generator=generator).requires_grad_()
    sampler = non_edges(karate, 0.5)
    loss = HardPairs(karate.edges, 34, non_edges=sampler, negatives=4)
    (found,) = torch.autograd.grad(loss(z, decoder, torch.Generator().manual_seed(1)), z)
    uniform = sampler.draw(karate.edges, 4, torch.Generator().manual_seed(1))[:, 2 * 78 :]
    own = sampled_cross_entropy(*(decoder.code_logits(z, e) for e in (karate.edges, uniform)))
    torch.testing.assert_close(found, torch.autograd.grad(own, z)[0])
