"""`graphvae image hierarchy`: the abstraction hierarchy of a concept, as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from graphvae_cli.common import options
from graphvae_cli.image import runs, values
from graphvae_data.core.errors import InputError


@click.command("hierarchy")
@options.run_argument
@values.given_option
@values.count_option(4, "Number of images per concept.")
@click.option(
    "--out",
    "-o",
    type=options.FILE,
    help="The .png to write. By default hierarchy.png in RUN, with a number appended if it exists.",
    show_default=False,
)
@values.seed_option
@options.device_option
def command(
    run: Path, given: str, count: int, out: Path | None, seed: int | None, device: str
) -> None:
    """Plot the abstraction hierarchy of a concept, with images, by run RUN.

    The hierarchy has all subsets of --given, from none at the top to all at the bottom; lines
    connect each concept to those with one more given attribute.
    """
    if out is not None and out.suffix.lower() != ".png":
        raise InputError(f"out: expected a path ending in .png, got {str(out)!r}")
    from image_vae.imagination.imagine import concept_of
    from image_vae.imagination.lattice import lattice
    from image_vae.plots.lattice import draw_lattice
    from image_vae.plots.pictures import ImageCaption

    concept = concept_of(given)
    result = runs.load(run, device)
    levels = lattice(result, concept, count, seed=seed)
    path = out or values.unused_path(run / "hierarchy.png")
    draw_lattice(path, ImageCaption.of(result), levels)
    click.echo(f"{sum(map(len, levels))} concepts in {options.shell_path(path)}")
