"""The oneDNN product against PyTorch's, in value and in both derivatives."""

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from image_vae.nn.affine import FUSED, MIN_PRODUCTS, Affine, Fused, affine, by_onednn
from image_vae.nn.linear_backend import fastest

ROWS, INPUTS, OUTPUTS = 50, 200, 120


@pytest.fixture(autouse=True)
def by_onednn_where_it_can(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever is faster on this machine."""
    monkeypatch.setenv("GRAPHVAE_LINEAR", "onednn")
    fastest.cache_clear()
    yield
    fastest.cache_clear()


def parts(seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Return x [2, rows, inputs], W and b, of the size that a layer's have."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(2, ROWS, INPUTS, generator=generator)
    weight = torch.randn(OUTPUTS, INPUTS, generator=generator) / INPUTS**0.5
    bias = torch.randn(OUTPUTS, generator=generator)
    return x.requires_grad_(), weight.requires_grad_(), bias.requires_grad_()


def exact(x: Tensor, weight: Tensor, bias: Tensor, activation: Fused) -> Tensor:
    """Return the same in double precision by PyTorch."""
    return FUSED[activation](F.linear(x.double(), weight.double(), bias.double()))


@pytest.mark.parametrize("activation", ["none", "tanh", "relu"])
def test_value_and_gradients_are_those_of_the_formula(activation: Fused) -> None:
    given = parts()
    assert by_onednn(*given[:2]) == torch.backends.mkldnn.is_available()
    ours, theirs = affine(*given, activation), exact(*given, activation)
    torch.testing.assert_close(ours.double(), theirs, rtol=1e-5, atol=1e-5)
    for loss in (lambda y: y.square().mean(), lambda y: y.sum()):  # the last gradient has stride 0
        one = torch.autograd.grad(loss(ours), given, retain_graph=True)
        other = torch.autograd.grad(loss(theirs), given, retain_graph=True)
        for found, expected in zip(one, other, strict=True):
            largest = float(expected.abs().max())
            torch.testing.assert_close(found, expected, rtol=0.0, atol=1e-5 * largest)


@pytest.mark.parametrize("activation", ["none", "tanh", "relu"])
def test_a_gradient_has_a_gradient(activation: Fused) -> None:
    given = parts()
    found = []
    for function in (affine, exact):
        value = function(*given, activation).square().sum()
        (slope,) = torch.autograd.grad(value, given[0], create_graph=True)
        found.append(torch.autograd.grad(slope.square().mean(), given[1])[0])
    largest = float(found[1].abs().max())
    torch.testing.assert_close(found[0], found[1], rtol=0.0, atol=1e-5 * largest)


def test_only_what_asks_for_a_gradient_gets_one() -> None:
    x, weight, bias = parts()
    affine(x.detach(), weight, bias.detach(), "tanh").sum().backward()
    assert weight.grad is not None
    assert x.grad is None
    assert bias.grad is None


def test_double_precision_and_small_products_go_to_pytorch() -> None:
    x, weight, _ = parts()
    assert not by_onednn(x.double(), weight.double())
    few = MIN_PRODUCTS // (INPUTS * OUTPUTS)
    assert not by_onednn(x[0, :few], weight)
    x, weight, bias = (each.double() for each in parts())
    assert torch.equal(affine(x, weight, bias, "tanh"), exact(x, weight, bias, "tanh"))


def test_a_layer_is_a_linear_layer_with_its_activation() -> None:
    layer = Affine(INPUTS, OUTPUTS)
    x = parts()[0]
    with torch.no_grad():
        torch.testing.assert_close(layer(x, "tanh"), torch.tanh(layer(x)), rtol=1e-5, atol=1e-6)
    assert set(layer.state_dict()) == {"weight", "bias"}
