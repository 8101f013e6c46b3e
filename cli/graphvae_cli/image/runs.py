"""Runs that the commands open, and the images that they apply them to."""

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
        help="New images instead of the run's: a folder, an .npz or an .npy, as for `image fit`.",
        show_default=False,
    ),
    values.size_option,
    values.irregular_option,
)
"""Options for images that the run has not seen."""


def part_option(*more: str) -> Callable[[Any], Any]:
    """Return the option for a part of the run's images; None if it is not given."""
    return click.option(
        "--part",
        type=click.Choice([*PARTS, *more]),
        help="Which images of the run's dataset; by default test.",
        show_default=False,
    )


def opened(run: Path, device: str, *, progress: bool = False) -> Any:
    """Load a run; if its training failed, say so on stderr and go on."""
    from image_vae.results.result import load_run

    result = load_run(run, device=device, progress=progress)
    if result.failure is not None:
        click.echo(f"{options.typed(run)}: {result.failure}", err=True)
    return result


def part_of(kwargs: dict[str, Any], new: Any) -> Any:
    """Return the new images, or the name of the part that was chosen."""
    return (kwargs["part"] or PARTS[0]) if new is None else new.part


def new_images(result: Any, kwargs: dict[str, Any]) -> Any:
    """Read the images of --images, with notes on stderr; None without that option.

    Raises:
        InputError: --images beside --part, or --size or --irregular without it.
    """
    path, size = kwargs["images"], kwargs["size"]
    if path is None:
        if size is not None or kwargs["irregular"] != "stop":
            raise InputError("size, irregular: go with --images FOLDER")
        return None
    if kwargs["part"] is not None:
        raise InputError("part: is of the run's dataset; leave it out beside --images")
    from image_vae.runs.new_images import new_images as read

    new = read(result, path, size=size, irregular=kwargs["irregular"])
    for note in new.notes:
        click.echo(note, err=True)
    return new
