"""A folder of a user's images: PNG or JPEG, greyscale or in colour.

Images in the folder itself have no labels; images in a subfolder, at any depth, are labelled by its
name. Subfolders called `train`, `val` and `test` are the split, and their subfolders the classes.
Hidden files and other file types are ignored.
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
from graphvae_data.images.levels import rescale_masks
from graphvae_data.images.own_split import part_of

SUFFIXES = (".png", ".jpg", ".jpeg")
"""Suffixes of image files."""
_GREY = ("1", "L", "LA")
_COLOUR = ("P", "RGB", "RGBA", "CMYK", "YCbCr")
_SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I;16N")
_CONVERSIONS = {
    "transparent": (
        "{} transparent image was put on a white background",
        "{:,} transparent images were put on a white background",
    ),
    "16-bit": (
        "{} 16-bit image was reduced to its upper 8 bits",
        "{:,} 16-bit images were reduced to their upper 8 bits",
    ),
}
"""Notes on one converted image, and on several."""
_MAX_LISTED = 3
"""Maximum number of skipped files that a note names."""

Pixels = UInt8[np.ndarray, "_ _ _"]
"""An image, [channel, height, width]; shapes may differ between images."""


@dataclass(frozen=True)
class _File:
    """An image file, with the label and part given by its folders."""

    path: Path
    label: str | None = None
    part: int | None = None


class _Irregular(InputError):
    """An image that is handled as `irregular` says."""


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
    """Read all images in the order of their names.

    Images must have the same size, unless they are resized by linear interpolation with
    antialiasing. If any image is in colour, all get three channels.

    Args:
        folder: the folder.
        size: the height and width to resize images to; None keeps their size.
        irregular: how to handle transparent, 16-bit and unreadable images: raise an error (`stop`);
            add a white background, keep the upper 8 bits, and skip, respectively (`convert`); or
            skip all of them (`skip`). The notes count them.
        crop: applied to each image before it is resized.

    Raises:
        InputError: no images, images of different sizes, or an unsupported image.
    """
    if size is not None and min(size) < 1:
        raise InputError(f"expected a size of at least 1x1, got {size[0]}x{size[1]}")
    files, images, notes = _read_all(folder, size, irregular, crop)
    _require_one_size([file.path for file in files], images)
    if any(image.shape[0] == 3 for image in images):
        images = [np.broadcast_to(image, (3, *image.shape[1:])) for image in images]
    levels, dark = rescale_masks(str(folder), np.stack(images))
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
    """Read the usable images; return their files too, and notes on the others."""
    files, images = list[_File](), list[Pixels]()
    converted, skipped = Counter[str](), list[str]()
    for file in _find(folder):
        try:
            image, conversions = _open(file.path, convert=irregular == "convert")
        except _Irregular as error:
            if irregular == "stop":
                raise InputError(f"{error}, or set irregular to convert or skip") from None
            skipped.append(file.path.relative_to(folder).as_posix())
            continue
        converted.update(conversions)
        files.append(file)
        images.append(_pixels(image if crop is None else crop.apply(image), size))
    notes = [
        f"{folder}: {_CONVERSIONS[kind][count > 1].format(count)}"
        for kind, count in converted.items()
    ]
    if skipped:
        more = ", …" if len(skipped) > _MAX_LISTED else ""
        listed = ", ".join(skipped[:_MAX_LISTED]) + more
        notes.append(
            f"{folder}: skipped {len(skipped):,} of {len(skipped) + len(files):,} images: {listed}"
        )
    if not files:
        raise InputError(f"{folder}: expected usable images, got {notes[-1]}")
    return files, images, notes


def _find(folder: Path) -> list[_File]:
    """Find the images, with their labels and parts."""
    subfolders = [subfolder for subfolder in _visible(folder) if subfolder.is_dir()]
    parts = {subfolder: part_of(subfolder.name) for subfolder in subfolders}
    if not {0, 2} <= set(parts.values()) and not {0, 1} <= set(parts.values()):
        return [_File(path, label) for path, label in _classes(folder)]
    elsewhere = _image_files(folder) + [
        p for subfolder in subfolders if parts[subfolder] is None for p in _all_images(subfolder)
    ]
    if elsewhere:
        raise InputError(
            f"{folder}: expected images in train, val and test only, got {len(elsewhere):,} "
            f"elsewhere, such as {elsewhere[0].relative_to(folder).as_posix()}; move them"
        )
    files = [
        _File(path, label, parts[subfolder])
        for subfolder in sorted(parts, key=lambda subfolder: (parts[subfolder], subfolder.name))
        for path, label in _classes(subfolder)
    ]
    if len({file.label is None for file in files}) > 1:
        raise InputError(f"{folder}: expected subfolders of classes in all parts or in none")
    return files


def _classes(folder: Path) -> list[tuple[Path, str | None]]:
    """Find the images of a folder and their classes."""
    top_level = _image_files(folder)
    classes = {
        subfolder.name: files
        for subfolder in _visible(folder)
        if subfolder.is_dir() and (files := _all_images(subfolder))
    }
    if top_level and classes:
        name, files = next(iter(classes.items()))
        raise InputError(
            f"{folder}: expected images either in the folder or in one subfolder per class, got "
            f"{len(top_level)} in the folder and {len(files)} in {name}; move one of them"
        )
    if not top_level and not classes:
        raise InputError(f"{folder}: expected images ({', '.join(SUFFIXES)}), found none")
    if top_level:
        return [(path, None) for path in top_level]
    return [(path, name) for name, files in classes.items() for path in files]


def _all_images(folder: Path) -> list[Path]:
    """Find the images in a folder and its subfolders."""
    deeper = (
        path
        for subfolder in _visible(folder)
        if subfolder.is_dir()
        for path in _all_images(subfolder)
    )
    return [*_image_files(folder), *deeper]


def _image_files(folder: Path) -> list[Path]:
    return [path for path in _visible(folder) if path.suffix.lower() in SUFFIXES and path.is_file()]


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _open(path: Path, *, convert: bool) -> tuple[Image.Image, list[str]]:
    """Open an image as 8-bit greyscale or colour; also return the conversions made."""
    try:
        with Image.open(path) as opened:
            return _plain(path, ImageOps.exif_transpose(opened), convert=convert)
    except InputError:
        raise
    except Exception as error:  # Pillow may raise anything on a damaged file
        raise _Irregular(f"{path}: expected a PNG or JPEG image, got {one_line(error)}") from None


def _pixels(image: Image.Image, size: tuple[int, int] | None) -> Pixels:
    if size is not None:
        image = image.resize(size[::-1], Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    return pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)


def _plain(path: Path, image: Image.Image, *, convert: bool) -> tuple[Image.Image, list[str]]:
    """Return an image as 8-bit greyscale or colour, converted only if `convert` is set."""
    conversions = list[str]()
    if image.has_transparency_data and _lowest_alpha(image) < 255:
        if not convert:
            raise _Irregular(f"{path}: expected no transparency; add a background first")
        image = _on_white(image)
        conversions.append("transparent")
    if image.mode in _SIXTEEN_BIT and convert:
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        conversions.append("16-bit")
    if image.mode in _GREY:
        return image.convert("L"), conversions
    if image.mode in _COLOUR:
        return image.convert("RGB"), conversions
    raise _Irregular(f"{path}: expected 8 bits per channel, got mode {image.mode}; convert it")


def _on_white(image: Image.Image) -> Image.Image:
    grey = image.mode in _GREY
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image.convert("RGBA"))
    return white.convert("L" if grey else "RGB")


def _lowest_alpha(image: Image.Image) -> int:
    return int(np.asarray(image.convert("RGBA").getchannel("A")).min())


def _require_one_size(paths: list[Path], images: list[Pixels]) -> None:
    first = images[0].shape[1:]
    for path, image in zip(paths, images, strict=True):
        if image.shape[1:] != first:
            raise InputError(
                f"expected images of one size, got {first[0]}x{first[1]} in {paths[0].name} and "
                f"{image.shape[1]}x{image.shape[2]} in {path.name} (height x width); "
                "pass a size to resize all images"
            )
