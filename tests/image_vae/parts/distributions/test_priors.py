"""Priors: densities integrate to one, mixtures are sampled by weight, pseudo-inputs."""

import math
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from graphvae_data.settings.setting_errors import SettingClash
from image_vae.parts.distributions.posteriors import DiagonalGaussian, Distribution, PointMass
from image_vae.parts.distributions.priors import (
    GaussianMixture,
    Mixture,
    StandardNormal,
    UniformCategories,
    VampPrior,
    draw,
)


def encode(inputs: Tensor) -> DiagonalGaussian:
    """Stand in for an encoder: pixels 0 and 1 are the mean, the others the log σ."""
    flat = inputs.flatten(1)
    half = flat.size(1) // 2
    return DiagonalGaussian(4 * flat[:, :half] - 2, flat[:, half:] - 1)


def never(inputs: Tensor) -> DiagonalGaussian:
    raise AssertionError("this prior encodes nothing")


def images(count: int, pixels: int, seed: int = 0) -> Tensor:
    return torch.rand(count, 1, 1, pixels, generator=torch.Generator().manual_seed(seed))


def random_mixture(log_std: float, latent: int = 3, dtype: torch.dtype = torch.float64) -> Mixture:
    generator = torch.Generator().manual_seed(0)
    mean = torch.randn(6, latent, generator=generator, dtype=dtype)
    widths = log_std + 0.3 * torch.randn(6, latent, generator=generator, dtype=dtype)
    weights = torch.randn(6, generator=generator, dtype=dtype).log_softmax(0)
    return Mixture(DiagonalGaussian(mean, widths), weights)


def torchs(mixture: Mixture) -> MixtureSameFamily:
    normal = Normal(mixture.components.mean, mixture.components.log_std.exp())
    return MixtureSameFamily(Categorical(logits=mixture.log_weights), Independent(normal, 1))


def mass(log_prob: Tensor, step: float, latent: int) -> float:
    return float(log_prob.detach().double().exp().sum()) * step**latent


def grid(step: float, latent: int) -> Tensor:
    line = torch.arange(-9.0, 9.0, step)
    return torch.cartesian_prod(*(line,) * latent).reshape(-1, latent)


@pytest.mark.parametrize("latent", [1, 2])
def test_every_prior_integrates_to_one(latent: int, generator: torch.Generator) -> None:
    step = 0.05
    made: list[nn.Module] = [
        StandardNormal(latent),
        GaussianMixture(latent, 5, generator=generator),
        VampPrior(images(7, 2 * latent)),
        VampPrior(images(7, 2 * latent), learnt=False),
    ]
    for prior in made:
        assert mass(prior(encode).log_prob(grid(step, latent)), step, latent) == pytest.approx(
            1, abs=1e-4
        )
    weighed = random_mixture(-0.5, latent, torch.float32)
    assert mass(weighed.log_prob(grid(step, latent)), step, latent) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("log_std", [0.0, -3.0, -7.0, 3.0])
def test_a_mixture_is_torchs(log_std: float) -> None:
    mixture = random_mixture(log_std)
    theirs = torchs(mixture)
    z = torch.cat([theirs.sample((20,)), mixture.components.mean]).reshape(2, 13, 3)
    joint = theirs.mixture_distribution.logits + theirs.component_distribution.log_prob(
        z.unsqueeze(-2)
    )
    torch.testing.assert_close(mixture.log_joint(z), joint, rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(mixture.log_prob(z), theirs.log_prob(z), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(("log_std", "off"), [(-1.0, 4e-4), (-3.0, 0.03), (-4.6, 0.8)])
def test_single_precision_costs_little_at_the_widths_of_a_trained_model(
    log_std: float, off: float
) -> None:
    """Forty coordinates of σ about .4, .05 and .01: the square is multiplied out.

    The rounding depends on the processor's matrix product; the bounds are two to four times what
    was seen on AMD and Intel processors.
    """
    mixture = random_mixture(log_std, 40)
    z = mixture.sample(500, torch.Generator().manual_seed(0))
    single = Mixture(
        DiagonalGaussian(mixture.components.mean.float(), mixture.components.log_std.float()),
        mixture.log_weights.float(),
    )
    exact = Mixture(
        DiagonalGaussian(single.components.mean.double(), single.components.log_std.double()),
        single.log_weights.double(),
    )
    apart = single.log_prob(z.float()) - exact.log_prob(z.float().double())
    assert float(apart.abs().max()) < off
    assert float(apart.mean().abs()) < off / 5


def test_gradients_of_a_mixture_are_torchs() -> None:
    mixture = random_mixture(-1.0)
    z = torch.randn(9, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    inputs = [z, mixture.components.mean, mixture.components.log_std]
    for each in inputs:
        each.requires_grad_()
    ours = torch.autograd.grad(mixture.log_prob(z).sum(), inputs)
    theirs = torch.autograd.grad(torchs(mixture).log_prob(z).sum(), inputs)
    torch.testing.assert_close(ours, theirs)


def test_components_are_drawn_by_their_weight(generator: torch.Generator) -> None:
    """Four components far apart: the share of each is its weight, whatever its place."""
    weights = torch.tensor([0.1, 0.2, 0.0, 0.7])
    ends = DiagonalGaussian(10 * torch.arange(4.0)[:, None], torch.zeros(4, 1))
    z = Mixture(ends, weights.log()).sample(20_000, generator)
    found = torch.bincount((z[:, 0] / 10).round().long().clamp(0, 3), minlength=4) / 20_000
    torch.testing.assert_close(found, weights, atol=0.015, rtol=0)


def test_few_draws_of_many_components_are_not_the_first(generator: torch.Generator) -> None:
    ends = DiagonalGaussian(torch.arange(1000.0)[:, None], torch.full((1000, 1), -5.0))
    drawn = draw(Mixture.uniform(ends), 8, generator)[:, 0].round()
    assert float(drawn.max()) > 100
    assert drawn.tolist() != sorted(drawn.tolist())


def test_a_mixtures_draws_have_its_moments(generator: torch.Generator) -> None:
    mixture = random_mixture(-0.5, dtype=torch.float32)
    z = draw(mixture, 40_000, generator)
    theirs = torchs(mixture)
    torch.testing.assert_close(z.mean(0), theirs.mean, atol=0.03, rtol=0)
    torch.testing.assert_close(z.var(0), theirs.variance, atol=0.05, rtol=0)


def test_the_standard_normal_is_torchs(generator: torch.Generator) -> None:
    prior = StandardNormal(3)(never)
    z = draw(prior, 5_000, generator)
    assert z.shape == (5_000, 3)
    torch.testing.assert_close(prior.log_prob(z), Normal(0.0, 1.0).log_prob(z).sum(-1))
    torch.testing.assert_close(z.std(0), torch.ones(3), atol=0.05, rtol=0)
    assert not StandardNormal(3).state_dict()


def test_pseudo_inputs_that_are_the_data_make_the_aggregate_posterior() -> None:
    """By hand: log 1/N Σ_n N(z; μ_n, σ_n²), one Gaussian after another."""
    data = images(12, 4)
    prior = VampPrior(data, learnt=False)(encode)
    q = encode(data)
    z = torch.randn(5, 8, 2, generator=torch.Generator().manual_seed(3))
    by_hand = torch.zeros(5, 8)
    for mean, log_std in zip(q.mean, q.log_std, strict=True):
        by_hand += Normal(mean, log_std.exp()).log_prob(z).sum(-1).exp() / 12
    torch.testing.assert_close(prior.log_prob(z), by_hand.log())


def test_learnt_pseudo_inputs_start_at_the_data() -> None:
    data = images(12, 4)
    torch.testing.assert_close(VampPrior(data).pseudo_inputs().detach(), data.clamp(0.02, 0.98))
    torch.testing.assert_close(VampPrior(data, bounded=False).pseudo_inputs().detach(), data)
    assert torch.equal(VampPrior(data, learnt=False).pseudo_inputs(), data)


@pytest.mark.parametrize("start", [0.0, 0.5, 1.0])
def test_learnt_pseudo_inputs_move_and_stay_pixels(start: float) -> None:
    """Pushed towards pixels far outside, they come near the end of [0, 1] and stop there."""
    prior = VampPrior(torch.full((3, 1, 1, 4), start))
    optimizer = torch.optim.Adam(prior.parameters(), 0.5)
    before = prior.pseudo_inputs().detach().clone()
    for _ in range(60):
        optimizer.zero_grad()
        (-prior(encode).log_prob(torch.full((1, 2), 50.0)).sum()).backward()
        assert bool(prior.inputs.grad.any())
        optimizer.step()
    after = prior.pseudo_inputs().detach()
    assert 0 <= float(after.min()) <= float(after.max()) <= 1
    assert float(after.min()) > 0.9
    assert not torch.equal(before, after)


def test_fixed_pseudo_inputs_are_kept_with_the_weights_but_not_trained() -> None:
    prior = VampPrior(images(5, 4), learnt=False)
    assert not any(weight.requires_grad for weight in prior.parameters())
    other = VampPrior(torch.zeros(5, 1, 1, 4), learnt=False)
    other.load_state_dict(prior.state_dict())
    assert torch.equal(other.pseudo_inputs(), prior.pseudo_inputs())


def test_the_first_pseudo_inputs_are_a_copy() -> None:
    data = images(5, 4)
    prior = VampPrior(data, learnt=False)
    kept = prior.pseudo_inputs().clone()
    data.zero_()
    assert torch.equal(prior.pseudo_inputs(), kept)


@pytest.mark.slow
def test_a_mixture_of_gaussians_learns_two_heaps(generator: torch.Generator) -> None:
    """It comes within .05 nats of the entropy of the two heaps it is shown."""
    heaps = torch.tensor([[-3.0], [3.0]]).repeat(500, 1)
    z = heaps + 0.3 * torch.randn(1000, 1, generator=generator)
    prior = GaussianMixture(1, 4, generator=generator)
    optimizer = torch.optim.Adam(prior.parameters(), 0.1)
    for _ in range(200):
        optimizer.zero_grad()
        loss = -prior(never).log_prob(z).mean()
        loss.backward()
        optimizer.step()
    entropy = math.log(2) + 0.5 * math.log(2 * math.pi * math.e) + math.log(0.3)
    assert float(loss.detach()) == pytest.approx(entropy, abs=0.05)
    assert all(bool(weight.grad.any()) for weight in prior.parameters())


def test_a_mixture_of_gaussians_starts_from_its_generator() -> None:
    one, other = (
        GaussianMixture(3, 5, generator=torch.Generator().manual_seed(2)) for _ in range(2)
    )
    assert torch.equal(one.mean, other.mean)
    assert len(one.mean.unique()) == 15


@dataclass(frozen=True)
class Cauchy(Distribution):
    """Independent Cauchy coordinates."""

    location: Tensor

    def log_prob(self, z: Tensor) -> Tensor:
        return torch.distributions.Cauchy(self.location, 1.0).log_prob(z).sum(-1)

    def sample(self, generator: torch.Generator) -> Tensor:
        uniform = torch.empty_like(self.location).uniform_(generator=generator)
        return self.location + torch.tan(torch.pi * (uniform - 0.5))


def test_a_vampprior_is_the_average_of_posteriors_of_any_kind() -> None:
    inputs = torch.rand(5, 2, generator=torch.Generator().manual_seed(0))
    prior = VampPrior(inputs, learnt=False)(lambda u: Cauchy(3 * u))
    z = torch.randn(7, 4, 2, generator=torch.Generator().manual_seed(1))
    each = torch.stack([Cauchy(3 * u).log_prob(z) for u in inputs])
    torch.testing.assert_close(prior.log_prob(z), each.logsumexp(0) - math.log(5))
    assert prior.sample(6, torch.Generator().manual_seed(2)).shape == (6, 2)


def test_a_vampprior_needs_a_density_at_any_point() -> None:
    with pytest.raises(SettingClash, match="has one at its own samples only"):
        VampPrior(torch.rand(5, 2), learnt=False)(PointMass)


def test_categories_are_uniform() -> None:
    prior = UniformCategories(4)
    z = prior.sample(9, torch.Generator().manual_seed(0))
    assert z.shape == (9, 4)
    torch.testing.assert_close(prior.log_prob(z).exp(), torch.full((9,), 0.25))
