"""Penalties in closed form, with the signs and zeros of their gradients."""

import math

import pytest
import torch
from torch import Tensor

from image_vae.parts.penalties import CapacityKl, FreeBitsKl, PenaltyTerm, WeightedKl, mean_kl
from image_vae.parts.schedules import Linear, constant
from tests.image_vae.parts.traces import trace_of


def of(divergences: list[list[float]]) -> Tensor:
    """Return the means [1, batch, 3] at which each coordinate has a given divergence."""
    return (2 * torch.tensor([divergences])).sqrt().requires_grad_()


def gradient(penalty: PenaltyTerm, mean: Tensor, step: int = 0, *, analytic: bool = True) -> Tensor:
    return torch.autograd.grad(penalty(trace_of(mean), step, analytic=analytic).total, mean)[0]


@pytest.mark.parametrize("analytic", [True, False])
def test_the_mean_divergence_is_over_the_batch_and_summed_over_coordinates(analytic: bool) -> None:
    mean = of([[1.0, 2.0, 3.0], [0.0, 4.0, 0.0]])
    assert float(mean_kl(trace_of(mean), analytic=analytic).detach()) == pytest.approx(5)


@pytest.mark.parametrize(("step", "beta"), [(0, 0.0), (1, 1.0), (3, 3.0), (4, 4.0), (90, 4.0)])
def test_the_weight_warms_up_by_the_step(step: int, beta: float) -> None:
    penalty = WeightedKl(Linear(0.0, 4.0, 4))
    trace = trace_of(of([[1.0, 2.0, 3.0]]))
    assert float(penalty(trace, step, analytic=True).total.detach()) == pytest.approx(6 * beta)
    assert penalty.settled == 4
    assert WeightedKl(constant(4.0)).settled == 0


def test_the_capacity_binds_the_mean_of_the_batch_and_no_example() -> None:
    """One image at 1 nat and one at 5 meet C = 3 together: per example it would be γ · 2."""
    penalty = CapacityKl(10.0, constant(3.0))
    trace = trace_of(of([[1.0, 0.0, 0.0], [5.0, 0.0, 0.0]]))
    assert float(penalty(trace, 0, analytic=True).total.detach()) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(("capacity", "sign"), [(2.0, 1.0), (4.0, -1.0)])
def test_the_capacity_pulls_the_divergence_towards_it(capacity: float, sign: float) -> None:
    mean = of([[1.0, 0.5, 0.5], [3.0, 0.5, 0.5]])
    value = CapacityKl(10.0, constant(capacity))(trace_of(mean), 0, analytic=True).total
    assert float(value.detach()) == pytest.approx(10)
    found = gradient(CapacityKl(10.0, constant(capacity)), mean)
    torch.testing.assert_close(found, sign * 10.0 * mean.detach() / 2)


@pytest.mark.parametrize(("step", "expected"), [(0, 60.0), (5, 35.0), (10, 10.0), (11, 10.0)])
def test_the_capacity_grows_with_the_step(step: int, expected: float) -> None:
    penalty = CapacityKl(10.0, Linear(0.0, 5.0, 10))
    found = penalty(trace_of(of([[1.0, 2.0, 3.0]])), step, analytic=True)
    assert float(found.total.detach()) == pytest.approx(expected)
    assert float(found.parts["capacity"].detach()) == pytest.approx(min(step / 2, 5))
    assert penalty.settled == 10


def test_free_bits_cost_the_same_below_and_pull_only_above() -> None:
    """Coordinates by their batch means .5, 2 and .9; λ = 1."""
    mean = of([[0.9, 1.0, 0.1], [0.1, 3.0, 1.7]])
    penalty = FreeBitsKl(1.0)
    value = penalty(trace_of(mean), 0, analytic=True).total
    assert float(value.detach()) == pytest.approx(1 + 2 + 1)
    found = gradient(penalty, mean)
    assert not found[..., [0, 2]].any()
    torch.testing.assert_close(found[..., 1], mean.detach()[..., 1] / 2)
    assert penalty.settled == 0


@pytest.mark.parametrize(("nats", "expected", "moves"), [(1.0, 4.0, True), (2.0, 6.0, False)])
def test_without_a_closed_form_a_latent_is_held_as_a_whole(
    nats: float, expected: float, moves: bool
) -> None:
    mean = of([[4.0, 0.0, 0.0]])
    for trace, analytic in ((trace_of(mean, closed=False), True), (trace_of(mean), False)):
        value = FreeBitsKl(nats)(trace, 0, analytic=analytic).total
        assert float(value.detach()) == pytest.approx(expected)
        (found,) = torch.autograd.grad(value, mean, retain_graph=True)
        assert bool(found.nan_to_num().any()) is moves


def test_free_bits_of_nothing_are_the_divergence() -> None:
    trace = trace_of(of([[0.3, 1.0, math.pi]]))
    torch.testing.assert_close(
        FreeBitsKl(0.0)(trace, 0, analytic=True).total, mean_kl(trace, analytic=True)
    )
