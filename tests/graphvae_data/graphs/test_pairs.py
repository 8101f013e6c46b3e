"""Canonical pairs: identities for any list of edges."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.pairs import both_directions, canonical_pairs, ordered_edges

NODES = 12


@st.composite
def edge_lists(draw: st.DrawFn) -> Tensor:
    """Edges in any order, with loops, repeats and both directions."""
    node = st.integers(0, NODES - 1)
    edges = draw(st.lists(st.tuples(node, node), max_size=40))
    return torch.tensor(edges, dtype=torch.int64).reshape(-1, 2).T


@given(edge_lists())
def test_pairs_are_unique_sorted_and_without_loops(edges: Tensor) -> None:
    pairs = canonical_pairs(edges, NODES)
    expected = sorted({(min(u, v), max(u, v)) for u, v in edges.T.tolist() if u != v})
    assert [tuple(pair) for pair in pairs.T.tolist()] == expected
    assert pairs.dtype == torch.int64


@given(edge_lists())
def test_canonical_form_is_idempotent_and_blind_to_direction(edges: Tensor) -> None:
    pairs = canonical_pairs(edges, NODES)
    assert torch.equal(canonical_pairs(pairs, NODES), pairs)
    assert torch.equal(canonical_pairs(edges.flip(0), NODES), pairs)
    assert torch.equal(canonical_pairs(torch.cat([edges, edges.flip(0)], 1), NODES), pairs)


@given(edge_lists())
def test_both_directions_is_sorted_and_undone(edges: Tensor) -> None:
    pairs = canonical_pairs(edges, NODES)
    edge_index, pair_of = both_directions(pairs, NODES)
    assert torch.equal(edge_index.sort(0).values, pairs[:, pair_of])
    assert edge_index.shape[1] == 2 * pairs.shape[1]
    assert edge_index.T.tolist() == sorted(edge_index.T.tolist())
    assert torch.equal(canonical_pairs(edge_index, NODES), pairs)


@given(edge_lists())
def test_ordered_edges_are_unique_sorted_and_without_loops(edges: Tensor) -> None:
    ordered = ordered_edges(edges, NODES)
    expected = sorted({(u, v) for u, v in edges.T.tolist() if u != v})
    assert [tuple(edge) for edge in ordered.T.tolist()] == expected
    assert torch.equal(canonical_pairs(ordered, NODES), canonical_pairs(edges, NODES))


def test_int32_edges_of_large_graphs_do_not_overflow() -> None:
    edges = torch.tensor([[2_000_000_000], [1_999_999_999]], dtype=torch.int32)
    assert canonical_pairs(edges, 2_000_000_001).tolist() == [[1_999_999_999], [2_000_000_000]]


@pytest.mark.parametrize("bad", [-1, NODES])
def test_ids_outside_the_graph_are_refused(bad: int) -> None:
    with pytest.raises(InputError, match=f"from 0 to {NODES - 1}.*got"):
        canonical_pairs(torch.tensor([[0, 1], [1, bad]]), NODES)


def test_a_graph_without_edges_or_nodes() -> None:
    assert canonical_pairs(torch.empty(2, 0, dtype=torch.int64), 0).shape == (2, 0)
