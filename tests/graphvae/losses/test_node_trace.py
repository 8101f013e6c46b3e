"""Penalties of a node trace: the KL divergence exact, sampled, weighted, with free bits."""

import math

import pytest
import torch
from torch import Tensor

from graphvae.losses.objective import CODE, node_trace
from image_vae.parts.distributions.posteriors import DiagonalGaussian, Draw
from image_vae.parts.distributions.priors import Mixture, PriorDistribution, StandardNormal
from image_vae.parts.penalties import (
    CapacityKl,
    DecomposedKl,
    FreeBitsKl,
    PenaltyTerm,
    WeightedKl,
)
from image_vae.parts.schedules import LinearSchedule

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
    return node_trace(q, prior, Draw(z, lambda: q.log_prob(z))).kl(CODE, analytic=True).squeeze(0)


def penalty(
    term: PenaltyTerm, q: DiagonalGaussian, prior: PriorDistribution, z: Tensor, step: int = 0
) -> Tensor:
    return term(node_trace(q, prior, Draw(z, lambda: q.log_prob(z))), step, analytic=True).total


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


def test_a_trace_of_nodes_has_the_axes_of_a_trace_of_images() -> None:
    """[k, batch, ...], where the nodes are a batch with one draw each: one penalty serves both."""
    q, prior = gaussian(), normal()
    z = q.sample(torch.Generator().manual_seed(0))
    trace = node_trace(q, prior, Draw(z, lambda: q.log_prob(z)))
    assert trace.z[CODE].shape == trace.q[CODE].mean.shape == (1, NODES, WIDTH)
    assert trace.kl_by_dimension[CODE].shape == (1, NODES, WIDTH)
    shapes = {each[CODE].shape for each in (trace.log_pz, trace.log_qz, trace.kl_closed)}
    assert shapes == {(1, NODES)}
    torch.testing.assert_close(trace.log_qz[CODE], trace.q[CODE].log_prob(trace.z[CODE]))


def test_without_a_closed_form_the_divergence_is_that_of_the_draw() -> None:
    q, prior = gaussian(), normal()
    z = q.sample(torch.Generator().manual_seed(0))
    value = WeightedKl()(
        node_trace(q, prior, Draw(z, lambda: q.log_prob(z))), 0, analytic=False
    ).total
    torch.testing.assert_close(value, (q.log_prob(z) - prior.log_prob(z)).mean())


def test_a_capacity_is_held_and_grows() -> None:
    q = gaussian()
    whole, term = q.kl_standard_normal().mean(), CapacityKl(3.0, LinearSchedule(0.0, 2.0, 4))
    for step, capacity in ((0, 0.0), (2, 1.0), (9, 2.0)):
        value = penalty(term, q, normal(), q.mean, step)
        torch.testing.assert_close(value, 3 * (whole - capacity).abs())


def test_a_decomposition_of_all_nodes_sums_to_the_divergence() -> None:
    """With every weight one; all nodes are in the batch, so that q(z) is exact."""
    q, prior = gaussian(), normal()
    z = q.sample(torch.Generator().manual_seed(0))
    terms = DecomposedKl(1.0, 1.0, 1.0, "hfvae", NODES)(
        node_trace(q, prior, Draw(z, lambda: q.log_prob(z))), 0, analytic=True
    )
    torch.testing.assert_close(terms.total, (q.log_prob(z) - prior.log_prob(z)).mean())
    aggregate = torch.stack([q.log_prob(each) for each in z]).logsumexp(1) - math.log(NODES)
    information = (q.log_prob(z) - aggregate).mean()
    torch.testing.assert_close(terms.parts["mutual_information"], information)


def test_a_warm_up_weighs_by_the_step() -> None:
    q = gaussian()
    whole, warm = q.kl_standard_normal().mean(), WeightedKl(LinearSchedule(0.0, 1.0, 4))
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
