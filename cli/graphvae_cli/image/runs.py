"""Loading a run, and the images to use it on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.image import values
from graphvae_data.core.errors import InputError

PARTS: Any = ("test", "val", "train")

images_options = options.stacked(
    click.option(
        "--images",
        type=options.FILE,
        help="New images instead of the run's: a folder, a .zip, an .npz or an .npy, as for "
        "`image fit`.",
        show_default=False,
    ),
    values.size_option,
    values.irregular_option,
)
"""Options for images that are not in the run's dataset."""


def part_option(*more: str) -> Callable[[Any], Any]:
    """Return the option `--part`; its value is None by default."""
    return click.option(
        "--part",
        type=click.Choice([*PARTS, *more]),
        help="Part of the run's dataset; by default test.",
        show_default=False,
    )


def load(run: Path, device: str, *, progress: bool = False) -> Any:
    """Load a run; print a note to stderr if its training failed."""
    from image_vae.results.result import load_run

    result = load_run(run, device=device, progress=progress)
    if result.failure is not None:
        click.echo(f"{options.shell_path(run)}: {result.failure}", err=True)
    return result


def part_of(kwargs: dict[str, Any], new: Any) -> Any:
    """Return the part of the new images, or the name given by --part."""
    return (kwargs["part"] or PARTS[0]) if new is None else new.part


def new_images(result: Any, kwargs: dict[str, Any]) -> Any:
    """Read --images and print notes to stderr; return None without that option.

    Raises:
        InputError: --images with --part, or --size or --irregular without --images.
    """
    path, size = kwargs["images"], kwargs["size"]
    if path is None:
        if size is not None or kwargs["irregular"] != "stop":
            raise InputError("size, irregular: these require --images FOLDER")
        return None
    if kwargs["part"] is not None:
        raise InputError("part: it selects from the run's dataset; leave it out with --images")
    from image_vae.runs.new_images import new_images as read

    new = read(result, path, size=size, irregular=kwargs["irregular"])
    for note in new.notes:
        click.echo(note, err=True)
    return new
