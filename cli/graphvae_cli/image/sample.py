"""`graphvae image sample`: images decoded from samples of the prior."""

from __future__ import annotations

from pathlib import Path

import click

from graphvae_cli.common import options
from graphvae_cli.image import runs, values


@click.command("sample")
@options.run_argument
@values.count_option(64, "Number of images.")
@values.out_option("samples.png")
@values.seed_option
@options.device_option
def command(run: Path, count: int, out: Path | None, seed: int | None, device: str) -> None:
    """Sample codes from the prior of the run in folder RUN and write their mean images."""
    values.check_out(out)
    from image_vae.plots.pictures import ImageCaption, draw_samples

    result = runs.load(run, device)
    images = result.sample(count, seed=seed)
    values.write_images(
        out or values.unused_path(run / "samples.png"),
        images.numpy,
        lambda path: draw_samples(path, ImageCaption.of(result), images),
        f"{count:,} images" if count != 1 else "1 image",
    )
