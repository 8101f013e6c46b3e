"""`graphvae image traverse`: an image, with the coordinates of its code changed one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.common.setting_options import Wholes
from graphvae_cli.image import runs, values


@click.command("traverse")
@options.run_argument
@click.option(
    "--latent-index",
    "indices",
    type=Wholes(),
    metavar="J[,J…]",
    help="Coordinates to change, counted from 0; by default the ten that the model uses most.",
    show_default=False,
)
@click.option("--layer", help="Which code, such as z1; by default the topmost.", show_default=False)
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
    """Change the coordinates of an image's code one by one, by the run in folder RUN.

    Each is set to quantiles of its codes, from .01 to .99; the value nearest to the image's own is
    framed. Where the dataset's factors are known, each row names the one that its coordinate tells
    most about.

    The other coordinates stay; codes below the changed one follow it, at the mean of p.
    """
    values.check_out(out)
    from image_vae.plots.exhibits import traversals
    from image_vae.plots.pictures import ImageCaption, draw_traversals

    result = runs.opened(run, device)
    shown = traversals(result, **kwargs)
    values.write_images(
        out or values.free(run / "traversals.png"),
        shown.images.numpy,
        lambda path: draw_traversals(path, ImageCaption.of(result), shown),
        f"{shown.usage.layer}: coordinates {', '.join(map(str, shown.rows))}",
    )
