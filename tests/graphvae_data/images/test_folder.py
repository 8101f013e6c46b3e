"""Folders of images: what is read, and one-line errors."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from graphvae_data.core.errors import InputError
from graphvae_data.images.images import load_images


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def save(path: Path, pixels: np.ndarray, **more: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **more)
    return path


def test_grey_pictures_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for seed in range(12):
        save(tmp_path / f"{seed:02}.png", noise(seed, 5, 4))
    (tmp_path / "notes.txt").write_text("passed over")
    (tmp_path / ".hidden.png").write_bytes(b"passed over")
    data = load_images(tmp_path)
    expected = np.stack([noise(seed, 5, 4) for seed in range(12)])[:, None]
    assert np.array_equal(data.whole.images.array(), expected)
    assert (len(data.train), len(data.val), len(data.test)) == (10, 1, 1)
    assert (data.whole.labels, data.class_names) == (None, None)
    assert data.name == tmp_path.name


def test_folders_in_it_are_classes(tmp_path: Path) -> None:
    for seed, name in enumerate(["cat/a.png", "cat/b.JPG", "dog/a.jpeg"]):
        save(tmp_path / name, noise(seed, 8, 8, 3))
    (tmp_path / "empty").mkdir()
    data = load_images(str(tmp_path))
    assert data.whole.labels.tolist() == [0, 0, 1]
    assert data.class_names == ("cat", "dog")
    assert data.shape == (3, 8, 8)


def test_one_colour_picture_makes_all_of_three_channels(tmp_path: Path) -> None:
    grey, colour = noise(0, 4, 4), noise(1, 4, 4, 3)
    opaque = np.concatenate([noise(2, 4, 4, 3), np.full((4, 4, 1), 255, np.uint8)], axis=2)
    for name, pixels in (("a", grey), ("b", colour), ("c", opaque)):
        save(tmp_path / f"{name}.png", pixels)
    result = load_images(tmp_path).whole.images.array()
    assert np.array_equal(result[0], np.stack([grey] * 3))
    assert np.array_equal(result[1], colour.transpose(2, 0, 1))
    assert np.array_equal(result[2], opaque[..., :3].transpose(2, 0, 1))


def test_size_brings_all_to_one_size(tmp_path: Path) -> None:
    for seed, side in enumerate((6, 9, 12)):
        save(tmp_path / f"{seed}.png", np.full((side, 2 * side), 50 * seed, np.uint8))
    data = load_images(tmp_path, size=(3, 4))
    assert data.shape == (1, 3, 4)
    assert [np.unique(picture).tolist() for picture in data.whole.images.array()] == [
        [0],
        [50],
        [100],
    ]


def test_a_size_of_nothing_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "a.png", noise(0, 4, 4))
    with pytest.raises(InputError, match="at least 1x1, got 4x0"):
        load_images(tmp_path, size=(4, 0))


def test_a_turned_photograph_is_set_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held turned by a quarter
    pixels = noise(3, 4, 6)
    for name in "abc":
        save(tmp_path / f"{name}.png", pixels, exif=exif)
    assert np.array_equal(load_images(tmp_path).whole.images.array()[0, 0], np.rot90(pixels, -1))


def test_a_missing_size_names_two_pictures(tmp_path: Path) -> None:
    save(tmp_path / "a.png", noise(0, 4, 6))
    save(tmp_path / "b.png", noise(1, 5, 6))
    with pytest.raises(InputError, match=r"one size, got 4x6 in a\.png and 5x6 in b\.png.*size"):
        load_images(tmp_path)


def bad_folders(folder: Path) -> dict[str, str]:
    """Folders that cannot be used, and what is said of each."""
    (folder / "empty").mkdir()
    save(folder / "mixed" / "a.png", noise(0, 4, 4))
    save(folder / "mixed" / "sub" / "a.png", noise(0, 4, 4))
    (folder / "broken").mkdir()
    (folder / "broken" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    save(folder / "deep" / "a.png", noise(0, 4, 4).astype(np.uint16) * 256)
    save(folder / "clear" / "a.png", noise(0, 4, 4, 4))
    save(folder / "two" / "a.png", noise(0, 4, 4))
    save(folder / "two" / "b.png", noise(0, 4, 4))
    return {
        "empty": r"expected images \(\.png",
        "mixed": r"got 1 in the folder and 1 in sub",
        "broken": r"a\.png: expected a PNG or JPEG image",
        "deep": r"a\.png: expected 8 bits per channel",
        "clear": r"a\.png: expected no transparency",
        "two": "at least 3 images",
    }


def test_unusable_folders_are_refused_in_one_line(tmp_path: Path) -> None:
    for name, message in bad_folders(tmp_path).items():
        with pytest.raises(InputError, match=message) as caught:
            load_images(tmp_path / name)
        assert "\n" not in str(caught.value)


def irregular_folder(folder: Path) -> None:
    """Four plain pictures, one of 16 bits, one with transparency, one that is broken."""
    for seed in range(4):
        save(folder / f"{seed}.png", noise(seed, 4, 4))
    save(folder / "deep.png", np.full((4, 4), 0x8001, np.uint16))
    clear = np.zeros((4, 4, 4), np.uint8)
    clear[:2, :, 3] = 255
    save(folder / "clear.png", clear)
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")


def test_irregular_pictures_stop_by_default(tmp_path: Path) -> None:
    irregular_folder(tmp_path)
    with pytest.raises(InputError, match=r"broken\.png.*or set irregular to convert or skip"):
        load_images(tmp_path)


def test_irregular_pictures_are_skipped_and_counted(tmp_path: Path) -> None:
    irregular_folder(tmp_path)
    data = load_images(tmp_path, irregular="skip")
    assert data.names == ("0.png", "1.png", "2.png", "3.png")
    assert data.notes == (f"{tmp_path}: skipped 3 of 7 images: broken.png, clear.png, deep.png",)


def test_irregular_pictures_are_converted_and_counted(tmp_path: Path) -> None:
    irregular_folder(tmp_path)
    data = load_images(tmp_path, irregular="convert")
    by_name = dict(zip(data.names, data.whole.images.array(), strict=True))
    assert by_name["deep.png"].tolist() == np.full((3, 4, 4), 0x80).tolist()
    assert np.unique(by_name["clear.png"][:, :2]).tolist() == [0]
    assert np.unique(by_name["clear.png"][:, 2:]).tolist() == [255]
    assert "broken.png" not in by_name
    assert [note.split(": ", 1)[1] for note in data.notes] == [
        "1 transparent image was put on a white background",
        "1 16-bit image was reduced to its upper 8 bits",
        "skipped 1 of 7 images: broken.png",
    ]


def test_a_folder_of_broken_pictures_only_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"usable images.*1 of 1 image"):
        load_images(tmp_path, irregular="skip")


def test_pictures_are_found_at_any_depth(tmp_path: Path) -> None:
    for seed, name in enumerate(["cat/a.png", "cat/2020/b.png", "dog/x/y/c.png"]):
        save(tmp_path / name, noise(seed, 4, 4))
    data = load_images(tmp_path)
    assert data.names == ("cat/a.png", "cat/2020/b.png", "dog/x/y/c.png")
    assert data.whole.labels.tolist() == [0, 0, 1]


def test_folders_called_after_parts_are_the_split(tmp_path: Path) -> None:
    names = [f"train/{kind}/{n}.png" for kind in ("cat", "dog") for n in range(3)]
    names += ["valid/dog/a.png", "test/cat/a.png", "test/emu/a.png"]
    for seed, name in enumerate(names):
        save(tmp_path / name, noise(seed, 4, 4))
    data = load_images(tmp_path, seed=4)
    assert [data.names[row] for row in data.val.rows] == ["valid/dog/a.png"]
    assert [data.names[row] for row in data.test.rows] == ["test/cat/a.png", "test/emu/a.png"]
    assert data.class_names == ("cat", "dog", "emu")
    assert data.test.labels.tolist() == [0, 2]
    save(tmp_path / "more" / "a.png", noise(0, 4, 4))
    with pytest.raises(InputError, match=r"train, val and test only.*such as more/a\.png"):
        load_images(tmp_path)


def test_masks_of_0_and_1_are_black_and_white(tmp_path: Path) -> None:
    for seed in range(3):
        save(tmp_path / f"{seed}.png", noise(seed, 4, 4) % 2)
    data = load_images(tmp_path)
    assert np.unique(data.whole.images.array()).tolist() == [0, 255]
    assert "only 0 and 1" in data.notes[0]
