"""Inner products of pairs: the values and gradients of the plain formula, by whichever way."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from graphvae.graph import pair_products as module
from graphvae.graph.pair_products import FEW, pair_products

Pairs = Callable[[int, int], Tensor]


@pytest.fixture
def pairs(generator: torch.Generator) -> Pairs:
    """A function that draws pairs of a number of nodes, with repeats."""
    return lambda nodes, count: torch.randint(nodes, (2, count), generator=generator)


def plain(left: Tensor, right: Tensor, pairs: Tensor) -> Tensor:
    return (left[pairs[0]] * right[pairs[1]]).sum(-1)


def rows(nodes: int, latent: int, generator: torch.Generator) -> Tensor:
    return torch.randn(nodes, latent, generator=generator, dtype=torch.float64).requires_grad_()


@pytest.mark.parametrize("count", [0, 1, FEW - 1, FEW, 3 * FEW])
@pytest.mark.parametrize("nodes", [7, 500, module.RADIX + 1])
def test_values_and_gradients_are_those_of_the_formula(
    nodes: int, count: int, pairs: Pairs, generator: torch.Generator
) -> None:
    left, right, drawn = rows(nodes, 3, generator), rows(nodes, 3, generator), pairs(nodes, count)
    weights = torch.randn(count, generator=generator, dtype=torch.float64)
    products = pair_products(left, right, drawn)
    assert torch.equal(products, plain(left, right, drawn))
    found = torch.autograd.grad((products * weights).sum(), (left, right))
    expected = torch.autograd.grad((plain(left, right, drawn) * weights).sum(), (left, right))
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_a_matrix_with_itself_gets_both_gradients(pairs: Pairs, generator: torch.Generator) -> None:
    z, drawn = rows(50, 4, generator), pairs(50, FEW)
    (found,) = torch.autograd.grad(pair_products(z, z, drawn).square().sum(), z)
    (expected,) = torch.autograd.grad(plain(z, z, drawn).square().sum(), z)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_views_and_constants_are_taken(pairs: Pairs, generator: torch.Generator) -> None:
    """Halves of a matrix, the transpose of a list of pairs, a side without a gradient."""
    z, drawn = rows(50, 6, generator), pairs(50, FEW).T.contiguous().T
    source, target = z.chunk(2, -1)
    (found,) = torch.autograd.grad(pair_products(source, target.detach(), drawn).sum(), z)
    (expected,) = torch.autograd.grad(plain(source, target.detach(), drawn).sum(), z)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    constant = pair_products(source.detach(), target.detach(), drawn)
    assert not constant.requires_grad
    assert torch.equal(constant, plain(source, target, drawn))


@pytest.mark.parametrize("chunk", [1, 64, 10_000])
def test_chunks_change_no_bit(
    chunk: int, pairs: Pairs, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    z, drawn = torch.randn(300, 16, generator=generator), pairs(300, FEW)
    whole = pair_products(z, z, drawn)
    monkeypatch.setattr(module, "CHUNK", chunk)
    assert torch.equal(pair_products(z, z, drawn), whole)
    assert torch.equal(whole, plain(z, z, drawn))


def test_the_gradient_is_of_the_same_bits_again(pairs: Pairs, generator: torch.Generator) -> None:
    z, drawn = torch.randn(300, 16, generator=generator).requires_grad_(), pairs(300, 2 * FEW)
    one, two = (torch.autograd.grad(pair_products(z, z, drawn).sum(), z)[0] for _ in range(2))
    assert torch.equal(one, two)


def test_it_can_be_differentiated_twice(
    pairs: Pairs, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FEW", 0)
    left, right, drawn = rows(5, 2, generator), rows(5, 2, generator), pairs(5, 9)
    assert torch.autograd.gradcheck(pair_products, (left, right, drawn))
    assert torch.autograd.gradgradcheck(pair_products, (left, right, drawn))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_low_precision_is_taken(
    dtype: torch.dtype, pairs: Pairs, generator: torch.Generator
) -> None:
    z, drawn = torch.randn(50, 4, generator=generator).to(dtype), pairs(50, FEW)
    assert torch.equal(pair_products(z, z, drawn), plain(z, z, drawn))
