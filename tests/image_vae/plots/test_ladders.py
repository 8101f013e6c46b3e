"""Pictures of models with several codes."""

from pathlib import Path

import pytest
import torch
from PIL import Image

import image_vae
from image_vae.plots.ladders import coarse_to_fine, draw_ladder, spaced
from image_vae.plots.renderings import reconstruct

pytestmark = pytest.mark.usefixtures("drawn_pictures")

SMALL = {"epochs": 1, "epoch_steps": 2, "batch_size": 32, "scored": 20, "device": "cpu"}


@pytest.fixture(scope="module")
def result() -> image_vae.ImageFitResult:
    return image_vae.fit("digits", "nvae", scales="2x2:2,4x4:2", channels=4, latent=(2,), **SMALL)


@pytest.mark.slow
def test_all_codes_give_the_reconstruction_and_fewer_another_image(
    result: image_vae.ImageFitResult,
) -> None:
    shown = coarse_to_fine(result, count=3)
    assert (shown.fixed, shown.codes) == ((1, 2, 3, 4), 4)
    outputs = reconstruct(result.experiment.model, shown.originals, result.generator())
    torch.testing.assert_close(shown.images[:, -1], outputs)
    assert not torch.allclose(shown.images[:, 0], outputs, atol=1e-4)


def test_columns_are_spread_over_all_codes() -> None:
    assert spaced(35, 7) == (1, 6, 12, 18, 23, 29, 35)


@pytest.mark.slow
def test_its_pictures(result: image_vae.ImageFitResult, tmp_path: Path) -> None:
    draw_ladder(result, tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["coarse-to-fine.png", "divergences.png", "temperatures.png"]
    for name in names:
        with Image.open(tmp_path / name) as picture:
            picture.verify()


def test_a_model_with_few_codes_has_none(tmp_path: Path) -> None:
    draw_ladder(image_vae.fit("digits", hidden=(4,), latent=(2,), **SMALL), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_samples_at_a_temperature(result: image_vae.ImageFitResult) -> None:
    assert result.sample(2, temperature=0.5).shape == (2, 1, 8, 8)
    with pytest.raises(image_vae.InputError, match="temperature: expected a number above 0, got 0"):
        result.sample(2, temperature=0.0)
