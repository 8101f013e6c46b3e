"""The sum over all pairs against the dense formula, in double precision unless stated otherwise."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from graphvae.losses import all_pairs
from graphvae.losses.all_pairs import MAX_LATENT, all_pairs_softplus, choose_backend


def embedding(nodes: int, scale: float = 1.0, latent: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(nodes)
    return scale * torch.randn(nodes, latent, dtype=torch.float64, generator=generator)


def value_and_gradient(loss: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    return loss.detach(), torch.autograd.grad(loss, z)[0]


def ours(z: Tensor) -> tuple[Tensor, Tensor]:
    z = z.clone().requires_grad_()
    return value_and_gradient(3 * all_pairs_softplus(z), z)


def dense(z: Tensor) -> tuple[Tensor, Tensor]:
    z = z.double().requires_grad_()
    return value_and_gradient(3 * F.softplus(z @ z.T).sum(), z)


def tiles_of(rows: int, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_pairs, "ROWS", rows)
    monkeypatch.setattr(all_pairs, "COLUMNS", columns)


@pytest.mark.parametrize("rows", [1, 3, 16, 53, 100])
@pytest.mark.parametrize("columns", [1, 7, 53, 100])
def test_tiles_give_the_dense_sum_and_gradient(
    rows: int, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiles_of(rows, columns, monkeypatch)
    torch.testing.assert_close(ours(embedding(53)), dense(embedding(53)), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("nodes", [1, 2, 16, 255, 256, 257, 700])
def test_any_number_of_nodes_will_do(nodes: int) -> None:
    torch.testing.assert_close(ours(embedding(nodes)), dense(embedding(nodes)))


@pytest.mark.parametrize("scale", [0.0, 0.01, 1.0, 5.0, 100.0])
def test_single_precision_is_exact_at_any_scale_of_the_logits(scale: float) -> None:
    """From logits near 0 to ones whose sigmoids underflow: 1e-6 of the value, 1e-5 the gradient."""
    z = embedding(500, scale, latent=16).float()
    (value, gradient), (value_64, gradient_64) = ours(z), dense(z)
    assert abs(value.double() - value_64) <= 1e-6 * value_64
    assert (gradient - gradient_64).norm() <= 1e-5 * gradient_64.norm()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_two_opposed_clusters_keep_their_value(dtype: torch.dtype) -> None:
    """Half of all logits are −400, half +400: the products underflow, the sum does not."""
    z = torch.tensor([[20.0], [-20.0]], dtype=dtype).repeat(40, 1)
    value, gradient = ours(z)
    torch.testing.assert_close(value, torch.tensor(3 * 400.0 * 80 * 40, dtype=dtype))
    torch.testing.assert_close(gradient, 3 * 2 * 40 * z)


@pytest.mark.parametrize(("logit", "groups"), [(-1.0, 2), (-10.0, 8), (-50.0, None)])
def test_products_stop_before_they_underflow(logit: float, groups: int | None) -> None:
    products = all_pairs.products_by_column(torch.full((32, 5), logit).sigmoid())
    assert (None if products is None else len(products)) == groups
    if products is not None:
        expected = 32 * 5 * F.softplus(torch.tensor(-logit))
        torch.testing.assert_close(-products.log().sum(), expected)


def test_the_sum_is_never_below_that_of_no_embedding() -> None:
    """Why rounding is harmless: softplus is convex and the mean logit is ‖Σ z‖² / N² ≥ 0."""
    for scale in (0.01, 0.3, 1.0, 3.0):
        z = embedding(40, scale)
        assert all_pairs_softplus(z) >= 40**2 * math.log(2)


def test_the_gradient_is_that_of_finite_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    tiles_of(4, 5, monkeypatch)
    z = embedding(11).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: all_pairs_softplus(z) ** 2, [z])


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_bits_run_to_run(threads: int) -> None:
    z, before = embedding(1100, latent=16).float(), torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        first, *others = [ours(z) for _ in range(4)]
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(a, b) for other in others for a, b in zip(first, other, strict=True))
    torch.testing.assert_close(first, tuple(t.float() for t in dense(z)), rtol=1e-5, atol=1e-3)


def test_what_is_not_a_number_shows() -> None:
    z = embedding(20)
    z[3, 1] = torch.nan
    assert all_pairs_softplus(z).isnan()


def test_a_strided_embedding_is_the_embedding() -> None:
    z = embedding(30, latent=8)
    torch.testing.assert_close(ours(z[:, ::2]), dense(z[:, ::2].contiguous()))


def test_the_embedding_is_left_as_it_was() -> None:
    z = embedding(30)
    before = z.clone()
    ours(z)
    assert torch.equal(z, before)


@pytest.mark.parametrize(
    ("device", "dtype", "latent", "has_triton", "expected"),
    [
        ("cuda", torch.float32, 16, True, "triton"),
        ("cuda", torch.float32, MAX_LATENT, True, "triton"),
        ("cuda", torch.float32, MAX_LATENT + 1, True, "blocks"),
        ("cuda", torch.float32, 16, False, "blocks"),
        ("cuda", torch.float64, 16, True, "blocks"),
        ("cuda", torch.bfloat16, 16, True, "blocks"),
        ("cpu", torch.float32, 16, True, "blocks"),
        ("mps", torch.float32, 16, True, "blocks"),
    ],
)
def test_the_kernel_is_used_where_it_can_be(
    device: str, dtype: torch.dtype, latent: int, has_triton: bool, expected: str
) -> None:
    assert choose_backend(device, dtype, latent, has_triton=has_triton) == expected


@pytest.mark.parametrize(("device", "nodes"), [("cpu", 10), ("cpu", 5000), ("cuda", 10**6)])
def test_a_tile_never_grows_with_the_graph(device: str, nodes: int) -> None:
    rows, columns = all_pairs.tile_size(device, nodes)
    assert 0 < rows <= min(columns, nodes)
    assert 4 * rows * columns <= (1 << 22 if device == "cpu" else 1 << 26)
