"""Posteriors against torch.distributions."""

from dataclasses import dataclass

import torch
from torch.distributions import Independent, Normal, kl_divergence

from image_vae.parts.distributions.posteriors import (
    CategoricalCode,
    DiagonalGaussian,
    Distribution,
    PointMass,
    gaussian_of,
    joined,
)


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


@dataclass(frozen=True)
class Shifted(Distribution):
    """A Gaussian moved by a number of its own; its parameters nest."""

    base: DiagonalGaussian
    shift: torch.Tensor
    note: str = "kept"

    def sample(self, generator: torch.Generator) -> torch.Tensor:
        return self.base.sample(generator) + self.shift

    def log_prob(self, z: torch.Tensor) -> torch.Tensor:
        return self.base.log_prob(z - self.shift)


def shifted(count: int = 4) -> Shifted:
    mean, log_std, shift = torch.randn(3, count, 2, generator=torch.Generator().manual_seed(0))
    return Shifted(DiagonalGaussian(mean, log_std), shift)


def test_a_distribution_says_no_to_what_it_does_not_implement() -> None:
    q = shifted()
    assert q.point is None
    assert q.gaussian is None
    assert q.has_density
    assert q.closed_kl(q.base) is None
    assert gaussian_of(object()) is None
    assert q.base.closed_kl(q) is None


def test_its_parameters_are_indexed_expanded_and_joined_together() -> None:
    q = shifted()
    generator = torch.Generator().manual_seed(1)
    draw = q.draw(generator)
    torch.testing.assert_close(draw.log_q(), q.log_prob(draw.z))
    wide = q.expand(3, 4)
    assert wide.sample(generator).shape == (3, 4, 2)
    assert torch.equal(wide.at(1).shift, q.shift)
    assert len(q) == 4
    again = joined([q.at(torch.tensor([0, 1])), q.at(torch.tensor([2, 3]))])
    assert torch.equal(again.base.log_std, q.base.log_std)
    assert torch.equal(again.shift, q.shift)
    assert again.note == "kept"


def test_categories_are_drawn_and_scored_as_indicators() -> None:
    logits = torch.tensor([[0.0, 1.0, -1.0]]).expand(60_000, 3)
    q = CategoricalCode(logits)
    z = q.sample(torch.Generator().manual_seed(0))
    assert torch.equal(z.sum(-1), torch.ones(60_000))
    torch.testing.assert_close(z.mean(0), q.point[0], atol=0.01, rtol=0)
    torch.testing.assert_close(q.log_prob(z), (z * logits.log_softmax(-1)).sum(-1))
