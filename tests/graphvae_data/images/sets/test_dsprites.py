"""dSprites, on the real archive: the right image for every combination of factors."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from graphvae_data.core.errors import FetchError
from graphvae_data.download.fetch import obtain
from graphvae_data.images.image_data import ImageData
from graphvae_data.images.image_store import PackedStore
from graphvae_data.images.images import load_images
from graphvae_data.images.sets.dsprites import NAMES, factor_table, read_dsprites
from graphvae_data.registry.images import IMAGES


@pytest.fixture(scope="module")
def dsprites(shared_home: Path) -> ImageData:
    """The dataset; unpacked where the cache is new."""
    return load_images("dsprites")


def centres(pictures: np.ndarray) -> np.ndarray:
    """Mean x and y of the white pixels."""
    y, x = np.mgrid[:64, :64]
    white = pictures[:, 0] / 255
    return np.stack([(white * axis).sum((1, 2)) / white.sum((1, 2)) for axis in (x, y)], axis=1)


@pytest.mark.slow
def test_it_is_mapped_and_not_read(dsprites: ImageData) -> None:
    store = dsprites.whole.images.store
    assert isinstance(store, PackedStore)
    assert isinstance(store.bits, np.memmap)
    assert dsprites.train.images.shape == (589_824, 1, 64, 64)


@pytest.mark.slow
def test_pictures_are_those_of_the_archive(dsprites: ImageData, shared_home: Path) -> None:
    (path,) = obtain(IMAGES["dsprites"]).files.values()
    with zipfile.ZipFile(path) as archive, archive.open("imgs.npy") as stream:
        np.lib.format.read_magic(stream)
        np.lib.format.read_array_header_1_0(stream)
        first = np.frombuffer(stream.read(3000 * 4096), np.uint8).reshape(3000, 1, 64, 64)
    assert np.array_equal(dsprites.whole.images.take(np.arange(3000)), first * np.uint8(255))


@pytest.mark.slow
def test_a_picture_is_found_by_its_factors(dsprites: ImageData) -> None:
    rows = np.random.default_rng(0).integers(0, 737_280, 1000)
    assert np.array_equal(dsprites.factors.index_of(dsprites.whole.factors[rows]), rows)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [0, 1, 2])
def test_the_factors_move_and_grow_the_shape(dsprites: ImageData, shape: int) -> None:
    base = np.array([0, shape, 5, 0, 16, 16])

    def varied(name: str) -> np.ndarray:
        place = NAMES.index(name)
        factors = np.repeat(base[None], dsprites.factors.sizes[place], axis=0)
        factors[:, place] = np.arange(len(factors))
        return dsprites.whole.images.take(dsprites.factors.index_of(factors))

    for name, axis in (("posX", 0), ("posY", 1)):
        moved = centres(varied(name))
        assert (np.diff(moved[:, axis]) > 0).all()
        assert np.ptp(moved[:, 1 - axis]) < 0.5
    areas = (varied("scale") == 255).sum((1, 2, 3))
    assert (np.diff(areas) > 0).all()
    turned = varied("orientation")
    assert np.array_equal(turned[0], turned[39])  # a full turn
    assert not np.array_equal(turned[0], turned[5])


@pytest.mark.slow
def test_labels_are_the_shapes(dsprites: ImageData) -> None:
    part = dsprites.test
    assert np.array_equal(part.labels, part.factors[:, 1])
    assert np.bincount(dsprites.whole.labels).tolist() == [245_760] * 3


@pytest.mark.slow
def test_another_grid_is_refused(tmp_path: Path, empty_home: Path) -> None:
    path = tmp_path / "other.npz"
    classes = factor_table().of_row[::-1]
    np.savez_compressed(path, latents_classes=classes, latents_values=classes.astype(np.float64))
    with pytest.raises(FetchError, match="expected the published grid"):
        read_dsprites({path.name: path}, False)
    assert [path for path in empty_home.rglob("*") if path.is_file()] == []
