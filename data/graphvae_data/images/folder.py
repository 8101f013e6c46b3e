"""A folder of a user's images: PNG or JPEG, greyscale or in colour.

Pictures that lie in the folder itself have no labels; pictures that lie in folders of it, at any
depth, are labelled by the folder's name. Where the folders are called `train`, `val` and `test`,
they are the split, and folders in them the classes. Hidden files and files of other kinds are
ignored.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from graphvae_data.core.errors import InputError
from graphvae_data.files.textfiles import one_line
from graphvae_data.images.image_data import Irregular, RawImages
from graphvae_data.images.image_store import ArrayStore
from graphvae_data.images.levels import spread_bytes
from graphvae_data.images.own_split import part_of

ENDINGS = (".png", ".jpg", ".jpeg")
"""Endings of the files that count as pictures."""
_GREY = ("1", "L", "LA")
_COLOUR = ("P", "RGB", "RGBA", "CMYK", "YCbCr")
_DEEP = ("I;16", "I;16B", "I;16L", "I;16N")
_TOLD = {
    "clear": (
        "{} picture with transparency is put on white",
        "{:,} pictures with transparency are put on white",
    ),
    "deep": (
        "{} picture of 16 bits is reduced to its upper 8",
        "{:,} pictures of 16 bits are reduced to their upper 8",
    ),
}
"""What a note says of one converted picture, and of several."""
_SHOWN = 3
"""Maximum number of skipped files that a note names."""

Pixels = UInt8[np.ndarray, "_ _ _"]
"""A picture, [channel, height, width]; pictures may differ in each."""


@dataclass(frozen=True)
class _File:
    """A picture's file, and what its folders say of it."""

    path: Path
    label: str | None = None
    part: int | None = None


class _Unusual(InputError):
    """A picture that is not plain, and that `irregular` decides about."""


@dataclass(frozen=True)
class Crop:
    """The central square of pictures of one size; others are left as they are."""

    of: tuple[int, int]
    """Width and height of the pictures."""
    side: int
    """Side of the square."""

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the square of a picture, or a picture of another size as it is."""
        if picture.size != self.of:
            return picture
        left, top = ((length - self.side) // 2 for length in self.of)
        return picture.crop((left, top, left + self.side, top + self.side))


def read_folder(
    folder: Path,
    size: tuple[int, int] | None,
    irregular: Irregular = "stop",
    *,
    crop: Crop | None = None,
) -> RawImages:
    """Read every picture in the order of the names.

    All must have one size, or be brought to `size` (height, width) by linear interpolation that
    averages when it shrinks. Colour anywhere makes three channels of all.

    Args:
        folder: the folder.
        size: the height and width of all pictures.
        irregular: what becomes of a picture that is transparent, of 16 bits or unreadable: an
            error (`stop`); white behind it, its upper 8 bits, left out (`convert`); or left out in
            any case (`skip`). The notes count them.
        crop: applied to each picture before it is scaled.

    Raises:
        InputError: no pictures, pictures of several sizes, or one that cannot be used.
    """
    if size is not None and min(size) < 1:
        raise InputError(f"expected a size of at least 1x1, got {size[0]}x{size[1]}")
    files, pictures, notes = _read_all(folder, size, irregular, crop)
    _require_one_size([file.path for file in files], pictures)
    if any(picture.shape[0] == 3 for picture in pictures):
        pictures = [np.broadcast_to(picture, (3, *picture.shape[1:])) for picture in pictures]
    levels, dark = spread_bytes(str(folder), np.stack(pictures))
    names = sorted({file.label for file in files if file.label is not None})
    return RawImages(
        store=ArrayStore(levels),
        labels=np.array([names.index(file.label or "") for file in files]) if names else None,
        class_names=tuple(names) or None,
        parts=None if files[0].part is None else np.array([file.part for file in files]),
        names=tuple(file.path.relative_to(folder).as_posix() for file in files),
        notes=(*notes, *dark),
    )


def _read_all(
    folder: Path, size: tuple[int, int] | None, irregular: Irregular, crop: Crop | None
) -> tuple[list[_File], list[Pixels], list[str]]:
    """Read the pictures that can be used; return their files too, and a note on the others."""
    files, pictures = list[_File](), list[Pixels]()
    converted, skipped = Counter[str](), list[str]()
    for file in _find(folder):
        try:
            picture, how = _open(file.path, convert=irregular == "convert")
        except _Unusual as fault:
            if irregular == "stop":
                raise InputError(f"{fault}, or choose irregular: convert or skip") from None
            skipped.append(file.path.relative_to(folder).as_posix())
            continue
        converted.update(how)
        files.append(file)
        pictures.append(_pixels(picture if crop is None else crop.apply(picture), size))
    notes = [f"{folder}: {_TOLD[how][count > 1].format(count)}" for how, count in converted.items()]
    if skipped:
        more = ", …" if len(skipped) > _SHOWN else ""
        are = "is" if len(skipped) == 1 else "are"
        listed = ", ".join(skipped[:_SHOWN]) + more
        notes.append(
            f"{folder}: {len(skipped):,} of {len(skipped) + len(files):,} pictures {are} "
            f"skipped: {listed}"
        )
    if not files:
        raise InputError(f"{folder}: expected pictures that can be used, got {notes[-1]}")
    return files, pictures, notes


def _find(folder: Path) -> list[_File]:
    """Find the pictures, with their labels and parts."""
    inside = [sub for sub in _visible(folder) if sub.is_dir()]
    parts = {sub: part_of(sub.name) for sub in inside}
    if not {0, 2} <= set(parts.values()) and not {0, 1} <= set(parts.values()):
        return [_File(path, label) for path, label in _classes(folder)]
    beside = _pictures(folder) + [p for sub in inside if parts[sub] is None for p in _below(sub)]
    if beside:
        raise InputError(
            f"{folder}: expected pictures in train, val and test only, got {len(beside):,} "
            f"elsewhere, such as {beside[0].relative_to(folder).as_posix()}; move them away"
        )
    found = [
        _File(path, label, parts[sub])
        for sub in sorted(parts, key=lambda sub: (parts[sub], sub.name))
        for path, label in _classes(sub)
    ]
    if len({file.label is None for file in found}) > 1:
        raise InputError(f"{folder}: expected folders of classes in all parts or in none")
    return found


def _classes(folder: Path) -> list[tuple[Path, str | None]]:
    """Find the pictures of a folder, each with its class."""
    here = _pictures(folder)
    classes = {
        sub.name: found for sub in _visible(folder) if sub.is_dir() and (found := _below(sub))
    }
    if here and classes:
        name, found = next(iter(classes.items()))
        raise InputError(
            f"{folder}: expected pictures either in the folder or in folders of it (one a class), "
            f"got {len(here)} in it and {len(found)} in {name}; move one kind away"
        )
    if not here and not classes:
        raise InputError(f"{folder}: expected pictures ({', '.join(ENDINGS)}), found none")
    if here:
        return [(path, None) for path in here]
    return [(path, name) for name, found in classes.items() for path in found]


def _below(folder: Path) -> list[Path]:
    """Find the pictures in a folder and in its folders."""
    deeper = (path for sub in _visible(folder) if sub.is_dir() for path in _below(sub))
    return [*_pictures(folder), *deeper]


def _pictures(folder: Path) -> list[Path]:
    return [path for path in _visible(folder) if path.suffix.lower() in ENDINGS and path.is_file()]


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _open(path: Path, *, convert: bool) -> tuple[Image.Image, list[str]]:
    """Return a picture as 8-bit greyscale or colour, and how it was converted."""
    try:
        with Image.open(path) as opened:
            return _plain(path, ImageOps.exif_transpose(opened), convert=convert)
    except InputError:
        raise
    except Exception as error:  # Pillow raises whatever the damaged bytes lead to
        raise _Unusual(f"{path}: expected a PNG or JPEG picture, got {one_line(error)}") from None


def _pixels(picture: Image.Image, size: tuple[int, int] | None) -> Pixels:
    if size is not None:
        picture = picture.resize(size[::-1], Image.Resampling.BILINEAR)
    pixels = np.asarray(picture)
    return pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)


def _plain(path: Path, picture: Image.Image, *, convert: bool) -> tuple[Image.Image, list[str]]:
    """Return the picture as 8-bit greyscale or colour; convert it only where that is allowed."""
    how = list[str]()
    if picture.has_transparency_data and _lowest_alpha(picture) < 255:
        if not convert:
            raise _Unusual(f"{path}: expected no transparency; put it on a background first")
        picture = _on_white(picture)
        how.append("clear")
    if picture.mode in _DEEP and convert:
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
        how.append("deep")
    if picture.mode in _GREY:
        return picture.convert("L"), how
    if picture.mode in _COLOUR:
        return picture.convert("RGB"), how
    raise _Unusual(f"{path}: expected 8 bits a channel, got the form {picture.mode}; convert it")


def _on_white(picture: Image.Image) -> Image.Image:
    grey = picture.mode in _GREY
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture.convert("RGBA"))
    return white.convert("L" if grey else "RGB")


def _lowest_alpha(picture: Image.Image) -> int:
    return int(np.asarray(picture.convert("RGBA").getchannel("A")).min())


def _require_one_size(paths: list[Path], pictures: list[Pixels]) -> None:
    first = pictures[0].shape[1:]
    for path, picture in zip(paths, pictures, strict=True):
        if picture.shape[1:] != first:
            raise InputError(
                f"expected pictures of one size, got {first[0]}x{first[1]} in {paths[0].name} and "
                f"{picture.shape[1]}x{picture.shape[2]} in {path.name} (height x width); "
                "give a size to bring all of them to it"
            )
