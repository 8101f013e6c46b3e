"""The divergence of the codes from their prior: exact, drawn, weighed, and partly free."""

import pytest
import torch
from graphvae.losses.divergence import Divergence, node_kl
from torch import Tensor

from image_vae.parts.posteriors import DiagonalGaussian
from image_vae.parts.priors import Mixture, StandardNormal
from image_vae.parts.schedules import Linear

NODES, WIDTH = 6, 3


def gaussian(nodes: int = NODES, scale: float = 1.0) -> DiagonalGaussian:
    generator = torch.Generator().manual_seed(nodes)
    mean, log_std = torch.randn(2, nodes, WIDTH, dtype=torch.float64, generator=generator)
    return DiagonalGaussian(scale * mean, 0.3 * log_std)


def one_normal(width: int = WIDTH, count: int = 1) -> Mixture:
    """N(0, I), written as a mixture."""
    zeros = torch.zeros(count, width, dtype=torch.float64)
    return Mixture.uniform(DiagonalGaussian(zeros, zeros))


def encode(inputs: Tensor) -> DiagonalGaussian:
    raise AssertionError(f"a normal encodes nothing, got {inputs.shape}")


def test_from_a_normal_it_is_the_closed_form_to_the_bit() -> None:
    q = gaussian()
    expected = q.kl_standard_normal()
    for prior in (None, StandardNormal(WIDTH)(encode)):
        assert torch.equal(Divergence()(q, prior, q.mean, epoch=3), expected)


@pytest.mark.parametrize("count", [1, 4])
def test_from_a_mixture_the_mean_over_draws_is_the_divergence(count: int) -> None:
    """A mixture of one Gaussian, or of the same one four times, has the closed form to compare."""
    q, generator = gaussian(2), torch.Generator().manual_seed(0)
    prior = one_normal(count=count)
    draws = [node_kl(q, prior, q.sample(generator)) for _ in range(4000)]
    found = torch.stack(draws)
    spread = found.std(0) / len(draws) ** 0.5
    assert ((found.mean(0) - q.kl_standard_normal()).abs() < 5 * spread).all()


def test_a_warm_up_weighs_by_the_epoch() -> None:
    q = gaussian()
    whole, warm = q.kl_standard_normal(), Divergence(Linear(0.0, 1.0, 4))
    for epoch, weight in ((0, 0.0), (1, 0.25), (4, 1.0), (9, 1.0)):
        torch.testing.assert_close(warm(q, None, q.mean, epoch=epoch), weight * whole)


def test_free_bits_are_free_in_each_coordinate_on_average() -> None:
    """Coordinate 0 costs 0.5 or 4.5 nats a node, 2.5 on average; the others cost nothing."""
    mean = torch.zeros(2, WIDTH)
    mean[:, 0] = torch.tensor([1.0, 3.0])
    q = DiagonalGaussian(mean, torch.zeros(2, WIDTH))
    found = Divergence(free_bits=0.75)(q, None, q.mean)
    torch.testing.assert_close(found, torch.full((2,), 2.5 + 2 * 0.75))


def test_what_is_free_is_not_pushed_down() -> None:
    mean = torch.tensor([[2.0, 0.1], [2.0, 0.2]], requires_grad=True)
    q = DiagonalGaussian(mean, torch.zeros(2, 2))
    Divergence(free_bits=0.5)(q, None, q.mean).mean().backward()
    torch.testing.assert_close(mean.grad, torch.tensor([[1.0, 0.0], [1.0, 0.0]]))


@pytest.mark.parametrize("free", [0.01, 100.0])
def test_beside_a_mixture_all_coordinates_are_free_together(free: float) -> None:
    q, prior = gaussian(), one_normal()
    z = q.sample(torch.Generator().manual_seed(1))
    drawn = node_kl(q, prior, z).mean()
    assert drawn > 0.01 * WIDTH
    expected = max(float(drawn), free * WIDTH)
    found = Divergence(free_bits=free)(q, prior, z)
    torch.testing.assert_close(found, torch.full((NODES,), expected, dtype=torch.float64))
