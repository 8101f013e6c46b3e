"""Flows: Jacobians against autograd, densities on grids, and the two ways round of one map."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from image_vae.parts.distributions.flow_steps import (
    FARTHEST,
    Autoregressive,
    Coupling,
    FlowStep,
    Made,
    Planar,
)
from image_vae.parts.distributions.flows import (
    Flow,
    FlowPosterior,
    FlowPrior,
    autoregressive_flow,
    coupling_flow,
    planar_flow,
)
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.parts.distributions.priors import VampPrior


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


FLOWS: dict[str, Callable[[int], Flow]] = {
    "planar": lambda width: planar_flow(width, 3),
    "iaf": lambda width: autoregressive_flow(width, 3, 16, 4, seeded()).double(),
    "coupling": lambda width: coupling_flow(width, 3, 16, 4, seeded()).double(),
}


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("width", [2, 5])
def test_the_log_determinant_is_that_of_the_jacobian(name: str, width: int) -> None:
    flow = FLOWS[name](width)
    x, context = noise(6, width), noise(6, flow.context, seed=1)
    y, log_det = flow(x, context)
    for i in range(6):
        jacobian = torch.autograd.functional.jacobian(
            lambda each, i=i: flow(each, context[i])[0],
            x[i],
        )
        torch.testing.assert_close(log_det[i], torch.linalg.slogdet(jacobian).logabsdet)
    assert y.shape == x.shape


@pytest.mark.parametrize("name", ["iaf", "coupling"])
@pytest.mark.parametrize("width", [2, 5])
def test_the_inverse_goes_back(name: str, width: int) -> None:
    flow = FLOWS[name](width)
    x, context = noise(3, 6, width), noise(6, flow.context, seed=1).expand(3, 6, -1)
    y, log_det = flow(x, context)
    back, again = flow.inverse(y, context)
    torch.testing.assert_close(back, x, atol=1e-9, rtol=0)
    torch.testing.assert_close(again, log_det, atol=1e-9, rtol=0)


def test_a_planar_step_is_invertible_whatever_its_parameters() -> None:
    """On a line its slope is positive everywhere."""
    step, x = Planar(1), torch.linspace(-9, 9, 2_001, dtype=torch.float64).unsqueeze(1)
    for seed in range(20):
        context = (4 * noise(3, seed=seed)).expand(2_001, 3)
        y, log_det = step(x, context)
        assert (y.diff(dim=0) > 0).all()
        assert log_det.isfinite().all()


def test_an_output_of_made_sees_the_inputs_before_it_alone() -> None:
    network = Made(5, 17, 0, 2, generator=seeded()).double()
    x = noise(5)
    for outputs in torch.autograd.functional.jacobian(lambda each: network(each, x[:0]), x):
        assert torch.equal(outputs.triu(), torch.zeros(5, 5, dtype=torch.float64))
        assert (outputs.tril(-1)[1:, 0] != 0).all()


GRID = torch.linspace(-9, 9, 361, dtype=torch.float64)


@pytest.mark.parametrize("name", ["iaf", "coupling"])
def test_a_posterior_integrates_to_one(name: str) -> None:
    posterior = FlowPosterior(2, FLOWS[name](2))
    mean, log_std, context = 0.5 * noise(2), 0.2 * noise(2, seed=1), noise(4, seed=2)
    q = posterior(mean, log_std, context)
    points = torch.cartesian_prod(GRID, GRID)
    with torch.no_grad():
        total = q.expand(len(points)).log_prob(points).exp().sum() * (GRID[1] - GRID[0]) ** 2
    assert float(total) == pytest.approx(1, abs=1e-3)


def test_a_prior_integrates_to_one_and_is_drawn_from() -> None:
    prior = FlowPrior(autoregressive_flow(2, 2, 16, 0, seeded()).double(), 2)
    points = torch.cartesian_prod(GRID, GRID)
    with torch.no_grad():
        density = prior.log_prob(points).exp()
        z = prior.sample(40_000, seeded(1))
    cell = float(GRID[1] - GRID[0]) ** 2
    assert float(density.sum()) * cell == pytest.approx(1, abs=1e-3)
    mean = (density.unsqueeze(1) * points).sum(0) * cell
    torch.testing.assert_close(z.mean(0), mean, atol=0.03, rtol=0)


@pytest.mark.parametrize("name", FLOWS)
def test_the_density_of_a_draw_is_that_at_the_point(name: str) -> None:
    posterior = FlowPosterior(3, FLOWS[name](3))
    outputs = [noise(7, width, seed=width) for width in posterior.widths]
    q = posterior(*outputs)
    draw = q.draw(seeded())
    assert draw.log_q().shape == (7,)
    if q.has_density:
        torch.testing.assert_close(q.log_prob(draw.z), draw.log_q(), atol=1e-9, rtol=0)
    else:
        assert name == "planar"


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_without_steps_is_the_gaussian_to_the_bit(name: str) -> None:
    flow = {"planar": planar_flow(3, 0)}.get(name, autoregressive_flow(3, 0, 8, 4, seeded()))
    mean, log_std = torch.randn(2, 5, 3, generator=seeded())
    gaussian = DiagonalGaussian(mean, log_std)
    q = FlowPosterior(3, flow)(mean, log_std)
    one, other = q.draw(seeded(1)), gaussian.draw(seeded(1))
    assert torch.equal(one.z, other.z)
    assert torch.equal(one.log_q(), other.log_q())
    assert q.gaussian is not None


def test_a_prior_by_a_flow_is_a_posterior_by_its_inverse() -> None:
    """The identity of Chen et al. 2016, §3.2, both ways round, in the divergence of each draw.

    Codes z = f⁻¹(ε) of a Gaussian ε under the prior p(z) = N(f(z)) |∂f/∂z|: log q(z) − log p(z) is
    log q(ε) − log N(ε), that of a VAE whose code is ε and whose decoder starts with f⁻¹.
    """
    flow = autoregressive_flow(6, 2, 32, 0, seeded()).double()
    prior, q = FlowPrior(flow, 6), DiagonalGaussian(noise(9, 6), 0.3 * noise(9, 6, seed=1))
    noise_draw = q.draw(seeded(2))
    empty = noise_draw.z[..., :0]
    z, log_det = flow.inverse(noise_draw.z, empty)
    log_q = noise_draw.log_q() + log_det  # |∂z/∂ε| is the inverse of |∂f/∂z|
    normal = DiagonalGaussian(torch.zeros_like(z), torch.zeros_like(z))
    expected = noise_draw.log_q() - normal.log_prob(noise_draw.z)
    torch.testing.assert_close(log_q - prior.log_prob(z), expected, atol=1e-10, rtol=0)

    # The other way: ε = f(z₀) by a flow posterior under N(0, I), and z₀ under the flow prior.
    posterior = FlowPosterior(6, flow)(q.mean, q.log_std)
    draw, start = posterior.draw(seeded(3)), q.draw(seeded(3))
    forward = draw.log_q() - normal.log_prob(draw.z)
    backward = start.log_q() - prior.log_prob(start.z)
    torch.testing.assert_close(forward, backward, atol=1e-10, rtol=0)


def test_a_vampprior_over_a_flow_is_that_of_the_flow() -> None:
    posterior = FlowPosterior(2, FLOWS["iaf"](2))
    inputs = torch.rand(4, 8, generator=seeded(), dtype=torch.float64)

    def encode(u: Tensor) -> object:
        return posterior(u[:, :2], u[:, 2:4], u[:, 4:])

    prior = VampPrior(inputs, learnt=False)(encode)
    z = noise(5, 2)
    each = torch.stack(
        [encode(u.unsqueeze(0)).expand(5).log_prob(z) for u in inputs]  # type: ignore[attr-defined]
    )
    torch.testing.assert_close(prior.log_prob(z), each.logsumexp(0) - math.log(4))
    assert prior.sample(3, seeded()).shape == (3, 2)


@pytest.mark.parametrize("step", [Autoregressive, Coupling])
def test_the_weights_come_from_the_generator(step: type[FlowStep]) -> None:
    before = torch.get_rng_state()
    one, again, other = (
        list(step(4, 8, 2, generator=seeded(seed)).parameters()) for seed in (0, 0, 1)
    )
    assert all(map(torch.equal, one, again))
    assert not all(map(torch.equal, one, other))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_prior_with_small_gates_draws_finite_codes() -> None:
    """Each coordinate is much greater than those before it: without a limit it overflows."""
    flow = autoregressive_flow(40, 2, 8, 0, torch.Generator().manual_seed(0))
    for weight in flow.parameters():
        weight.data.mul_(30)
    prior = FlowPrior(flow, 40)
    z = prior.sample(50, torch.Generator().manual_seed(1))
    assert bool(z.isfinite().all())
    assert float(z.abs().max().detach()) == FARTHEST
