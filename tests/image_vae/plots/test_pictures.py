"""Pictures: all are drawn, with captions, and images at their right place in the grid."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from image_vae.plots.exhibits import code_map, pairs
from image_vae.plots.pictures import ImageCaption, draw_codes, draw_pairs, draw_run, mosaic, square
from image_vae.runs.fit import fit

pytestmark = pytest.mark.usefixtures("drawn_pictures")

ALWAYS = {"curves", "samples", "reconstructions", "traversals", "latent"}


def names(folder):
    return {path.stem for path in folder.iterdir() if path.suffix == ".png"}


@pytest.mark.slow
@pytest.mark.parametrize(("model", "more"), [("vae", set()), ("mog-vae", {"prior"})])
def test_a_run_draws_itself_the_same_each_time(small, tmp_path, model, more):
    for folder in (tmp_path / "a", tmp_path / "b"):
        draw_run(small(model), folder)
        assert names(folder) == ALWAYS | more
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
        with Image.open(path) as picture:
            assert len(picture.convert("L").getcolors(1 << 16)) > 10


def test_a_caption_tells_model_images_epochs_and_binarisation(small):
    caption = ImageCaption.of(small("vae")).text("samples")
    assert caption == "samples\nvae on digits, 1 epoch, pixels binarised dynamically"
    grey = replace(ImageCaption.of(small("mog-vae")), epochs=2).text("samples")
    assert grey == "samples\nmog-vae on digits, 2 epochs, pixels not binarised"
    cut = replace(ImageCaption.of(small("vae")), steps=1_000)
    assert cut.run == "vae on digits, 1,000 steps, pixels binarised dynamically"


def test_a_square_is_filled_up_with_white():
    images = torch.zeros(5, 1, 2, 2)
    grid = square(images)
    assert grid.shape == (2, 3, 1, 2, 2)
    assert grid.sum() == 4  # the one place left over
    assert square(images, columns=5).shape == (1, 5, 1, 2, 2)


def test_a_mosaic_has_every_image_in_its_place(generator):
    grid = torch.rand(4, 3, 3, 5, 6, generator=generator)
    sheet = mosaic(grid, gap=2, groups=2, between=7)
    assert sheet.shape == (4 * 7 - 2 + 7, 3 * 8 - 2, 3)
    for row, top in enumerate((0, 7, 21, 28)):
        for column, left in enumerate((0, 8, 16)):
            cell = sheet[top : top + 5, left : left + 6]
            assert torch.equal(cell, grid[row, column].movedim(0, 2))
    assert float(sheet.sum()) == pytest.approx(
        float(grid.sum()) + sheet.numel() - grid.numel(), rel=1e-5
    )
    assert mosaic(grid * 3 - 1, gap=1).max() == 1


@pytest.mark.slow
@pytest.mark.parametrize("latent", [1, 2])
def test_colour_without_classes_and_codes_of_one_coordinate(tmp_path, latent):
    images = np.random.default_rng(0).integers(0, 256, (60, 3, 4, 5), dtype=np.uint8)
    np.save(tmp_path / "own.npy", images)
    result = fit(tmp_path / "own.npy", epochs=1, hidden=(4,), latent=(latent,))
    caption = ImageCaption.of(result)
    draw_codes(tmp_path / "latent.png", caption, code_map(result))
    draw_pairs(tmp_path / "pairs.png", caption, pairs(result, count=2))
    assert names(tmp_path) == {"latent", "pairs"}


@pytest.mark.slow
def test_a_run_on_images_with_factors_draws_what_follows_them(tmp_path):
    result = fit("sprites-toy", "beta-vae", epochs=1, hidden=(8,), latent=(3,))
    draw_run(result, tmp_path)
    assert names(tmp_path) == ALWAYS | {"factors"}
