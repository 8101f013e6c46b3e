"""Images that a model has not seen: what is accepted, and that they are scored like its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import image_vae
from graphvae_data.core.errors import InputError
from image_vae.plots.exhibits import pairs
from image_vae.results.result import ImageFitResult
from image_vae.runs.codes import codes_of_new, codes_of_run
from image_vae.runs.new_images import new_images

Small = Callable[[str], ImageFitResult]


def known(result: ImageFitResult) -> np.ndarray:
    return result.experiment.data.test.images.array()


@pytest.mark.parametrize("form", ["bytes", "floats", "tensor", "npy"])
def test_known_images_as_new_ones_have_the_same_codes_and_scores(
    small: Small, form: str, tmp_path: Path
) -> None:
    result = small("vae")
    images = known(result)
    np.save(tmp_path / "new.npy", images)
    given: Any = {
        "bytes": images[:, 0],
        "floats": images / np.float32(255),
        "tensor": torch.from_numpy(images),
        "npy": tmp_path / "new.npy",
    }[form]
    new = new_images(result, given)
    assert np.array_equal(result.embeddings(new.part), result.embeddings("test"))
    found = image_vae.evaluate(result, ["elbo", "reconstruction"], part=new.part)
    expected = image_vae.evaluate(result, ["elbo", "reconstruction"])
    assert (found.part, found.bound) == ("new", expected.bound)
    assert found.squared_error == expected.squared_error
    shown = pairs(result, part=new.part, count=5)
    assert (shown.part, len(shown.outputs)) == ("new", 5)


def test_a_folder_keeps_its_names_and_labels(small: Small, tmp_path: Path) -> None:
    for name in ("cat/a.png", "dog/deep/b.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        Image.fromarray(np.full((9, 7), 200, np.uint8)).save(tmp_path / name)
    result = small("vae")
    with pytest.raises(InputError, match=r"1×8×8 \(channels.*got 1×9×7; .*size 8x8"):
        new_images(result, tmp_path)
    table = codes_of_new(result, new_images(result, tmp_path, size=(8, 8)))
    assert table.names == ["cat/a.png", "dog/deep/b.png"]
    assert table.columns == {"part": ["new", "new"], "label": ["cat", "dog"]}
    assert table.codes.shape == (2, 3)


def test_all_parts_of_a_run_make_one_table(small: Small) -> None:
    result = small("vae")
    data = result.experiment.data
    table = codes_of_run(result, ("test", "val", "train"))
    assert table.names == [str(row) for row in range(len(data.whole))]
    assert table.columns["label"] == [str(label) for label in data.whole.labels]
    tested = np.flatnonzero(np.array(table.columns["part"]) == "test").tolist()
    assert tested == data.test.rows.tolist()
    assert np.array_equal(table.codes[tested], result.embeddings("test"))


def test_grey_images_are_taken_for_colour_by_a_model_of_colour() -> None:
    colour = np.random.default_rng(0).integers(0, 256, (30, 3, 4, 4), dtype=np.uint8)
    result = image_vae.fit(colour, epochs=1, hidden=(8,), latent=(2,), batch_size=5)
    assert result.config.likelihood.kind() == "logistic"
    grey = new_images(result, colour[:, 0])
    alike = new_images(result, np.repeat(colour[:, :1], 3, axis=1))
    assert np.array_equal(result.embeddings(grey.part), result.embeddings(alike.part))


def test_other_images_are_refused_and_notes_kept(small: Small) -> None:
    result = small("vae")
    for given, said in (
        (np.zeros((2, 9, 8), np.uint8), "expected the shape of the run, 1×8×8"),
        (np.zeros((2, 3, 8, 8), np.uint8), "got 3×8×8$"),
        (np.full((2, 8, 8), np.nan), "got NaN in 2 of 2 images"),
        ("mnist", "expected a path or an array, got the dataset mnist"),
    ):
        with pytest.raises(InputError, match=said):
            new_images(result, given)
    assert "only 0 and 1" in new_images(result, np.eye(8, dtype=np.uint8)[None]).notes[0]
