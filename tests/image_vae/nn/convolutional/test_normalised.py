"""Convolutions with batch normalisation: sides of images, shapes, and small images refused."""

import pytest
import torch

from image_vae.models.build import build_model
from image_vae.nn.convolutional.normalised import doublings, least_side, sides
from image_vae.specs.recipe import ImageRecipe
from tests.image_vae.configs import image_config


def test_sides_are_those_of_the_paper() -> None:
    assert sides(64, 4) == (64, 60, 28, 12, 12)
    assert [doublings(side) for side in (8, 28, 32, 64)] == [1, 3, 3, 4]
    assert min(sides(least_side(4), 4)) == 1
    assert min(sides(least_side(4) - 1, 4)) < 1


@pytest.mark.parametrize("shape", [(1, 64, 64), (3, 20, 28)])
def test_an_image_comes_back_in_its_shape(shape: tuple[int, int, int]) -> None:
    settings = {"conv_channels": (2, 3, 4, 2), "decoder_channels": (8, 6, 4, 2), "hidden": (5,)}
    recipe: ImageRecipe = image_config("digits", "telbo", **settings)
    images = torch.rand(5, *shape, generator=torch.Generator().manual_seed(0))
    model = build_model(recipe, images, torch.Generator().manual_seed(1), attributes={"a": 2})
    trace = model({"x": images}, 2, torch.Generator().manual_seed(2))
    assert trace.px["x"].logits.shape == (2, 5, *shape)
    trace.log_px["x"].sum().backward()
    assert all(w.grad is not None for w in model.decoders["x"].parameters())


def test_small_images_are_refused() -> None:
    images = torch.rand(5, 1, 8, 8)
    with pytest.raises(ValueError, match="at least 17×17 pixels, got 8×8"):
        build_model(image_config("digits", "telbo"), images, torch.Generator(), attributes={"a": 2})
    deep = image_config("digits", "telbo", encoder="mlp", decoder_channels=(4,))
    with pytest.raises(ValueError, match="expected 4 for an image of 64×64"):
        build_model(deep, torch.rand(5, 1, 64, 64), torch.Generator(), attributes={"a": 2})
