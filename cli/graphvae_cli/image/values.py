"""Option types and options shared by the image commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import cloup

from graphvae_cli.common import options
from graphvae_data.core.errors import InputError
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.registry.images import IMAGES
from graphvae_data.registry.ogb import OGB
from image_vae.specs.presets import PRESETS

DATASET = options.Name(
    "dataset",
    IMAGES,
    elsewhere=([*GRAPHS, *OGB], "graphvae fit"),
    importable=True,
    files="--images",
)
MODEL = options.Name("model", PRESETS)
IMAGE_SUFFIXES = (".png", ".npy")
"""Suffixes of files of images: a picture with a caption, or the array."""


class Size(click.ParamType):  # type: ignore[type-arg]
    """Height and width in pixels, such as 28x28."""

    name = "size"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Split at the x."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"([1-9]\d*)[x×]([1-9]\d*)", str(value))
        if match is None:
            self.fail(f"expected HEIGHTxWIDTH, such as 28x28, got {value!r}", param, ctx)
        return int(match[1]), int(match[2])


size_option = cloup.option(
    "--size",
    type=Size(),
    metavar="HxW",
    help="Resize the images of a folder to this height and width.",
    show_default=False,
)
irregular_option = cloup.option(
    "--irregular",
    type=click.Choice(["stop", "convert", "skip"]),
    default="stop",
    help="Handling of transparent, 16-bit or unreadable images in a folder: stop; convert (onto "
    "white, to 8 bits; unreadable ones are skipped); or skip. Their number is printed.",
)
part_option = click.option(
    "--part",
    type=click.Choice(["test", "val", "train"]),
    default="test",
    help="Part of the run's dataset.",
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Random seed; by default the run's.",
    show_default=False,
)

given_option = click.option(
    "--given",
    default="",
    metavar="NAME=VALUE,…",
    help="Attributes of the images, such as digit=3,scale=big; the others are left open.",
    show_default=False,
)


def count_option(default: int, text: str) -> Callable[[Any], Any]:
    """Return the option `-n`, with a help text."""
    return click.option("-n", "count", type=click.IntRange(min=1), default=default, help=text)


def out_option(name: str) -> Callable[[Any], Any]:
    """Return the option `--out` for a picture or an array.

    Args:
        name: the default file name.
    """
    return click.option(
        "--out",
        "-o",
        type=options.FILE,
        help="The file to write: .png for a picture, .npy for the pixels. By default "
        f"{name} in RUN, with a number appended if it exists.",
        show_default=False,
    )


def unused_path(path: Path) -> Path:
    """Return the path; if it exists, the first of NAME-2, NAME-3, … that does not."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_stem(f"{path.stem}-{number}")
    return candidate


def write_images(
    out: Path, array: Callable[[], Any], draw: Callable[[Path], None], description: str
) -> None:
    """Write images in the format of the suffix, and print the description and the path.

    Args:
        out: the file to write.
        array: returns the pixels, for .npy.
        draw: draws the picture to a path, for .png.
        description: what was written.
    """
    import numpy as np

    from graphvae_data.files.files import write_atomic

    if out.suffix.lower() == ".npy":
        pixels = np.ascontiguousarray(array(), dtype=np.float32)
        write_atomic(out, lambda target: np.save(target, pixels))
        description = f"{description}, {'×'.join(map(str, pixels.shape))}"
    else:
        draw(out)
    click.echo(f"{description} in {options.shell_path(out)}")


def check_out(out: Path | None) -> None:
    """Raise `InputError` if the suffix of --out is not supported."""
    if out is not None and out.suffix.lower() not in IMAGE_SUFFIXES:
        suffixes = " or ".join(IMAGE_SUFFIXES)
        raise InputError(f"out: expected a path ending in {suffixes}, got {str(out)!r}")
