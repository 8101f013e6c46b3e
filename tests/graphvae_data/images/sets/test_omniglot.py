"""Omniglot, downsampled by one stated rule, from either archive."""

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from graphvae_data.core.errors import FetchError
from graphvae_data.images.image_data import ImageData
from graphvae_data.images.images import load_images
from graphvae_data.images.sets import omniglot


@pytest.fixture(scope="module")
def data(raw_data: Path, shared_home: Path) -> ImageData:
    """The dataset, read from the mirror."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHVAE_MIRROR", str(raw_data))
        return load_images("omniglot")


def drawing(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2, (105, 105), dtype=np.uint8)


def png(inked: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray((1 - inked) * np.uint8(255)).convert("1").save(out, "PNG")
    return out.getvalue()


def test_each_pixel_is_the_mean_of_its_area() -> None:
    inked = np.stack([drawing(0), drawing(1), np.ones((105, 105), np.uint8)])
    fine = inked.repeat(4, axis=1).repeat(4, axis=2).astype(np.float64)  # 420 = 28 × 15
    means = fine.reshape(3, 28, 15, 28, 15).mean((2, 4))
    result = omniglot.area_mean(inked)
    assert np.abs(result - 255 * means).max() <= 0.5 + 1e-9
    assert (result[2] == 255).all()


def test_ink_is_what_is_black() -> None:
    assert np.array_equal(omniglot.ink(png(drawing(2))), drawing(2))


def test_the_authors_zips_and_one_tar_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(omniglot, "_CHARACTERS", 3)
    monkeypatch.setattr(omniglot, "_PEOPLE", 2)
    names = [f"images_background/B/character0{c}/0{c}_0{p}.png" for c in (1, 2) for p in (1, 2)]
    names += [f"images_evaluation/A/character01/09_0{p}.png" for p in (1, 2)]
    contents = {name: png(drawing(seed)) for seed, name in enumerate(names)}
    with tarfile.open(tmp_path / "all.tar.gz", "w:gz") as packed:
        for name in reversed(names):
            member = tarfile.TarInfo(f"Some Folder/{name}")
            member.size = len(contents[name])
            packed.addfile(member, io.BytesIO(contents[name]))
    for kind in ("background", "evaluation"):
        with zipfile.ZipFile(tmp_path / f"images_{kind}.zip", "w") as archive:
            for name in names:
                if kind in name:
                    archive.writestr(name, contents[name])
    zips = {path.name: path for path in tmp_path.glob("*.zip")}
    one = omniglot.resampled(zips)
    assert np.array_equal(one, omniglot.area_mean(np.stack([drawing(seed) for seed in range(6)])))
    assert np.array_equal(one, omniglot.resampled({"all": tmp_path / "all.tar.gz"}))
    with pytest.raises(FetchError, match="got 2 drawings of 1"):
        omniglot.resampled({"x": zips["images_evaluation.zip"]})


@pytest.mark.slow
def test_background_trains_and_evaluation_tests(data: ImageData) -> None:
    assert data.test.rows.tolist() == list(range(19_280, 32_460))
    assert set(data.test.labels.tolist()) == set(range(964, 1623))
    assert set(data.together("train", "val").labels.tolist()) == set(range(964))
    assert np.bincount(data.whole.labels).tolist() == [20] * 1623


@pytest.mark.slow
def test_drawings_are_light_on_dark(data: ImageData) -> None:
    pixels = data.test.images.take(np.arange(500))
    assert (pixels[:, :, [0, -1]] == 0).mean() > 0.9
    assert 0.05 < pixels.mean() / 255 < 0.15
