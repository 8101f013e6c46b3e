"""Images in NumPy files."""

from pathlib import Path

import numpy as np
import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.images.images import load_images


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("shape", [(20, 6, 5), (20, 1, 6, 5), (20, 6, 5, 1)])
def test_every_layout_of_grey_is_the_same(shape: tuple[int, ...], tmp_path: Path) -> None:
    np.save(tmp_path / "own.npy", noise(*shape))
    data = load_images(tmp_path / "own.npy")
    assert np.array_equal(data.whole.images.array(), noise(20, 1, 6, 5))
    assert (data.name, len(data.train), len(data.val), len(data.test)) == ("own", 16, 2, 2)


def test_channels_come_first(tmp_path: Path) -> None:
    np.save(tmp_path / "own.npy", noise(9, 6, 5, 3))
    result = load_images(tmp_path / "own.npy").whole.images.array()
    assert np.array_equal(result, noise(9, 6, 5, 3).transpose(0, 3, 1, 2))


def test_bytes_in_npy_are_mapped(tmp_path: Path) -> None:
    np.save(tmp_path / "own.npy", noise(20, 6, 5))
    array = load_images(tmp_path / "own.npy").whole.images.store.array
    while array is not None and not isinstance(array, np.memmap):
        array = array.base
    assert isinstance(array, np.memmap)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, bool])
def test_floats_are_rounded_to_256_levels(kind: type, tmp_path: Path) -> None:
    levels = (noise(8, 4, 4) / 255).astype(kind)
    np.savez(tmp_path / "own.npz", images=levels)
    result = load_images(tmp_path / "own.npz").whole.images.array()[:, 0]
    assert np.abs(result / 255 - levels.astype(np.float64)).max() <= 0.5 / 255 + 1e-6


def test_labels_and_factors_follow_their_pictures(tmp_path: Path) -> None:
    order = np.random.default_rng(1).permutation(12)
    factors = np.stack(np.unravel_index(order, (3, 4)), axis=1).astype(np.int32)
    labels = factors[:, 0].astype(np.uint8)
    np.savez(tmp_path / "own.npz", images=noise(12, 4, 4), labels=labels, factors=factors)
    data = load_images(tmp_path / "own.npz")
    assert data.factors.sizes == (3, 4)
    assert np.array_equal(data.factors.index_of(factors.astype(np.int64)), np.arange(12))
    for part in (data.train, data.val, data.test):
        assert np.array_equal(part.labels, part.factors[:, 0])
        assert np.array_equal(part.factors, factors[part.rows])
        assert np.array_equal(part.images.array()[:, 0], noise(12, 4, 4)[part.rows])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pictures": noise(9, 4, 4)}, "an array named 'images'.*got an array named 'pictures'$"),
        ({"images": noise(9, 4, 4), "more": noise(3)}, "got arrays named 'images', 'more'$"),
        ({"images": noise(9, 16)}, r"shape \[N, H, W\].*got \[9, 16\]"),
        ({"images": noise(9, 4, 4, 2)}, r"1 or 3 channels, got \[9, 4, 4, 2\]"),
        ({"images": noise(9, 3, 4, 3)}, r"1 or 3 channels, got \[9, 3, 4, 3\]"),
        ({"images": noise(0, 4, 4)}, r"expected images, got an array of shape \(0, 4, 4\)"),
        ({"images": noise(9, 4, 4) / 2.0}, r"floats in \[0, 1\], got 0 to "),
        ({"images": np.full((9, 4, 4), np.nan)}, r"floats in \[0, 1\], got NaN in 9 of 9 images"),
        ({"x_train": noise(9, 4, 4), "more": noise(3)}, "parts only.*got one named 'more'"),
        ({"images": noise(9, 4, 4), "parts": np.full(9, 3)}, r"parts as 9 numbers 0 \(train\)"),
        ({"images": noise(9, 4, 4).astype(np.int64)}, "uint8 or as floats.*got int64"),
        ({"images": noise(9, 4, 4), "labels": np.zeros(8, int)}, r"labels as integers.*\[8\]"),
        ({"images": noise(9, 4, 4), "labels": np.zeros(9)}, "labels as integers.*float64"),
        ({"images": noise(9, 4, 4), "factors": np.zeros(9, int)}, r"shape \[N, F\], got \[9\]"),
        ({"images": noise(9, 4, 4), "factors": np.full((9, 1), -1)}, "from 0 upwards, got -1"),
        ({"images": np.array([None] * 9)}, "without pickled objects"),
    ],
)
def test_unusable_arrays_are_refused(
    arrays: dict[str, np.ndarray], message: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "own.npz", **arrays)
    with pytest.raises(InputError, match=rf"own\.npz: .*{message}") as caught:
        load_images(tmp_path / "own.npz")
    assert "\n" not in str(caught.value)


def test_a_pickled_npy_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "own.npy", np.array([None] * 9), allow_pickle=True)
    with pytest.raises(InputError, match=r"own\.npy: expected a plain NumPy array"):
        load_images(tmp_path / "own.npy")
