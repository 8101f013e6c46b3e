"""The raw files of MNIST and Frey Faces."""

import gzip
import pickle
from pathlib import Path

import numpy as np
import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.download.fetch import obtain
from graphvae_data.images.images import load_images
from graphvae_data.images.sets.raw_files import (
    read_freyfaces,
    read_idx,
    read_mnist,
    read_small_mnist,
)
from graphvae_data.registry.images import IMAGES


def idx(values: np.ndarray) -> bytes:
    shape = b"".join(int(axis).to_bytes(4, "big") for axis in values.shape)
    return bytes([0, 0, 8, values.ndim]) + shape + values.tobytes()


def test_values_read_back(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    (tmp_path / "plain").write_bytes(idx(values))
    (tmp_path / "packed.gz").write_bytes(gzip.compress(idx(values)))
    assert np.array_equal(read_idx(tmp_path / "plain"), values)
    assert np.array_equal(read_idx(tmp_path / "packed.gz"), values)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\x0d\1\0\0\0\1\0",
        b"\0\0\x08\0",
        b"\0\0\x08\2\0\0\0\1",
        idx(np.ones(3, "u1"))[:-1],
        idx(np.ones(3, "u1")) + b"\0",
    ],
)
def test_anything_else_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad-ubyte").write_bytes(content)
    with pytest.raises(InputError, match=r"bad-ubyte: expected"):
        read_idx(tmp_path / "bad-ubyte")


@pytest.mark.slow
def test_the_gzipped_form_gives_the_same_pictures(shared_home: Path, tmp_path: Path) -> None:
    """Both sources of MNIST, and Fashion-MNIST, go through one reader."""
    plain = obtain(IMAGES["mnist"]).files
    packed = {}
    for name, path in plain.items():
        name = name.replace(".", "-") + ".gz"
        (tmp_path / name).write_bytes(gzip.compress(path.read_bytes(), compresslevel=1))
        packed[name] = tmp_path / name
    assert set(packed) == {file.name for file in IMAGES["fashion-mnist"].sources[0].files}
    one, other = read_mnist(plain, False), read_mnist(packed, False)
    assert np.array_equal(one.store.array, other.store.array)
    assert np.array_equal(one.labels, other.labels)


def test_neighbouring_frames_resemble_each_other(
    raw_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHVAE_MIRROR", str(raw_data))
    data = load_images("freyfaces")
    frames = data.whole.images.array().astype(np.float64)
    assert frames.shape == (1965, 1, 28, 20)
    assert (data.whole.labels, data.factors) == (None, None)
    next_one = np.abs(np.diff(frames, axis=0)).mean()
    assert next_one < 0.5 * np.abs(frames[:-500] - frames[500:]).mean()
    wrong = frames.reshape(-1, 20, 28)
    below, wrong_below = (np.abs(np.diff(x, axis=-2)).mean() for x in (frames, wrong))
    assert below < 0.5 * wrong_below  # pixels one below the other are alike: rows are 20 wide


@pytest.mark.parametrize(
    "held",
    [[], [np.zeros((2, 560), np.uint8)] * 2, [np.zeros((2, 561), np.uint8)], [np.zeros((2, 560))]],
)
def test_another_list_is_refused(held: list[np.ndarray], tmp_path: Path) -> None:
    path = tmp_path / "freyfaces.pkl"
    content = pickle.dumps(held, protocol=2)
    path.write_bytes(content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    with pytest.raises(InputError, match=r"freyfaces\.pkl"):
        read_freyfaces({path.name: path}, False)


def test_small_digits_are_means_of_two_by_two(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 28, 28), np.uint8)
    files = {}
    for name, values in {
        "train-images": images[:4],
        "t10k-images": images[4:],
        "train-labels": np.arange(4, dtype=np.uint8),
        "t10k-labels": np.arange(2, dtype=np.uint8),
    }.items():
        (tmp_path / name).write_bytes(idx(values))
        files[name] = tmp_path / name
    small = read_small_mnist(files, False)
    means = images.reshape(6, 14, 2, 14, 2).mean((2, 4))
    assert small.store.array.shape == (6, 1, 14, 14)
    assert np.array_equal(small.store.array[:, 0], np.floor(means + 0.5))
    assert small.labels.tolist() == [0, 1, 2, 3, 0, 1]
