"""Files of attributes that lie beside a user's pictures.

`attributes.csv` has a header; its first column is the name of a picture (as a path below the
folder, or the name of the file alone), and every other column is an attribute, empty where it is
unknown. `list_attr_celeba.txt` is CelebA's own file: the number of pictures, the names of the
attributes, then a line for each picture with 1 or −1. Its aligned pictures, 178 × 218, are cropped
to their central square of 148 and brought to 64 × 64. `list_eval_partition.txt`, where it is there
too, is CelebA's split. Source: Liu et al. 2015, "Deep Learning Face Attributes in the Wild".
"""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from graphvae_data.core.errors import InputError
from graphvae_data.images.attributes import AttributeTable, table_of
from graphvae_data.images.folder import Crop, read_folder
from graphvae_data.images.image_data import Irregular, RawImages

CSV, CELEBA, CELEBA_PARTS = "attributes.csv", "list_attr_celeba.txt", "list_eval_partition.txt"
"""The files that are read where they lie in the folder of the pictures."""
_CELEBA_CROP, _CELEBA_SIZE = Crop((178, 218), 148), (64, 64)
_BINARY = {"1": "yes", "-1": "no"}
Rows = dict[str, list[str]]
"""The texts of each picture, by its name."""


def read_folder_with_attributes(
    folder: Path, size: tuple[int, int] | None = None, irregular: Irregular = "stop"
) -> RawImages:
    """Read the pictures of a folder, with the attributes of a file in it, if there is one.

    Raises:
        InputError: as of `read_folder`; a file of another form, or one that lacks a picture.
    """
    if (folder / CELEBA).is_file():
        raw = read_folder(folder, size or _CELEBA_SIZE, irregular, crop=_CELEBA_CROP)
        return _with_celeba(raw, folder)
    raw = read_folder(folder, size, irregular)
    if not (folder / CSV).is_file():
        return raw
    names, rows = _read_csv(folder / CSV)
    return replace(raw, attributes=_aligned(folder / CSV, names, rows, raw))


def _with_celeba(raw: RawImages, folder: Path) -> RawImages:
    names, rows = _read_celeba(folder / CELEBA)
    raw = replace(raw, attributes=_aligned(folder / CELEBA, names, rows, raw))
    if raw.class_names is not None and len(raw.class_names) == 1:
        raw = replace(raw, labels=None, class_names=None)  # the folder of the pictures is no class
    parts = folder / CELEBA_PARTS
    if not parts.is_file():
        return raw
    part_of = dict(_words(line) for line in _lines(parts))
    numbers = [int(text[0]) for text in _of_pictures(parts, part_of, raw)]
    return replace(raw, parts=np.array(numbers, np.int64))


def _read_csv(path: Path) -> tuple[list[str], Rows]:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        header, *lines = [line for line in csv.reader(stream) if line] or [[]]
    if len(header) < 2:
        raise InputError(f"{path}: expected a header with a name and attributes, got {header}")
    for number, line in enumerate(lines, 2):
        if len(line) != len(header):
            raise InputError(
                f"{path}, line {number}: expected {len(header)} values, got {len(line)}"
            )
    return header[1:], {line[0].strip(): [text.strip() for text in line[1:]] for line in lines}


def _read_celeba(path: Path) -> tuple[list[str], Rows]:
    _, header, *lines = _lines(path) or ["", ""]
    names, rows = header.split(), dict(map(_words, lines))
    for name, values in rows.items():
        if len(values) != len(names) or not set(values) <= set(_BINARY):
            raise InputError(
                f"{path}, {name}: expected {len(names)} values 1 or -1, got {' '.join(values)}"
            )
    return names, {name: [_BINARY[text] for text in values] for name, values in rows.items()}


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _words(line: str) -> tuple[str, list[str]]:
    name, *values = line.split()
    return name, values


def _aligned(path: Path, names: list[str], rows: Rows, raw: RawImages) -> AttributeTable:
    """Return the attributes in the order of the pictures; those of one value are left out."""
    of_pictures = _of_pictures(path, rows, raw)
    columns = {name: [row[at] for row in of_pictures] for at, name in enumerate(names)}
    varied = {name: column for name, column in columns.items() if len(set(column) - {""}) > 1}
    if not varied:
        raise InputError(f"{path}: expected an attribute with at least two values, found none")
    return table_of(varied)


def _of_pictures(path: Path, rows: Rows, raw: RawImages) -> list[list[str]]:
    assert raw.names is not None, "pictures of a folder have names"
    lines = [rows.get(name, rows.get(Path(name).name)) for name in raw.names]
    missing = [name for name, line in zip(raw.names, lines, strict=True) if line is None]
    if missing:
        raise InputError(
            f"{path}: expected a line for each picture, got none for {len(missing):,} of "
            f"{len(lines):,}, such as {missing[0]}"
        )
    return [line for line in lines if line is not None]
