"""`graphvae image traverse`: latent traversals of an image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.common.setting_options import Integers
from graphvae_cli.image import runs, values


@click.command("traverse")
@options.run_argument
@click.option(
    "--latent-index",
    "indices",
    type=Integers(),
    metavar="J[,J…]",
    help="Coordinates to vary, counted from 0; by default the ten that the model uses most.",
    show_default=False,
)
@click.option(
    "--layer", help="The latent layer, such as z1; by default the topmost.", show_default=False
)
@click.option(
    "--image",
    type=click.IntRange(min=0),
    help="Index of the image; by default the middle one.",
    show_default=False,
)
@values.part_option
@values.out_option("traversals.png")
@values.seed_option
@options.device_option
def command(run: Path, out: Path | None, device: str, **kwargs: Any) -> None:
    """Vary the coordinates of an image's code one at a time, with the run in folder RUN.

    Each coordinate takes the quantiles .01 to .99 of its codes; the value closest to the image's
    own is framed. If the dataset has known factors, each row names the factor that its coordinate
    has the most information about.

    The other coordinates are fixed; latents below the varied one take their mean under p.
    """
    values.check_out(out)
    from image_vae.plots.exhibits import traversals
    from image_vae.plots.pictures import ImageCaption, draw_traversals

    result = runs.load(run, device)
    figure = traversals(result, **kwargs)
    values.write_images(
        out or values.unused_path(run / "traversals.png"),
        figure.images.numpy,
        lambda path: draw_traversals(path, ImageCaption.of(result), figure),
        f"{figure.usage.layer}: coordinates {', '.join(map(str, figure.rows))}",
    )
