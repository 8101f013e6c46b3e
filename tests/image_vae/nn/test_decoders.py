"""Decoders: likelihood families, shapes, and the initial mean image."""

import pytest
import torch
from torch import Tensor

from image_vae.nn.decoders import Decoder
from image_vae.parts.distributions.likelihoods import (
    Bernoulli,
    BernoulliHead,
    DiscretisedLogistic,
    GaussianHead,
    PixelGaussian,
)
from image_vae.specs.likelihoods import Likelihood

FAMILIES: dict[str, type] = {
    "bernoulli": Bernoulli,
    "gaussian": PixelGaussian,
    "logistic": DiscretisedLogistic,
}
SHAPES = [(1, 8, 8), (1, 28, 20), (3, 9, 6)]


def decoder(
    family: str,
    shape: tuple[int, ...] = (1, 8, 8),
    *,
    convolutional: bool = False,
    mean: Tensor | None = None,
    seed: int = 0,
) -> Decoder:
    generator = torch.Generator().manual_seed(seed)
    return Decoder(
        {"z1": 3, "z2": 2},
        Likelihood.find(family)().build(torch.full(shape, 0.3) if mean is None else mean),
        shape,
        hidden=(7, 6),
        activation="tanh",
        convolutional=convolutional,
        generator=generator,
    )


def codes(k: int = 2, batch: int = 4) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return {
        "z1": torch.randn(k, batch, 3, generator=generator),
        "z2": torch.randn(k, batch, 2, generator=generator),
    }


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("convolutional", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_codes_become_a_likelihood_of_images(
    family: str, convolutional: bool, shape: tuple[int, ...], generator: torch.Generator
) -> None:
    made = decoder(family, shape, convolutional=convolutional)
    px = made(codes())
    assert isinstance(px, FAMILIES[family])
    assert px.mean.shape == px.sample(generator).shape == (2, 4, *shape)
    log_px = px.log_prob(torch.rand(4, *shape, generator=generator).round())
    assert log_px.shape == (2, 4)
    log_px.sum().backward()
    assert all(bool(weight.grad.any()) for weight in made.parameters())


@pytest.mark.parametrize("convolutional", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_decoder_that_says_nothing_gives_the_mean_image(family: str, convolutional: bool) -> None:
    mean = torch.linspace(0.05, 0.95, 64).reshape(1, 8, 8)
    made = decoder(family, convolutional=convolutional, mean=mean)
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if "log_scale" not in name:
                weight.zero_()
    torch.testing.assert_close(made(codes()).mean, mean.expand(2, 4, 1, 8, 8))


def test_pixels_that_never_change_start_at_a_finite_logit() -> None:
    mean = torch.tensor([0.0, 0.5, 1.0])
    start = BernoulliHead(mean).start
    expected = torch.tensor([0.001, 0.5, 0.999]).logit()
    torch.testing.assert_close(start, expected)
    assert torch.equal(GaussianHead(mean).start, mean)


def test_the_start_is_kept_with_the_weights() -> None:
    made = decoder("bernoulli", mean=torch.full((1, 8, 8), 0.9))
    other = decoder("bernoulli", seed=1)
    other.load_state_dict(made.state_dict())
    assert torch.equal(other(codes()).logits, made(codes()).logits)


def test_scales_are_one_an_image_or_one_a_pixel() -> None:
    assert not list(decoder("bernoulli").head.parameters())
    assert decoder("gaussian").head.log_scale.numel() == 1
    assert decoder("logistic", (3, 9, 6)).head.log_scale.shape == (3, 9, 6)
