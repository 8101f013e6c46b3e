"""Flows of maps: Jacobians, order, densities by coordinate."""

import pytest
import torch

from image_vae.parts.distributions.map_flows import FlowingMaps, MapFlow
from image_vae.parts.distributions.posteriors import DiagonalGaussian

SHAPE = (2, 3, 3)
SIZE = 18


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def flow(steps: int) -> MapFlow:
    made = MapFlow(SHAPE, 5, steps, generator=seeded()).double()
    for weight in made.parameters():
        weight.data.normal_(0, 0.4, generator=seeded(1))
    return made


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_the_log_determinant_is_that_of_the_jacobian(steps: int) -> None:
    made = flow(steps)
    x = torch.randn(SIZE, generator=seeded(2), dtype=torch.float64)
    context = torch.randn(5 * 9, generator=seeded(3), dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda x: made(x, context)[0], x)
    _, log_slope = made(x, context)
    expected = torch.linalg.slogdet(jacobian)[1]
    torch.testing.assert_close(log_slope.sum(), expected, atol=1e-10, rtol=0)
    if steps == 1:  # a coordinate follows those before it: pixels first, then maps
        order = torch.arange(SIZE).view(SHAPE).permute(1, 2, 0).flatten()
        ordered = jacobian[order][:, order]
        assert float(ordered.triu(1).abs().max()) == 0
        assert float((ordered.tril(-1) != 0).double().mean()) > 0.2
    if steps > 1:  # together the two orders reach everything nearby
        assert float(jacobian.triu(1).abs().max()) > 0


def test_the_density_has_a_term_for_each_coordinate() -> None:
    base = DiagonalGaussian(
        torch.randn(4, SIZE, generator=seeded(4)).double(),
        torch.full((4, SIZE), -0.5, dtype=torch.float64),
    )
    q = FlowingMaps(base, torch.randn(4, 45, generator=seeded(5)).double(), flow(2))
    draw = q.expand(3, 4).draw(seeded(6))
    assert draw.z.shape == (3, 4, SIZE)
    assert draw.by_dimension is not None
    torch.testing.assert_close(draw.by_dimension().sum(-1), draw.log_q())
    assert not q.has_density


def test_a_flow_without_steps_is_the_gaussian() -> None:
    base = DiagonalGaussian(torch.zeros(2, SIZE), torch.zeros(2, SIZE))
    q = FlowingMaps(base, torch.zeros(2, 45), MapFlow(SHAPE, 5, 0, generator=seeded()))
    draw, expected = q.draw(seeded(1)), base.draw(seeded(1))
    assert torch.equal(draw.z, expected.z)
    assert torch.equal(draw.log_q(), expected.log_q())
