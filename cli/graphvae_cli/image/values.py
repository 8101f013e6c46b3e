"""Types of values and options that the commands on images share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from image_vae.specs.recipes import RECIPES

from graphvae_cli.common import options
from graphvae_data.core.errors import InputError
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.registry.images import IMAGES
from graphvae_data.registry.ogb import OGB

DATASET = options.Name("dataset", IMAGES, elsewhere=([*GRAPHS, *OGB], "graphvae fit"))
MODEL = options.Name("model", RECIPES)
PICTURE_ENDINGS = (".png", ".npy")
"""Forms in which images are written: a picture with a caption, or the bare array."""


class Wholes(click.ParamType):  # type: ignore[type-arg]
    """Whole numbers with commas between them, such as 100,50."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Split at commas."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in str(value).split(",")]
        if not all(re.fullmatch(r"\d+", part) for part in parts):
            self.fail(f"expected whole numbers with commas between, got {value!r}", param, ctx)
        return tuple(map(int, parts))


class Size(click.ParamType):  # type: ignore[type-arg]
    """Height and width in pixels, such as 28x28."""

    name = "size"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Split at the x."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"([1-9]\d*)[x×]([1-9]\d*)", str(value))
        if found is None:
            self.fail(f"expected HEIGHTxWIDTH, such as 28x28, got {value!r}", param, ctx)
        return int(found[1]), int(found[2])


part_option = click.option(
    "--part",
    type=click.Choice(["test", "val", "train"]),
    default="test",
    help="Which images of the run's dataset.",
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Seeds what is drawn; the run's own seed if not given.",
    show_default=False,
)


def count_option(default: int, what: str) -> Callable[[Any], Any]:
    """Return the option `-n`."""
    return click.option("-n", "count", type=click.IntRange(min=1), default=default, help=what)


def output_option(name: str) -> Callable[[Any], Any]:
    """Return the option that names the file to write: a picture or an array."""
    return click.option(
        "--output",
        "-o",
        type=options.FILE,
        help=f"The file to write: .png, a picture; .npy, the pixels. {name} in RUN if not given.",
        show_default=False,
    )


def write_images(
    output: Path, array: Callable[[], Any], draw: Callable[[Path], None], what: str
) -> None:
    """Write images in the form that the ending asks for, and say so in one line."""
    import numpy as np

    from graphvae_data.files.files import write_atomic

    if output.suffix.lower() == ".npy":
        held = np.ascontiguousarray(array(), dtype=np.float32)
        write_atomic(output, lambda target: np.save(target, held))
        what = f"{what}, {'×'.join(map(str, held.shape))}"
    else:
        draw(output)
    click.echo(f"{what} in {options.typed(output)}")


def check_output(output: Path | None) -> None:
    """Refuse, before any work is done, a file of another form."""
    if output is not None and output.suffix.lower() not in PICTURE_ENDINGS:
        wanted = " or ".join(PICTURE_ENDINGS)
        raise InputError(f"output: expected a path ending in {wanted}, got {str(output)!r}")
