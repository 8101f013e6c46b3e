"""`graphvae image reconstruct`: images and their reconstructions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.image import runs, values


@click.command("reconstruct")
@options.run_argument
@values.count_option(32, "Number of images, evenly spaced.")
@runs.part_option()
@runs.images_options
@values.out_option("reconstructions.png")
@values.seed_option
@options.device_option
def command(run: Path, out: Path | None, device: str, **kwargs: Any) -> None:
    """Write images and their reconstructions by the run in folder RUN.

    An .npy file has the shape [2, image, …]: the images, then their reconstructions.
    """
    values.check_out(out)
    import torch

    from image_vae.plots.exhibits import pairs
    from image_vae.plots.pictures import ImageCaption, draw_pairs

    result = runs.load(run, device)
    new = runs.new_images(result, kwargs)
    part = runs.part_of(kwargs, new)
    figure = pairs(result, count=kwargs["count"], seed=kwargs["seed"], part=part)
    values.write_images(
        out or values.unused_path(run / "reconstructions.png"),
        torch.stack([figure.originals, figure.outputs]).numpy,
        lambda path: draw_pairs(path, ImageCaption.of(result), figure),
        f"{len(figure.inputs):,} {figure.part} images and their reconstructions",
    )
