"""InfoGAN: its bound on known codes, its moments, and which weights each player trains."""

import math

import pytest
import torch
import torch.nn.functional as F

from graphvae_data.core.errors import InputError
from image_vae.models.build import build_model
from image_vae.models.infogan import CodeDistribution, InfoGan, adversarial_scores, log_of_others
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.parts.distributions.uniform import UniformCode
from image_vae.runs.fit import fit
from image_vae.runs.scores import evaluate
from tests.image_vae.configs import image_config

ZERO = torch.zeros(())
SMALL = {"hidden": (16,), "latent": (2,), "noise": 3, "prior_categories": (3, 4), "encoder": "mlp"}


def infogan(**given: object) -> InfoGan:
    config = image_config(dataset="sprites-toy", model="infogan", **{**SMALL, **given})
    images = torch.rand(20, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    found = build_model(config, images, torch.Generator().manual_seed(0))
    assert isinstance(found, InfoGan)
    return found


def test_codes_are_one_of_each_category_and_even_between_the_ends(
    generator: torch.Generator,
) -> None:
    code = UniformCode((3, 4), 2, ZERO)
    drawn = code.sample(6000, generator)
    three, four, rest = code.split(drawn)
    assert three.sum(-1).eq(1).all()
    assert four.sum(-1).eq(1).all()
    torch.testing.assert_close(three.mean(0), torch.full((3,), 1 / 3), atol=0.02, rtol=0)
    torch.testing.assert_close(four.mean(0), torch.full((4,), 1 / 4), atol=0.02, rtol=0)
    assert float(rest.abs().max()) <= 1
    assert float(rest.var()) == pytest.approx(1 / 3, rel=0.05)
    assert code.entropy == pytest.approx(math.log(12) + 2 * math.log(2))
    assert code.log_prob(drawn).tolist() == pytest.approx([-code.entropy] * 6000)
    assert float(code.log_prob(torch.tensor([1.0, 0, 0, 1, 0, 0, 0, 0, 1.1]))) == -math.inf


def test_a_density_of_codes_integrates_to_one() -> None:
    code = UniformCode((2,), 1, ZERO)
    grid = torch.linspace(-2, 2, 4001)
    total = 0.0
    for value in range(2):
        indicators = F.one_hot(torch.tensor(value), 2).float().expand(4001, 2)
        density = code.log_prob(torch.cat([indicators, grid[:, None]], 1)).exp()
        total += float(density.sum()) * 0.001
    assert total == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("flips", [0.0, 0.1, 0.3, 0.75])
def test_the_bound_of_categories_is_their_information_and_at_most_their_entropy(
    flips: float, generator: torch.Generator
) -> None:
    """An image that shows the wrong one of K = 4 values with probability f, read by the true Q."""
    code = UniformCode((4,), 0, ZERO)
    drawn = code.sample(100_000, generator)
    wrong = torch.rand(100_000, generator=generator) < flips
    shift = torch.randint(1, 4, (100_000,), generator=generator)
    shown = torch.where(wrong, (drawn.argmax(-1) + shift) % 4, drawn.argmax(-1))
    rows = torch.full((4, 4), flips / 3).fill_diagonal_(1 - flips)
    read = CodeDistribution((rows.log().clamp(min=-1e4)[shown],), _nothing(100_000))
    bound = float(read.log_prob(code, drawn).mean()) + code.entropy
    noise = 0.0 if flips == 0 else -flips * math.log(flips / 3) - (1 - flips) * math.log(1 - flips)
    assert bound == pytest.approx(code.entropy - noise, abs=0.02)
    assert bound <= code.entropy + 1e-6
    worse = CodeDistribution((torch.full_like(read.log_p[0], -math.log(4)),), _nothing(100_000))
    assert float(worse.log_prob(code, drawn).mean()) + code.entropy == pytest.approx(0, abs=1e-5)


def _nothing(count: int) -> DiagonalGaussian:
    return DiagonalGaussian(torch.zeros(count, 0), torch.zeros(count, 0))


def test_the_bound_of_an_even_code_in_noise_is_below_its_information(
    generator: torch.Generator,
) -> None:
    """An image c + N(0, σ²), read as N(x, σ²): L_I = log 2 − ½ log 2πeσ², and I is that or more."""
    code, std = UniformCode((), 1, ZERO), 0.1
    drawn = code.sample(50_000, generator)
    shown = drawn + std * torch.randn(50_000, 1, generator=generator)
    read = CodeDistribution((), DiagonalGaussian(shown, torch.full_like(shown, math.log(std))))
    bound = float(read.log_prob(code, drawn).mean()) + code.entropy
    spread = 0.5 * math.log(2 * math.pi * math.e * std**2)
    assert bound == pytest.approx(math.log(2) - spread, abs=0.02)
    edges = torch.linspace(-2, 2, 4001)
    density = 0.25 * (torch.erf((edges + 1) / std / 2**0.5) - torch.erf((edges - 1) / std / 2**0.5))
    of_x = -float(torch.xlogy(density, density).sum()) * 0.001
    assert bound <= of_x - spread + 0.02


def test_moments_are_those_of_what_is_read(generator: torch.Generator) -> None:
    logits = 3 * torch.randn(5, 4, generator=generator)
    read = CodeDistribution((logits.log_softmax(-1),), _nothing(5))
    mean, log_std = read.moments()
    p = logits.softmax(-1)
    torch.testing.assert_close(mean, p)
    torch.testing.assert_close((2 * log_std).exp(), p * (1 - p))
    sure = log_of_others(torch.tensor([40.0, 0.0]).log_softmax(-1))
    torch.testing.assert_close(sure, torch.tensor([-40.0, 0.0]))


def test_it_embeds_decodes_and_samples_as_any_model(generator: torch.Generator) -> None:
    model = infogan()
    images = torch.rand(6, 1, 8, 8, generator=generator)
    code = model.encode({"x": images}, generator)["z"]
    read = model.recognition.read(model.features(images))
    torch.testing.assert_close(code, read.moments()[0])
    torch.testing.assert_close(code[:, :3].sum(-1), torch.ones(6))
    assert model.decode({"z": code.unsqueeze(0)})["x"].mean.shape == (1, 6, 1, 8, 8)
    one, other = (model.sample(6, torch.Generator().manual_seed(seed))["x"].mean for seed in (0, 1))
    assert one.shape == (1, 6, 1, 8, 8)
    assert not torch.equal(one, other)


@pytest.mark.slow
def test_a_generator_that_is_learnt_tells_more_of_its_code() -> None:
    settings = {**SMALL, "latent": (1,), "prior_categories": (3,), "epochs": 25, "device": "cpu"}
    result = fit("sprites-toy", "infogan", lr=3e-3, lr_d=1e-3, **settings)
    found = result.metrics["adversarial"]
    assert found["information"] > 0.7 * math.log(3)
    assert found["code_entropy"] == pytest.approx(math.log(6))
    model = result.experiment.model
    assert isinstance(model, InfoGan)
    assert adversarial_scores(model, seed=0).to_dict() == found
    assert result.metrics["best_epoch"] == 25
    assert result.embeddings("test").shape == (43, 4)
    with pytest.raises(InputError, match=r"metrics: elbo needs a bound on log p\(x\), and infogan"):
        evaluate(result, ("elbo",))


@pytest.mark.slow
def test_the_defaults_make_images_that_differ_and_tell_of_their_codes() -> None:
    """Without normalisation L_I is below 0 after as many steps, and all images are one."""
    result = fit("sprites-toy", "infogan", epochs=16, device="cpu")
    assert result.metrics["adversarial"]["information"] > 1
    first, last = (result.history[at].validation["information"] for at in (0, -1))
    assert last > first + 1
    model = result.experiment.model.eval()
    with torch.no_grad():
        made = model.sample(200, torch.Generator().manual_seed(0))["x"].mean[0, :, 0]
    middles = torch.stack([(made.sum(axis) * torch.arange(16)).sum(-1) for axis in (1, 2)], -1)
    middles = middles / made.sum((1, 2)).unsqueeze(-1)
    assert float(middles.std(0).min()) > 1


@pytest.mark.slow
def test_a_last_batch_of_one_image_is_learnt_from() -> None:
    result = fit("sprites-toy", "infogan", epochs=1, batch_size=345, hidden=(8,), device="cpu")
    assert result.metrics["steps"] == 2
