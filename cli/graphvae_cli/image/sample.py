"""`graphvae image sample`: images of codes drawn from a run's prior."""

from __future__ import annotations

from pathlib import Path

import click

from graphvae_cli.common import options
from graphvae_cli.image import runs, values


@click.command("sample")
@options.run_argument
@values.count_option(64, "How many images.")
@values.out_option("samples.png")
@click.option(
    "--temperature",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    help="Multiplies the standard deviation of every p, in models with a top-down pass.",
)
@values.seed_option
@options.device_option
def command(
    run: Path, count: int, out: Path | None, temperature: float, seed: int | None, device: str
) -> None:
    """Draw codes from the prior of the run in folder RUN, and write their expected images."""
    values.check_out(out)
    from image_vae.plots.pictures import ImageCaption, draw_samples

    result = runs.opened(run, device)
    images = result.sample(count, seed=seed, temperature=temperature)
    values.write_images(
        out or values.free(run / "samples.png"),
        images.numpy,
        lambda path: draw_samples(path, ImageCaption.of(result), images),
        f"{count:,} images" if count != 1 else "1 image",
    )
