"""Arrays that come with a split: names of parts, what is joined, what is refused."""

from pathlib import Path

import numpy as np
import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.images.images import load_images
from graphvae_data.images.own_split import join_parts, part_of


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 4, 4), dtype=np.uint8)


TRAIN, VAL, TEST = noise(20), noise(4, 1), noise(5, 2)
Y = {"train": np.arange(20) % 2, "val": np.arange(4) % 2, "test": np.arange(5) % 2}

SPELLINGS = {
    "keras": ("x_{}", "y_{}"),
    "medmnist": ("{}_images", "{}_labels"),
    "ours": ("images_{}", "labels_{}"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_the_same_split(spelling: str, tmp_path: Path) -> None:
    image, label = SPELLINGS[spelling]
    arrays = {"train": TRAIN, "val": VAL, "test": TEST}
    columns = {
        name: values[:, None] if spelling == "medmnist" else values for name, values in Y.items()
    }
    np.savez(
        tmp_path / "own.npz",
        **{image.format(name): each for name, each in arrays.items()},
        **{label.format(name): each for name, each in columns.items()},
    )
    data = load_images(tmp_path / "own.npz", seed=3)
    for name, images in arrays.items():
        part = getattr(data, name)
        assert np.array_equal(part.images.array()[:, 0], images)
        assert np.array_equal(part.labels, Y[name])


def test_a_missing_part_is_dealt_from_the_training_images(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", train=TRAIN, test=TEST)
    data = load_images(tmp_path / "own.npz")
    assert (len(data.train), len(data.val), len(data.test)) == (18, 2, 5)
    assert np.array_equal(data.test.images.array()[:, 0], TEST)
    np.savez(tmp_path / "own.npz", train=TRAIN, valid=VAL)
    data = load_images(tmp_path / "own.npz")
    assert (len(data.train), len(data.val), len(data.test)) == (18, 4, 2)
    assert np.array_equal(data.val.images.array()[:, 0], VAL)


def test_arrays_without_parts_are_left_alone() -> None:
    assert join_parts("own", {"images": TRAIN}) is None
    assert [part_of(name) for name in ("Train", "valid", "TEST", "trains")] == [0, 1, 2, None]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_test": TEST}, "own: expected training images, got arrays named 'x_test'"),
        ({"x_train": TRAIN, "y_test": TEST}, "the part train has images but no labels"),
        ({"x_train": TRAIN, "x_test": TEST, "y_train": Y["train"]}, "test has images but no labe"),
        ({"x_train": TRAIN, "x_test": TEST[:, :2]}, "one shape in all parts, got "),
    ],
)
def test_incomplete_splits_are_refused(arrays: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(InputError, match=message):
        join_parts("own", arrays)


def test_two_training_images_cannot_be_divided_further(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", train=TRAIN[:1], test=TEST)
    with pytest.raises(InputError, match="at least 2 training images, got 1"):
        load_images(tmp_path / "own.npz")
