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


def write(folder: Path, text: str | bytes, name: str = "attributes.csv") -> None:
    content = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        "file;male;age\na.png;yes;old\nb.png;;young\nc.png;no;old\n",
        "file\tmale\tage\r\na.png\tyes\told\r\nb.png\t\tyoung\r\nc.png\tno\told\r\n",
        "\ufefffile, male, age\na.png, yes, old\nb.png, NA, young\n\nc.png, no, old\n",
        CSV.replace("sub/", "").encode("utf-16"),
    ],
    ids=["semicolons", "tabs", "blanks and NA", "UTF-16"],
)
def test_other_forms_of_the_table_are_read_alike(folder: Path, content: str | bytes) -> None:
    write(folder, content)
    table = read_own(folder).attributes
    assert table.names == ("male", "age")
    assert table.of_row.tolist() == [[1, 0], [-1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("file,par=odd,b\n", r"attributes\.csv: expected names of attributes without ="),
        ("file,male,\n", "without = and comma, got ''"),
        ("file,male,male\n", "expected different names of attributes, got male twice"),
        ("file,male\na.png,yes\nb.png,no\na.png,no\nc.png,no\n", "line 4: got other values"),
        (b"file,male\n" + b"a.png,h\xe9\n", "line 2: expected UTF-8 text.*save it as UTF"),
        ("file,male\na.png,yes\nb.png,yes\nc.png,yes\n", "at least two values, found none"),
        ("", "expected a header"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_line(
    folder: Path, content: str | bytes, message: str
) -> None:
    write(folder, content)
    with pytest.raises(InputError, match=message):
        read_own(folder)


def test_what_is_left_out_or_unknown_is_noted(folder: Path) -> None:
    write(folder, "file,male,hat\na.png,yes,no\nb.png,nan,no\nc.png,no,no\n")
    raw = read_own(folder)
    assert raw.attributes.names == ("male",)
    assert "nan is read as unknown (1 ×)" in raw.notes[0]
    assert "hat is left out" in raw.notes[1]


def test_the_name_of_a_file_must_be_that_of_one_picture(tmp_path: Path) -> None:
    for place, level in (("x", 40), ("y", 90)):
        picture(tmp_path / place / "a.png", level)
    write(tmp_path, "file,male\na.png,yes\n")
    with pytest.raises(InputError, match=r"got a\.png, the name of 2 pictures, such as x/a\.png"):
        read_own(tmp_path)
    write(tmp_path, "file,male\nx/a.png,yes\ny/a.png,no\n")
    assert read_own(tmp_path).attributes.of_row.tolist() == [[1], [0]]


def test_a_table_in_a_subfolder_is_noted(folder: Path) -> None:
    (note,) = read_own(folder.parent).notes
    assert "photos/attributes.csv is not read, as it lies in a subfolder" in note
    assert read_own(folder.parent, attributes=False).notes == ()


def test_new_pictures_need_no_attributes(folder: Path) -> None:
    write(folder, "file,male\na.png,yes\n")
    assert read_own(folder, attributes=False).attributes is None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("list_attr_celeba.txt", "3\n", "got 1 lines"),
        ("list_attr_celeba.txt", b"\xff", "expected UTF-8 text"),
        ("list_eval_partition.txt", "a.png\nb.png 0\nc.png 2\n", r"a\.png: expected 0 .*got ''"),
        ("list_eval_partition.txt", "a.png 5\nb.png 0\nc.png 2\n", r"a\.png: .*got '5'"),
        ("list_eval_partition.txt", "a.png train\nb.png 0\nc.png 2\n", "got 'train'"),
    ],
)
def test_a_damaged_file_of_celeba_is_one_line(
    folder: Path, name: str, content: str | bytes, message: str
) -> None:
    write(folder, "3\nMale\na.png 1\nb.png -1\nc.png 1\n", "list_attr_celeba.txt")
    write(folder, content, name)
    with pytest.raises(InputError, match=message):
        read_own(folder)
