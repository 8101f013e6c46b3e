"""The BPR loss by its formula: every edge against a non-neighbour of its source."""

import pytest
import torch
import torch.nn.functional as F

from graphvae.losses.bpr import BprPairs
from graphvae.nn.decoders import InnerProduct
from graphvae_data.graphs.graph import Graph
from graphvae_data.machine.workers import Workers

SIDES = torch.tensor([0, 1] * 10)
EDGES = torch.tensor([[0, 1, 2, 4, 5, 6], [3, 8, 9, 7, 12, 19]])  # both ends come first


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("kind", ["bipartite", "directed"])
def test_it_is_the_formula(kind: str) -> None:
    directed = kind == "directed"
    sides = None if directed else SIDES
    z = torch.randn(20, 3, generator=generator())
    loss = BprPairs(EDGES, 20, directed=directed, sides=sides, decay=0.1)
    source, target = EDGES
    if not directed:
        forward = SIDES[source] == 0
        source, target = torch.where(forward, EDGES, EDGES.flip(0))
    other = loss.sampler.partners(source, generator())
    assert directed or (SIDES[other] == 1).all()
    s = InnerProduct()
    gap = s(z, torch.stack([source, target])) - s(z, torch.stack([source, other]))
    size = sum(z[nodes].square().sum(1) for nodes in (source, target, other))
    expected = (-F.logsigmoid(gap) + 0.05 * size).mean()
    assert torch.allclose(loss(z, s, generator()), expected)


def test_ends_of_undirected_edges_take_turns_as_source() -> None:
    loss = BprPairs(EDGES, 20)
    sources = {
        tuple(loss._oriented(torch.Generator().manual_seed(n))[0].tolist()) for n in range(9)
    }
    assert len(sources) > 3


def test_parts_of_workers_add_up(karate: Graph) -> None:
    z = torch.randn(34, 4, generator=generator())
    whole = BprPairs(karate.edges, 34, decay=0.1)(z, InnerProduct(), generator())
    parts = [
        BprPairs(karate.edges, 34, Workers(rank, 3), decay=0.1)(z, InnerProduct(), generator())
        for rank in range(3)
    ]
    assert torch.allclose(sum(parts), whole)


def test_a_source_joined_to_all_adds_nothing() -> None:
    star = torch.tensor([[0, 0, 0], [1, 2, 3]])
    loss = BprPairs(star, 4, directed=True)
    assert loss(torch.randn(4, 2), InnerProduct(), generator()) == 0
