"""A folder of a user's images: PNG or JPEG, greyscale or in colour.

Pictures that lie in the folder itself have no labels; pictures that lie in folders of it are
labelled by the folder's name. Hidden files and files of other kinds are ignored.
"""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from graphvae_data.core.errors import InputError
from graphvae_data.files.textfiles import one_line
from graphvae_data.images.image_data import RawImages
from graphvae_data.images.image_store import ArrayStore

ENDINGS = (".png", ".jpg", ".jpeg")
"""Endings of the files that count as pictures."""
_GREY = ("1", "L", "LA")
_COLOUR = ("P", "RGB", "RGBA", "CMYK", "YCbCr")


def read_folder(folder: Path, size: tuple[int, int] | None) -> RawImages:
    """Read every picture in the order of the names.

    All must have one size, or be brought to `size` (height, width) by linear interpolation that
    averages when it shrinks. Colour anywhere makes three channels of all.
    """
    if size is not None and min(size) < 1:
        raise InputError(f"expected a size of at least 1x1, got {size[0]}x{size[1]}")
    paths, labels, names = _find(folder)
    pictures = [_read(path, size) for path in paths]
    _require_one_size(paths, pictures)
    colour = any(picture.shape[0] == 3 for picture in pictures)
    if colour:
        pictures = [np.broadcast_to(picture, (3, *picture.shape[1:])) for picture in pictures]
    return RawImages(
        store=ArrayStore(np.stack(pictures)),
        labels=None if labels is None else np.array(labels, dtype=np.int64),
        class_names=names,
    )


def _find(folder: Path) -> tuple[list[Path], list[int] | None, tuple[str, ...] | None]:
    """The pictures, their labels and the names of these."""
    here = _pictures(folder)
    classes = [
        (sub.name, found)
        for sub in sorted(folder.iterdir())
        if sub.is_dir() and not sub.name.startswith(".") and (found := _pictures(sub))
    ]
    if here and classes:
        raise InputError(
            f"{folder}: expected pictures either in the folder or in folders of it (one a class), "
            f"got {len(here)} in it and {len(classes[0][1])} in {classes[0][0]}; move one kind away"
        )
    if not here and not classes:
        raise InputError(f"{folder}: expected pictures ({', '.join(ENDINGS)}), found none")
    if here:
        return here, None, None
    labels = [label for label, (_, found) in enumerate(classes) for _ in found]
    return [path for _, found in classes for path in found], labels, tuple(n for n, _ in classes)


def _pictures(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in ENDINGS and path.is_file() and not path.name.startswith(".")
    )


def _read(path: Path, size: tuple[int, int] | None) -> UInt8[np.ndarray, "channel height width"]:
    try:
        with Image.open(path) as opened:
            picture = _plain(path, ImageOps.exif_transpose(opened))
    except InputError:
        raise
    except Exception as error:  # Pillow raises whatever the damaged bytes lead to
        raise InputError(f"{path}: expected a PNG or JPEG picture, got {one_line(error)}") from None
    if size is not None:
        picture = picture.resize(size[::-1], Image.Resampling.BILINEAR)
    pixels = np.asarray(picture)
    return pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)


def _plain(path: Path, picture: Image.Image) -> Image.Image:
    """The picture as 8-bit greyscale or colour; lossy conversions are rejected."""
    if picture.has_transparency_data and _lowest_alpha(picture) < 255:
        raise InputError(f"{path}: expected no transparency; put it on a background first")
    if picture.mode in _GREY:
        return picture.convert("L")
    if picture.mode in _COLOUR:
        return picture.convert("RGB")
    raise InputError(f"{path}: expected 8 bits a channel, got the form {picture.mode}; convert it")


def _lowest_alpha(picture: Image.Image) -> int:
    return int(np.asarray(picture.convert("RGBA").getchannel("A")).min())


def _require_one_size(paths: list[Path], pictures: list[UInt8[np.ndarray, "_ _ _"]]) -> None:
    first = pictures[0].shape[1:]
    for path, picture in zip(paths, pictures, strict=True):
        if picture.shape[1:] != first:
            raise InputError(
                f"expected pictures of one size, got {first[0]}x{first[1]} in {paths[0].name} and "
                f"{picture.shape[1]}x{picture.shape[2]} in {path.name} (height x width); "
                "give a size to bring all of them to it"
            )
