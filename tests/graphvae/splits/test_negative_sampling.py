"""Negative samples: never a known edge, and every non-edge equally often."""

import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphvae.splits.negative_sampling import NonEdgeSampler, sample_non_edges
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from tests.graphvae.graphs import random_graphs


@settings(max_examples=60, deadline=None)
@given(random_graphs(), st.integers(0, 2**31))
def test_training_negatives_are_never_edges_in_either_direction(data: Graph, seed: int) -> None:
    pairs = data.edges
    sampler = NonEdgeSampler(pairs, data.num_nodes)
    drawn = sampler.sample(200, torch.Generator().manual_seed(seed)).T.tolist()
    edges = {frozenset(p) for p in pairs.T.tolist()}
    assert all(len(frozenset(p)) == 2 and frozenset(p) not in edges for p in drawn)


@settings(max_examples=40, deadline=None)
@given(random_graphs())
def test_ranks_enumerate_exactly_the_non_edges(data: Graph) -> None:
    n = data.num_nodes
    pairs = data.edges
    sampler = NonEdgeSampler(pairs, n)
    adjacency = torch.eye(n, dtype=torch.bool)
    adjacency[pairs[0], pairs[1]] = adjacency[pairs[1], pairs[0]] = True
    assert torch.equal(sampler.nth(torch.arange(sampler.total)), (~adjacency).nonzero().T)


def test_draws_are_uniform_over_the_non_edges(generator: torch.Generator) -> None:
    pairs = torch.tensor([[0, 1, 2], [1, 2, 3]])
    sampler = NonEdgeSampler(pairs, 6)
    u, v = sampler.sample(60_000, generator)
    counts = torch.bincount(u * 6 + v, minlength=36)
    counts = counts[counts > 0].numpy()
    assert len(counts) == sampler.total
    assert scipy.stats.chisquare(counts).pvalue > 1e-4


def test_every_non_edge_can_be_asked_for(generator: torch.Generator) -> None:
    pairs = torch.tensor([[0, 1], [1, 2]])
    found = sample_non_edges(pairs, 5, 8, generator)
    assert {tuple(p) for p in found.T.tolist()} == {
        (0, 2), (0, 3), (0, 4), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)
    }  # fmt: skip


def test_more_than_there_are_is_refused(generator: torch.Generator) -> None:
    with pytest.raises(InputError, match="has 8"):
        sample_non_edges(torch.tensor([[0, 1], [1, 2]]), 5, 9, generator)


def test_a_complete_graph_has_none() -> None:
    with pytest.raises(InputError, match="no non-edges"):
        NonEdgeSampler(torch.tensor([[0, 0, 1], [1, 2, 2]]), 3)


def test_training_negatives_may_be_test_edges(karate: Graph, generator: torch.Generator) -> None:
    """Avoiding test edges would tell the model which pairs they are."""
    pairs = karate.edges
    train, held_out = pairs[:, :-8], {tuple(p) for p in pairs[:, -8:].T.tolist()}
    drawn = NonEdgeSampler(train, 34).sample(20_000, generator).sort(0).values
    assert held_out <= {tuple(p) for p in drawn.T.tolist()}
