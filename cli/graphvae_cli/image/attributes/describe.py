"""`graphvae image describe`: the attributes that a run reads off images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.image import runs
from graphvae_data.core.errors import InputError


@click.command("describe")
@options.run_argument
@click.option(
    "--out",
    "-o",
    type=options.FILE,
    required=True,
    help="The .csv to write, with a line per image.",
    show_default=False,
)
@runs.part_option()
@runs.images_options
@options.device_option
def command(run: Path, out: Path, device: str, **kwargs: Any) -> None:
    """Predict the attributes of images, with the run in folder RUN.

    Writes the most likely value of each attribute and its probability, p(attribute | z) at the mean
    of q(z | image), by a model that observes attributes (telbo, jmvae, bivcca, mvae, mmvae).
    """
    if out.suffix.lower() != ".csv":
        raise InputError(f"out: expected a path ending in .csv, got {str(out)!r}")
    from image_vae.imagination.imagine import describe
    from image_vae.runs.codes import names_of, write_columns

    result = runs.load(run, device)
    new = runs.new_images(result, kwargs)
    part = runs.part_of(kwargs, new)
    described = describe(result, part)
    names = list(new.names) if new is not None else names_of(result, part)
    write_columns(out, names, described.columns())
    click.echo(
        f"{len(names):,} images × {len(described.names)} attributes in {options.shell_path(out)}"
    )
