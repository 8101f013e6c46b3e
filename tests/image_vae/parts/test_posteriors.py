"""Posteriors against torch.distributions."""

import torch
from torch.distributions import Independent, Normal, kl_divergence

from image_vae.parts.posteriors import DiagonalGaussian, PointMass


def gaussian() -> tuple[DiagonalGaussian, Independent]:
    generator = torch.Generator().manual_seed(0)
    mean = torch.randn(5, 3, generator=generator)
    log_std = 0.5 * torch.randn(5, 3, generator=generator)
    return DiagonalGaussian(mean, log_std), Independent(Normal(mean, log_std.exp()), 1)


def test_the_density_is_normalised_as_torchs() -> None:
    ours, theirs = gaussian()
    z = torch.linspace(-3, 3, 15).reshape(5, 3)
    torch.testing.assert_close(ours.log_prob(z), theirs.log_prob(z))


def test_the_divergence_is_torchs() -> None:
    ours, theirs = gaussian()
    prior = Independent(Normal(torch.zeros(3), torch.ones(3)), 1)
    torch.testing.assert_close(ours.kl_standard_normal(), kl_divergence(theirs, prior))


def test_samples_have_the_stated_moments(generator: torch.Generator) -> None:
    mean, log_std = torch.tensor([1.0, -2.0]), torch.tensor([0.0, -1.0])
    many = DiagonalGaussian(mean.expand(40_000, 2), log_std.expand(40_000, 2)).sample(generator)
    torch.testing.assert_close(many.mean(0), mean, atol=0.03, rtol=0)
    torch.testing.assert_close(many.std(0), log_std.exp(), atol=0.03, rtol=0)


def test_gradients_pass_through_a_sample(generator: torch.Generator) -> None:
    mean = torch.zeros(4, 2, requires_grad=True)
    DiagonalGaussian(mean, torch.zeros(4, 2)).sample(generator).sum().backward()
    assert torch.equal(mean.grad, torch.ones(4, 2))


def test_a_point_mass_is_its_point(generator: torch.Generator) -> None:
    point = PointMass(torch.arange(6.0).reshape(3, 2))
    assert torch.equal(point.sample(generator), point.mean)
    assert not point.has_density
    assert point.gaussian is None
