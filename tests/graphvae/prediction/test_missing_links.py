"""The most likely links against brute force, ties and known edges included."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphvae.nn.decoders import InnerProduct
from graphvae.prediction import missing_links as prediction
from graphvae.prediction.missing_links import DecodedPairs, _kth_largest, top_pairs, top_partners
from graphvae_data.core.errors import InputError


def brute_force(z: torch.Tensor, known: torch.Tensor, k: int) -> list[tuple[int, int]]:
    logits = z @ z.T
    edges = {tuple(sorted(pair)) for pair in known.T.tolist()}
    n = len(z)
    pairs = [(u, v) for u in range(n) for v in range(u + 1, n) if (u, v) not in edges]
    return sorted(pairs, key=lambda pair: (-float(logits[pair]), *pair))[:k]


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 2**31),
    st.integers(4, 15),
    st.integers(1, 120),
    st.integers(1, 60),
    st.booleans(),
)
def test_top_pairs_are_those_of_brute_force(
    seed: int, nodes: int, k: int, entries: int, tied: bool
) -> None:
    generator = torch.Generator().manual_seed(seed)
    z = torch.randint(-1, 2, (nodes, 2), generator=generator).float()
    if not tied:
        z = torch.randn(nodes, 3, generator=generator)
    known = torch.tensor([[0, 1], [1, 2]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prediction, "BLOCK_ENTRIES", entries)
        found = top_pairs(DecodedPairs(z, InnerProduct()), known, k)
    assert [tuple(pair) for pair in found.pairs.T.tolist()] == brute_force(z, known, k)


def test_partners_are_the_best_new_neighbours_of_each_node(generator: torch.Generator) -> None:
    z = torch.randn(12, 3, generator=generator)
    known = torch.tensor([[0, 3], [5, 4]])
    found = top_partners(DecodedPairs(z, InnerProduct()), known, 4, torch.tensor([5, 3]))
    for place, (node, taken) in enumerate([(5, 0), (3, 4)]):
        scores = z @ z[node]
        scores[[node, taken]] = -torch.inf
        expected = scores.argsort(descending=True)[:4]
        rows = found.pairs[:, 4 * place : 4 * place + 4]
        assert (rows[0] == node).all()
        assert torch.equal(rows[1], expected)


def test_no_links_are_left_in_a_complete_graph() -> None:
    known = torch.tensor([[0, 0, 1], [1, 2, 2]])
    assert top_pairs(DecodedPairs(torch.ones(3, 2), InnerProduct()), known, 5).scores.numel() == 0


@pytest.mark.parametrize("k", [0, -1])
def test_a_k_below_one_is_refused(k: int) -> None:
    with pytest.raises(InputError, match="top-k"):
        top_pairs(DecodedPairs(torch.ones(3, 2), InnerProduct()), torch.tensor([[0], [1]]), k)


@given(st.integers(1, 60), st.integers(1, 400), st.integers(0, 2**31))
def test_the_kth_largest_value_is_the_one_of_topk(k: int, size: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    values = torch.randint(-40, 40, (k + size,), generator=generator).float()  # with ties
    values[torch.rand(k + size, generator=generator) < 0.3] = -torch.inf
    assert _kth_largest(values, k) == values.topk(k).values[-1]
