"""Attributes beside pictures: a CSV, CelebA's own files, and the same in a .zip."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from graphvae_data.core.errors import InputError
from graphvae_data.images.images import load_images, read_own

CSV = "file,male,age\na.png,yes,old\nb.png,,young\nsub/c.png,no,old\n"


def picture(path: Path, level: int, size: tuple[int, int] = (5, 4)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, level).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures with a CSV."""
    for name, level in (("a", 40), ("b", 90), ("c", 250)):
        picture(tmp_path / "photos" / f"{name}.png", level)
    (tmp_path / "photos" / "attributes.csv").write_text(CSV.replace("sub/", ""))
    return tmp_path / "photos"


def test_a_csv_is_matched_by_the_name_of_the_file(folder: Path) -> None:
    table = read_own(folder).attributes
    assert table.names == ("male", "age")
    assert table.of_row.tolist() == [[1, 0], [-1, 1], [0, 0]]


def test_attributes_are_part_of_the_fingerprint(folder: Path) -> None:
    one = load_images(folder).fingerprint
    (folder / "attributes.csv").write_text(CSV.replace("sub/", "").replace("young", "old"))
    with_less = read_own(folder).attributes
    assert with_less.names == ("male",)  # a single value is no attribute
    assert load_images(folder).fingerprint != one


def test_a_zip_is_read_like_its_folder(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"photos/{path.name}")
    one, other = load_images(folder), load_images(tmp_path / "photos.zip")
    assert one.fingerprint == other.fingerprint
    assert one.names == other.names


def test_a_damaged_zip_and_a_missing_line_are_one_line(folder: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"PK nothing")
    with pytest.raises(InputError, match=r"bad\.zip: expected a whole zip file"):
        read_own(bad)
    (folder / "attributes.csv").write_text("file,male\na.png,yes\nb.png,no\n")
    with pytest.raises(InputError, match=r"none for 1 of 3, such as c\.png"):
        read_own(folder)
    (folder / "attributes.csv").write_text("file,male\na.png\n")
    with pytest.raises(InputError, match="line 2: expected 2 values, got 1"):
        read_own(folder)


def test_the_errors_of_a_zip_name_the_zip(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "few.zip", "w") as archive:
        archive.write(folder / "a.png", "a.png")
        archive.writestr("attributes.csv", "file,male\nb.png,no\nc.png,yes\n")
    with pytest.raises(InputError, match=r"few\.zip/attributes\.csv: expected a line"):
        read_own(tmp_path / "few.zip")


def test_celeba_has_its_attributes_crop_and_split(tmp_path: Path) -> None:
    """Aligned pictures are 178×218; the square of 148 in their middle is scaled to 64×64."""
    names = [f"{number:06}.jpg" for number in range(1, 5)]
    for number, name in enumerate(names):
        whole = np.full((218, 178), 0, np.uint8)
        whole[35:183, 15:163] = 60 * (number + 1)
        (tmp_path / "img_align_celeba").mkdir(exist_ok=True)
        Image.fromarray(whole).save(tmp_path / "img_align_celeba" / name, quality=100)
    rows = ["1 -1", "-1 -1", "1 1", "-1 1"]
    lines = [f"{name}  {row}" for name, row in zip(names, rows, strict=True)]
    (tmp_path / "list_attr_celeba.txt").write_text("\n".join(["4", "Male Young", *lines]) + "\n")
    parts = [f"{name} {part}" for name, part in zip(names, "0012", strict=True)]
    (tmp_path / "list_eval_partition.txt").write_text("\n".join(parts))
    data = load_images(tmp_path)
    assert data.shape == (1, 64, 64)
    assert data.whole.labels is None
    assert data.attributes.spelt() == ["Male=no", "Male=yes", "Young=no", "Young=yes"]
    assert data.attributes.of_row.tolist() == [[1, 0], [0, 0], [1, 1], [0, 1]]
    assert (data.train.rows.tolist(), data.test.rows.tolist()) == ([0, 1], [3])
    inner = data.whole.images.take(np.arange(4))[:, 0, 3:-3, 3:-3]
    assert np.abs(inner.mean((1, 2)) - [60, 120, 180, 240]).max() < 1
