"""Likelihoods against torch.distributions and SciPy; each sums or integrates to one."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import logistic
from torch import Tensor
from torch.distributions import Bernoulli as TorchBernoulli
from torch.distributions import Normal

from image_vae.parts.distributions.likelihoods import (
    LEVELS,
    Bernoulli,
    DiscretisedLogistic,
    ImageDistribution,
    PixelGaussian,
)

SHAPE = (3, 5, 1, 4, 2)
LINE = torch.arange(LEVELS, dtype=torch.float64) / (LEVELS - 1)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def one_pixel(location: float, log_scale: float) -> Tensor:
    """Return the log-probability of every level of one pixel, in double precision."""
    place = torch.full((1, LEVELS, 1), location, dtype=torch.float64)
    scale = torch.full((1, 1, 1), log_scale, dtype=torch.float64)
    return DiscretisedLogistic(place, scale).log_prob(LINE[:, None])[0]


def test_binary_pixels_are_torchs() -> None:
    logits = 3 * noise(*SHAPE)
    x = (noise(*SHAPE[1:], seed=1) > 0).float()
    theirs = TorchBernoulli(logits=logits).log_prob(x).flatten(2).sum(-1)
    torch.testing.assert_close(Bernoulli(logits).log_prob(x), theirs)


def test_binary_images_sum_to_one() -> None:
    bits = torch.cartesian_prod(*(torch.tensor([0.0, 1.0]),) * 6)
    found = Bernoulli(noise(1, 1, 6).expand(1, 64, 6)).log_prob(bits)
    assert float(found.logsumexp(1)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("logit", [-200.0, 200.0])
def test_sure_pixels_stay_finite(logit: float) -> None:
    """No epsilon inside a logarithm: the wrong pixel costs all of its 200 nats."""
    logits = torch.full((1, 2, 1), logit, requires_grad=True)
    found = Bernoulli(logits).log_prob(torch.tensor([[0.0], [1.0]]))
    assert sorted(found[0].tolist()) == [-200, 0]
    found.sum().backward()
    assert bool(logits.grad.isfinite().all())


def test_a_gaussian_image_is_torchs() -> None:
    mean, x, log_std = noise(*SHAPE), noise(*SHAPE[1:], seed=1), torch.tensor(-0.7)
    theirs = Normal(mean, log_std.exp()).log_prob(x).flatten(2).sum(-1)
    torch.testing.assert_close(PixelGaussian(mean, log_std).log_prob(x), theirs)


@pytest.mark.parametrize("log_std", [-2.0, 0.5])
def test_a_gaussian_pixel_integrates_to_one(log_std: float) -> None:
    step = 0.01
    x = torch.arange(-12, 12, step)[:, None]
    found = PixelGaussian(torch.full((1, len(x), 1), 0.3), torch.tensor(log_std)).log_prob(x)
    assert float(found.double().exp().sum()) * step == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("location", [-0.4, 0.0, 0.31, 0.5, 1.0, 7.0])
@pytest.mark.parametrize("log_scale", [-12.0, -6.0, -2.0, 0.0, 5.0, 20.0])
def test_the_levels_sum_to_one(location: float, log_scale: float) -> None:
    found = one_pixel(location, log_scale)
    assert float(found.logsumexp(0)) == pytest.approx(0, abs=1e-9)
    assert bool(found.isfinite().all())


@pytest.mark.parametrize("log_scale", [-12.0, -4.0, -1.0, 3.0])
def test_the_levels_sum_to_one_in_single_precision(log_scale: float) -> None:
    levels = LINE.float()[:, None]
    px = DiscretisedLogistic(torch.full((1, LEVELS, 1), 0.4), torch.full((1, 1, 1), log_scale))
    assert float(px.log_prob(levels).logsumexp(1)) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(("location", "log_scale"), [(0.3, -3.0), (0.9, -1.0), (-0.2, 1.0)])
def test_a_level_has_the_mass_of_its_bin(location: float, log_scale: float) -> None:
    edges = (np.arange(LEVELS + 1) - 0.5) / (LEVELS - 1)
    edges[0], edges[-1] = -np.inf, np.inf
    mass = np.diff(logistic.cdf(edges, loc=location, scale=math.exp(log_scale)))
    found = one_pixel(location, log_scale).exp().numpy()
    np.testing.assert_allclose(found, mass, rtol=1e-6, atol=1e-12)


def test_levels_of_an_image_add_up_with_a_scale_for_each_pixel() -> None:
    location, log_scale = 0.5 + 0.2 * noise(*SHAPE), noise(1, 1, *SHAPE[2:]) - 2
    x = (torch.rand(SHAPE[1:], generator=torch.Generator().manual_seed(2)) * 255).round() / 255
    whole = DiscretisedLogistic(location, log_scale).log_prob(x)
    parts = torch.zeros(3, 5)
    for i, j in ((i, j) for i in range(4) for j in range(2)):
        place = (..., slice(i, i + 1), slice(j, j + 1))
        parts += DiscretisedLogistic(location[place], log_scale[place]).log_prob(x[place])
    torch.testing.assert_close(whole, parts)


@pytest.mark.parametrize("log_scale", [-12.0, -2.0, 5.0])
def test_gradients_of_every_level_are_finite(log_scale: float) -> None:
    location = torch.full((1, LEVELS, 1), 0.4, requires_grad=True)
    scale = torch.full((1, 1, 1), log_scale, requires_grad=True)
    DiscretisedLogistic(location, scale).log_prob(LINE.float()[:, None]).sum().backward()
    assert bool(location.grad.isfinite().all())
    assert bool(scale.grad.isfinite().all())
    assert bool(location.grad.any())


MAKERS: dict[str, Callable[[Tensor], ImageDistribution]] = {
    "bernoulli": lambda mean: Bernoulli(mean.logit()),
    "gaussian": lambda mean: PixelGaussian(mean, torch.tensor(-2.0)),
    "logistic": lambda mean: DiscretisedLogistic(mean, torch.full((1, 1, 1), -3.0)),
}


@pytest.mark.parametrize("name", MAKERS)
def test_drawn_images_have_the_stated_mean(name: str, generator: torch.Generator) -> None:
    mean = torch.tensor([0.3, 0.5, 0.7])
    px = MAKERS[name](mean.expand(1, 20_000, 3))
    torch.testing.assert_close(px.mean[0, 0], mean)
    x = px.sample(generator)
    assert x.shape == (1, 20_000, 3)
    torch.testing.assert_close(x.mean((0, 1)), mean, atol=0.02, rtol=0)


def test_drawn_levels_follow_their_probabilities(generator: torch.Generator) -> None:
    px = DiscretisedLogistic(torch.full((1, 50_000, 1), 0.02), torch.full((1, 1, 1), -4.0))
    levels = (px.sample(generator) * (LEVELS - 1)).round().long().flatten()
    share = torch.bincount(levels, minlength=LEVELS) / len(levels)
    expected = one_pixel(0.02, -4.0).exp().float()
    torch.testing.assert_close(share, expected, atol=0.01, rtol=0)
    assert float(share[0]) == pytest.approx(0.27, abs=0.03)


def test_the_gradients_of_a_bernoulli_are_those_of_the_formula() -> None:
    logits = torch.linspace(-30, 30, 24, dtype=torch.float64).view(2, 3, 2, 2).requires_grad_()
    x = torch.linspace(0, 1, 12, dtype=torch.float64).view(3, 2, 2).requires_grad_()
    weights = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]], dtype=torch.float64)
    plain = (x * logits - torch.log1p(logits.exp())).flatten(2).sum(-1)
    found = Bernoulli(logits).log_prob(x)
    torch.testing.assert_close(found, plain)
    ours, theirs = (torch.autograd.grad((weights * p).sum(), (logits, x)) for p in (found, plain))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)
