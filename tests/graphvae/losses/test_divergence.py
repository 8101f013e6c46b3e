"""Penalties of a node trace: the KL divergence exact, sampled, weighted, with free bits."""

import pytest
import torch
from torch import Tensor

from graphvae.losses.objective import CODE, node_trace
from image_vae.parts.penalties import FreeBitsKl, PenaltyTerm, WeightedKl
from image_vae.parts.posteriors import DiagonalGaussian
from image_vae.parts.priors import Mixture, PriorDistribution, StandardNormal
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


def normal(dtype: torch.dtype = torch.float64) -> PriorDistribution:
    prior: PriorDistribution = StandardNormal(WIDTH).to(dtype)(encode)
    return prior


def kl(q: DiagonalGaussian, prior: PriorDistribution, z: Tensor) -> Tensor:
    """KL of each node at the draw z: exact where there is a formula."""
    return node_trace(q, prior, z).kl(CODE, analytic=True).squeeze(0)


def penalty(
    term: PenaltyTerm, q: DiagonalGaussian, prior: PriorDistribution, z: Tensor, step: int = 0
) -> Tensor:
    return term(node_trace(q, prior, z), step, analytic=True).total


def test_from_a_normal_it_is_the_closed_form_to_the_bit() -> None:
    q = gaussian()
    assert torch.equal(kl(q, normal(), q.mean), q.kl_standard_normal())


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 4])
def test_from_a_mixture_the_mean_over_draws_is_the_divergence(count: int) -> None:
    """A mixture of one Gaussian, or of the same one four times, has the closed form to compare."""
    q, generator = gaussian(2), torch.Generator().manual_seed(0)
    prior = one_normal(count=count)
    draws = torch.stack([kl(q, prior, q.sample(generator)) for _ in range(4000)])
    spread = draws.std(0) / len(draws) ** 0.5
    assert ((draws.mean(0) - q.kl_standard_normal()).abs() < 5 * spread).all()


def test_a_warm_up_weighs_by_the_step() -> None:
    q = gaussian()
    whole, warm = q.kl_standard_normal().mean(), WeightedKl(Linear(0.0, 1.0, 4))
    for step, weight in ((0, 0.0), (1, 0.25), (4, 1.0), (9, 1.0)):
        torch.testing.assert_close(penalty(warm, q, normal(), q.mean, step), weight * whole)


def test_free_bits_are_free_in_each_coordinate_on_average() -> None:
    """Coordinate 0 costs 0.5 or 4.5 nats a node, 2.5 on average; the others cost nothing."""
    mean = torch.zeros(2, WIDTH)
    mean[:, 0] = torch.tensor([1.0, 3.0])
    q = DiagonalGaussian(mean, torch.zeros(2, WIDTH))
    value = penalty(FreeBitsKl(0.75), q, normal(torch.float32), q.mean)
    torch.testing.assert_close(value, torch.tensor(2.5 + 2 * 0.75))


def test_what_is_free_is_not_pushed_down() -> None:
    mean = torch.tensor([[2.0, 0.1, 0.0], [2.0, 0.2, 0.0]], requires_grad=True)
    q = DiagonalGaussian(mean, torch.zeros(2, WIDTH))
    penalty(FreeBitsKl(0.5), q, normal(torch.float32), q.mean).backward()
    torch.testing.assert_close(mean.grad, torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))


@pytest.mark.parametrize("free", [0.01, 100.0])
def test_beside_a_mixture_all_coordinates_are_free_together(free: float) -> None:
    q, prior = gaussian(), one_normal()
    z = q.sample(torch.Generator().manual_seed(1))
    drawn = float(kl(q, prior, z).mean())
    assert drawn > 0.01 * WIDTH
    value = penalty(FreeBitsKl(free), q, prior, z)
    assert float(value) == pytest.approx(max(drawn, free * WIDTH))
