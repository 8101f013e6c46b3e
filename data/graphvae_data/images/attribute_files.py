"""Files of attributes that lie beside a user's pictures.

`attributes.csv` has a header; its first column is the name of a picture (as a path below the
folder, or the name of the file alone), and every other column is an attribute. Fields are separated
by commas, semicolons or tabs. An empty field, NA, NaN, null or ? is an unknown value.
`list_attr_celeba.txt` is CelebA's own file: the number of pictures, the names of the
attributes, then a line for each picture with 1 or −1. Its aligned pictures, 178 × 218, are cropped
to their central square of 148 and brought to 64 × 64. `list_eval_partition.txt`, where it is there
too, is CelebA's split. Source: Liu et al. 2015, "Deep Learning Face Attributes in the Wild".
"""

import csv
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from graphvae_data.core.errors import InputError
from graphvae_data.files.textfiles import one_line, read_text
from graphvae_data.images.attributes import check_names, table_of
from graphvae_data.images.folder import Crop, read_folder
from graphvae_data.images.image_data import Irregular, RawImages

CSV, CELEBA, CELEBA_PARTS = "attributes.csv", "list_attr_celeba.txt", "list_eval_partition.txt"
"""The files that are read where they lie in the folder of the pictures."""
_CELEBA_CROP, _CELEBA_SIZE = Crop((178, 218), 148), (64, 64)
_BINARY = {"1": "yes", "-1": "no"}
_UNKNOWN = frozenset({"", "na", "n/a", "nan", "null", "?"})
"""Texts of an unknown value, in lower case."""
Rows = dict[str, list[str]]
"""The texts of each picture, by its name."""


@dataclass(frozen=True)
class _Lines:
    """The lines of a file of attributes."""

    path: Path
    """The file."""
    names: list[str]
    """The attributes."""
    rows: Rows
    """Their texts."""


def read_folder_with_attributes(
    folder: Path,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
    *,
    attributes: bool = True,
) -> RawImages:
    """Read the pictures of a folder, with the attributes of a file in it, if there is one.

    A file of attributes in a subfolder is not read, and noted.

    Args:
        folder: the folder.
        size: as of `read_folder`.
        irregular: as of `read_folder`.
        attributes: whether to read them.

    Raises:
        InputError: as of `read_folder`; a file of another form, or one that lacks a picture.
    """
    celeba = (folder / CELEBA).is_file()
    if celeba:
        raw = read_folder(folder, size or _CELEBA_SIZE, irregular, crop=_CELEBA_CROP)
    else:
        raw = read_folder(folder, size, irregular)
    if not attributes:
        return raw
    if celeba:
        return _with_celeba(raw, folder)
    if (folder / CSV).is_file():
        return _aligned(_read_csv(folder / CSV), raw)
    notes = [
        f"{folder}: {path} is not read, as it lies in a subfolder; move it, or give its folder"
        for path in _below(folder)
    ]
    return replace(raw, notes=(*raw.notes, *notes))


def _below(folder: Path) -> list[str]:
    """Find files of attributes in subfolders, without hidden ones."""
    found = [path.relative_to(folder) for name in (CSV, CELEBA) for path in folder.rglob(name)]
    return [
        path.as_posix()
        for path in sorted(found)
        if not any(part.startswith(".") for part in path.parts)
    ]


def _with_celeba(raw: RawImages, folder: Path) -> RawImages:
    raw = _aligned(_read_celeba(folder / CELEBA), raw)
    if raw.class_names is not None and len(raw.class_names) == 1:
        raw = replace(raw, labels=None, class_names=None)  # the folder of the pictures is no class
    path = folder / CELEBA_PARTS
    if not path.is_file():
        return raw
    rows = dict(_words(line) for line in _text_lines(path))
    texts = [" ".join(words) for words in _of_pictures(path, rows, raw)]
    for name, text in zip(raw.names or (), texts, strict=True):
        if text not in ("0", "1", "2"):
            raise InputError(
                f"{path}, {Path(name).name}: expected 0 (train), 1 (val) or 2 (test), got {text!r}"
            )
    return replace(raw, parts=np.array(texts, np.int64))


def _read_csv(path: Path) -> _Lines:
    text = read_text(path, remedy="save it as UTF-8").decode()
    reader = csv.reader(text.splitlines(keepends=True), delimiter=_delimiter(text))
    try:
        numbered = [(reader.line_num, line) for line in reader if line]
    except csv.Error as error:
        raise InputError(f"{path}: expected a table, got {one_line(error)}") from None
    header = [title.strip() for title in numbered[0][1]] if numbered else []
    if len(header) < 2:
        raise InputError(f"{path}: expected a header with a name and attributes, got {header}")
    _check_titles(path, header[1:])
    rows: Rows = {}
    for number, line in numbered[1:]:
        if len(line) != len(header):
            raise InputError(
                f"{path}, line {number}: expected {len(header)} values, got {len(line)}"
            )
        name, *values = (each.strip() for each in line)
        if rows.setdefault(name, values) != values:
            raise InputError(f"{path}, line {number}: got other values for {name} than above")
    return _Lines(path, header[1:], rows)


def _delimiter(text: str) -> str:
    """Return the most frequent delimiter of the header; a comma if there is none."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=header.count)


def _check_titles(path: Path, names: list[str]) -> None:
    try:
        check_names(names)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _read_celeba(path: Path) -> _Lines:
    lines = _text_lines(path)
    if len(lines) < 3:
        raise InputError(
            f"{path}: expected the number of pictures, the names of the attributes and a line for "
            f"each picture, got {len(lines)} lines"
        )
    names, rows = lines[1].split(), dict(map(_words, lines[2:]))
    _check_titles(path, names)
    for name, values in rows.items():
        if len(values) != len(names) or not set(values) <= set(_BINARY):
            raise InputError(
                f"{path}, {name}: expected {len(names)} values 1 or -1, got {' '.join(values)}"
            )
    texts = {name: [_BINARY[text] for text in values] for name, values in rows.items()}
    return _Lines(path, names, texts)


def _text_lines(path: Path) -> list[str]:
    text = read_text(path, remedy="save it as UTF-8").decode()
    return [line for line in text.splitlines() if line.strip()]


def _words(line: str) -> tuple[str, list[str]]:
    name, *values = line.split()
    return name, values


def _aligned(lines: _Lines, raw: RawImages) -> RawImages:
    """Return the pictures with their attributes; those of one value are left out, with a note."""
    path = lines.path
    of_pictures = _of_pictures(path, lines.rows, raw)
    columns = {name: [row[at] for row in of_pictures] for at, name in enumerate(lines.names)}
    unknown = Counter(
        text for column in columns.values() for text in column if text.lower() in _UNKNOWN and text
    )
    columns = {
        name: ["" if text.lower() in _UNKNOWN else text for text in column]
        for name, column in columns.items()
    }
    varied = {name: column for name, column in columns.items() if len(set(column) - {""}) > 1}
    if not varied:
        raise InputError(f"{path}: expected an attribute with at least two values, found none")
    notes = [f"{path}: {text} is read as unknown ({count:,} ×)" for text, count in unknown.items()]
    notes += [
        f"{path}: {name} is left out, as it has fewer than two values"
        for name in columns
        if name not in varied
    ]
    return replace(raw, attributes=table_of(varied), notes=(*raw.notes, *notes))


def _of_pictures(path: Path, rows: Rows, raw: RawImages) -> list[list[str]]:
    """Return the texts of each picture, by its path below the folder or the name of its file.

    Raises:
        InputError: a picture without a line, or the name of a file for several pictures.
    """
    assert raw.names is not None, "pictures of a folder have names"
    files = Counter(Path(name).name for name in raw.names)
    lines = list[list[str]]()
    missing = list[str]()
    for name in raw.names:
        file = Path(name).name
        if name in rows:
            lines.append(rows[name])
        elif file not in rows:
            missing.append(name)
        elif files[file] > 1:
            raise InputError(
                f"{path}: expected the path of each picture, got {file}, the name of "
                f"{files[file]} pictures, such as {name}"
            )
        else:
            lines.append(rows[file])
    if missing:
        raise InputError(
            f"{path}: expected a line for each picture, got none for {len(missing):,} of "
            f"{len(raw.names):,}, such as {missing[0]}"
        )
    return lines
