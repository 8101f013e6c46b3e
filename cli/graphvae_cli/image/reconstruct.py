"""`graphvae image reconstruct`: images and their reconstructions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.image import runs, values


@click.command("reconstruct")
@options.run_argument
@values.count_option(32, "How many images, evenly spaced.")
@runs.part_option()
@runs.images_options
@values.out_option("reconstructions.png")
@values.seed_option
@options.device_option
def command(run: Path, out: Path | None, device: str, **kwargs: Any) -> None:
    """Write images, each with its reconstruction by the run in folder RUN.

    An .npy holds two arrays on its first axis: the images, then their reconstructions.
    """
    values.check_out(out)
    import torch

    from image_vae.plots.exhibits import pairs
    from image_vae.plots.pictures import ImageCaption, draw_pairs

    result = runs.opened(run, device)
    new = runs.new_images(result, kwargs)
    part = runs.part_of(kwargs, new)
    shown = pairs(result, count=kwargs["count"], seed=kwargs["seed"], part=part)
    values.write_images(
        out or values.free(run / "reconstructions.png"),
        torch.stack([shown.originals, shown.outputs]).numpy,
        lambda path: draw_pairs(path, ImageCaption.of(result), shown),
        f"{len(shown.inputs):,} {shown.part} images and their reconstructions",
    )
