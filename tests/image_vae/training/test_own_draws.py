"""Random draws of a user's own parts: the same seed gives the same bits."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import image_vae
from graphvae_data.images.image_data import ImageData
from graphvae_data.images.image_store import ArrayStore
from graphvae_data.images.images import RawImages, own_images
from image_vae.training.experiment import ImageExperiment, prepare
from image_vae.training.own_draws import STEP, own_draws
from tests.image_vae.configs import image_config

NOISE = np.random.default_rng(0).integers(0, 256, (60, 1, 8, 8), dtype=np.uint8)


class Careless(image_vae.PriorModule):
    """A prior with weights and noise from the global generators."""

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.scale = nn.Linear(latent, 1)

    def log_prob(self, z: Tensor) -> Tensor:
        return -(self.scale(z).squeeze(-1) + torch.rand(())).abs() - z.square().sum(-1)


class CarelessPrior(image_vae.Prior):
    """A user's part that ignores its generator."""

    def build(
        self, latent: int, examples: image_vae.Examples, generator: torch.Generator
    ) -> image_vae.PriorModule:
        return Careless(latent)


def dropout() -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    linear = nn.Linear(64, 8)
    nn.init.normal_(linear.weight, generator=generator)
    nn.init.zeros_(linear.bias)
    return nn.Sequential(nn.Flatten(), nn.Dropout(0.5), linear)


OWN: dict[str, Any] = {"encoder": dropout(), "prior": CarelessPrior()}


def images() -> ImageData:
    return own_images("noise", RawImages(store=ArrayStore(NOISE)))


def small(**settings: Any) -> ImageExperiment:
    config = image_config("noise", hidden=(8,), latent=(2,), epochs=2, batch_size=16, **settings)
    return prepare(config, images())


def weights(experiment: ImageExperiment) -> list[Tensor]:
    return [weight.detach().clone() for weight in experiment.model.parameters()]


@pytest.mark.parametrize("slot", OWN)
def test_a_part_with_global_randomness_keeps_the_promise_of_the_seed(slot: str) -> None:
    before, found = torch.get_rng_state(), []
    for seed in (0, 0, 1):
        experiment = small(**{slot: OWN[slot]}, seed=seed)
        experiment.trainer.run(lambda record: None)
        experiment.evaluate()
        found.append(weights(experiment))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(map(torch.equal, found[0], found[1]))
    assert not all(map(torch.equal, found[0], found[2]))


@pytest.mark.parametrize("slot", OWN)
def test_a_resumed_run_draws_what_an_uninterrupted_one_does(slot: str) -> None:
    whole, broken, continued = (small(**{slot: OWN[slot]}) for _ in range(3))
    whole.trainer.run(lambda record: None)
    next(iter(broken.trainer.advance()))
    torch.rand(7)  # a user draws in between
    continued.trainer.load_state_dict(broken.trainer.state_dict())
    continued.trainer.run(lambda record: None)
    assert all(map(torch.equal, weights(whole), weights(continued)))


def test_steps_differ_in_their_draws() -> None:
    config = small(encoder=OWN["encoder"]).config
    drawn = []
    for step in (0, 1):
        with own_draws(config, STEP, step):
            drawn.append(torch.rand(3))
    assert not torch.equal(*drawn)


def test_nothing_is_seeded_for_built_in_parts() -> None:
    config = small().config
    before = torch.get_rng_state()
    with own_draws(config, STEP, 0):
        assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.slow
@pytest.mark.usefixtures("no_image_pictures")
def test_a_run_with_dropout_is_loaded_and_continued_to_the_same_bits(tmp_path: Path) -> None:
    given: dict[str, Any] = {"latent": (2,), "hidden": (8,), "batch_size": 16}
    whole = image_vae.fit(NOISE, encoder=dropout(), epochs=4, **given)
    image_vae.fit(
        NOISE,
        encoder=dropout(),
        epochs=2,
        out=tmp_path / "run",
        options=image_vae.FitOptions(keep_checkpoint=True),
        **given,
    )
    resumed = image_vae.resume(tmp_path / "run", epochs=4, encoder=dropout())
    assert all(map(torch.equal, weights(whole.experiment), weights(resumed.experiment)))
