"""ELBO surgery: identities, and datasets whose terms are known."""

import math

import pytest
import torch

from graphvae_data.core.errors import InputError
from image_vae.evaluation.surgery import Surgery, model_surgery, surgery
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.parts.distributions.priors import Mixture, StandardNormal
from tests.image_vae.linear import GRAPHS, linear_model
from tests.parameters import slow_except

NORMAL = DiagonalGaussian(torch.zeros(2), torch.zeros(2))


def some(count: int, width: float, seed: int = 0) -> DiagonalGaussian:
    noise = torch.randn(count, 2, generator=torch.Generator().manual_seed(seed))
    return DiagonalGaussian(noise, torch.full((count, 2), math.log(width)))


def halves() -> Mixture:
    ends = DiagonalGaussian(torch.tensor([[-1.0, 0.0], [1.0, 0.0]]), torch.zeros(2, 2))
    return Mixture(ends, torch.tensor([0.3, 0.7]).log())


@pytest.mark.parametrize("prior", [NORMAL, halves()], ids=["normal", "mixture"])
@pytest.mark.parametrize("samples", [1, 3])
def test_the_parts_add_up(
    generator: torch.Generator, prior: DiagonalGaussian | Mixture, samples: int
) -> None:
    found = surgery(some(200, 0.3), prior, generator, samples=samples)
    assert found.mean_kl == pytest.approx(found.mutual_information + found.marginal_kl, abs=1e-5)
    assert (found.log_n, found.samples) == (math.log(200), samples)
    assert 0.5 < found.mutual_information < math.log(200)


def test_the_mean_divergence_is_the_closed_form(generator: torch.Generator) -> None:
    q = some(300, 0.5)
    found = surgery(q, NORMAL, generator, samples=40)
    assert found.mean_kl == pytest.approx(float(q.kl_standard_normal().mean()), abs=0.03)


def test_posteriors_far_apart_tell_the_image(generator: torch.Generator) -> None:
    apart = DiagonalGaussian(100 * torch.arange(50.0)[:, None], torch.zeros(50, 1))
    wide = DiagonalGaussian(torch.zeros(1), torch.full((1,), 8.0))
    found = surgery(apart, wide, generator)
    assert found.mutual_information == pytest.approx(math.log(50), abs=1e-6)


def test_equal_posteriors_tell_nothing(generator: torch.Generator) -> None:
    equal = DiagonalGaussian(torch.full((64, 2), 0.5), torch.full((64, 2), -0.3))
    found = surgery(equal, NORMAL, generator, samples=100)
    assert found.mutual_information == pytest.approx(0, abs=1e-4)
    assert found.marginal_kl == pytest.approx(float(equal.kl_standard_normal()[0]), abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("width", [0.3, 0.8])
def test_an_aggregate_that_is_gaussian_has_closed_forms(
    generator: torch.Generator, width: float
) -> None:
    """Means at the quantiles of N(m, 1 − σ²): q(z) = N(m, 1), I = −log σ, KL(q(z) ‖ p) = m²/2."""
    count = 4_000
    quantiles = torch.special.ndtri((torch.arange(count) + 0.5) / count)
    mean = 0.7 + (1 - width**2) ** 0.5 * quantiles
    q = DiagonalGaussian(mean[:, None], torch.full((count, 1), math.log(width)))
    found = surgery(q, DiagonalGaussian(torch.zeros(1), torch.zeros(1)), generator, samples=3)
    assert found.mutual_information == pytest.approx(-math.log(width), abs=0.03)
    assert found.marginal_kl == pytest.approx(0.7**2 / 2, abs=0.03)


def test_the_aggregate_posterior_as_prior_leaves_only_the_information(
    generator: torch.Generator,
) -> None:
    q = some(100, 0.2)
    found = surgery(q, Mixture.uniform(q), generator)
    assert found.marginal_kl == pytest.approx(0, abs=1e-5)
    assert found.mean_kl == pytest.approx(found.mutual_information, abs=1e-5)


@pytest.mark.slow
def test_the_information_is_that_of_the_posterior_over_images(generator: torch.Generator) -> None:
    """I = log N − H(n | z), with the posterior over n by hand from torch's own densities."""
    q = some(30, 0.6)
    found = surgery(q, NORMAL, generator, samples=400)
    z = q.expand(2_000, 30).sample(generator)
    normal = torch.distributions.Normal(q.mean, q.log_std.exp())
    chance = normal.log_prob(z[:, :, None, :]).sum(-1).log_softmax(-1)
    entropy = -(chance.exp() * chance).sum(-1).mean()
    assert found.mutual_information == pytest.approx(math.log(30) - float(entropy), abs=0.02)


@pytest.mark.parametrize("cells", [1, 450, 10**9])
def test_any_cut_gives_the_same_numbers(cells: int) -> None:
    whole, cut = (
        surgery(some(100, 0.3), halves(), torch.Generator().manual_seed(0), cells=size)
        for size in (100, cells)
    )
    assert vars(cut) == pytest.approx(vars(whole))


def test_narrow_posteriors_lose_nothing_to_single_precision() -> None:
    """At μ / σ of some thousands a mixture in single precision is wrong by a tenth of a nat."""
    found = []
    for dtype in (torch.float32, torch.float64):
        q = some(300, 0.001)
        q = DiagonalGaussian(q.mean.to(dtype), q.log_std.to(dtype))
        generator = torch.Generator().manual_seed(0)
        found.append(surgery(q, NORMAL, generator, samples=20).mutual_information)
        assert found[-1] == pytest.approx(math.log(300), abs=1e-2)


@pytest.mark.parametrize("name", slow_except(["one", "hvae", "hierarchy"], "hvae"))
def test_a_model_is_taken_apart_at_its_top(name: str) -> None:
    linear = linear_model(GRAPHS[name])
    x = linear.images(40)
    top = GRAPHS[name].prior_order[0]
    with torch.no_grad():
        q = linear.vae.inference[top]({"x": x})
    found = model_surgery(
        linear.vae,
        [{"x": x[:25]}, {"x": x[25:]}],
        torch.Generator().manual_seed(0),
        samples=300,
    )
    prior = StandardNormal(2).double()(lambda inputs: q)
    by_hand = surgery(q, prior, torch.Generator().manual_seed(1), samples=300)
    assert isinstance(found, Surgery)
    assert found.log_n == math.log(40)
    assert found.mean_kl == pytest.approx(float(q.kl_standard_normal().detach().mean()), abs=0.05)
    assert found.mutual_information == pytest.approx(by_hand.mutual_information, abs=0.05)


def test_a_top_that_never_sees_the_image_is_refused(generator: torch.Generator) -> None:
    linear = linear_model(GRAPHS["chain"])
    with pytest.raises(InputError, match="z2 is inferred from z1"):
        model_surgery(linear.vae, [{"x": linear.images(3)}], generator)


def test_no_samples_are_refused(generator: torch.Generator) -> None:
    with pytest.raises(InputError, match="samples: expected at least 1, got 0"):
        surgery(some(3, 1.0), NORMAL, generator, samples=0)
