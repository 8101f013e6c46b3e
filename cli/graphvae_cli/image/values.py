"""Types of values and options that the commands on images share."""

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
    "dataset", IMAGES, elsewhere=([*GRAPHS, *OGB], "graphvae fit"), importable=True
)
MODEL = options.Name("model", PRESETS)
PICTURE_ENDINGS = (".png", ".npy")
"""Endings of files of images: a picture with a caption, or the array."""


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
    help="Scale the pictures of a folder to this height and width.",
    show_default=False,
)
irregular_option = cloup.option(
    "--irregular",
    type=click.Choice(["stop", "convert", "skip"]),
    default="stop",
    help="Pictures of a folder that are transparent, of 16 bits or unreadable: stop; convert them "
    "(on white, to 8 bits; unreadable ones are skipped); or skip them all. They are counted.",
)
part_option = click.option(
    "--part",
    type=click.Choice(["test", "val", "train"]),
    default="test",
    help="Which images of the run's dataset.",
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Seed of random draws; by default the run's.",
    show_default=False,
)

given_option = click.option(
    "--given",
    default="",
    metavar="NAME=VALUE,…",
    help="Attributes of the images, such as digit=3,scale=big; the others are left open.",
    show_default=False,
)


def count_option(default: int, what: str) -> Callable[[Any], Any]:
    """Return the option `-n`."""
    return click.option("-n", "count", type=click.IntRange(min=1), default=default, help=what)


def out_option(name: str) -> Callable[[Any], Any]:
    """Return the option that names the file to write: a picture or an array."""
    return click.option(
        "--out",
        "-o",
        type=options.FILE,
        help="The file to write: .png, a picture; .npy, the pixels. By default "
        f"{name} in RUN, with a number if it is there already.",
        show_default=False,
    )


def free(path: Path) -> Path:
    """Return the path, or the first of NAME-2, NAME-3, … that does not exist, if it does."""
    tried, number = path, 1
    while tried.exists():
        number += 1
        tried = path.with_stem(f"{path.stem}-{number}")
    return tried


def write_images(
    out: Path, array: Callable[[], Any], draw: Callable[[Path], None], what: str
) -> None:
    """Write images in the form of the file's ending, and print a line about it."""
    import numpy as np

    from graphvae_data.files.files import write_atomic

    if out.suffix.lower() == ".npy":
        pixels = np.ascontiguousarray(array(), dtype=np.float32)
        write_atomic(out, lambda target: np.save(target, pixels))
        what = f"{what}, {'×'.join(map(str, pixels.shape))}"
    else:
        draw(out)
    click.echo(f"{what} in {options.typed(out)}")


def check_out(out: Path | None) -> None:
    """Refuse a file of another form before any work is done."""
    if out is not None and out.suffix.lower() not in PICTURE_ENDINGS:
        wanted = " or ".join(PICTURE_ENDINGS)
        raise InputError(f"out: expected a path ending in {wanted}, got {str(out)!r}")
