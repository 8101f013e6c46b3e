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
@values.given_option
@values.seed_option
@options.device_option
def command(
    run: Path, count: int, out: Path | None, given: str, seed: int | None, device: str
) -> None:
    """Draw codes from the prior of run RUN, or given attributes, and write expected images.

    With --given, codes are drawn from q(z | the given attributes), by a model that observes
    attributes (telbo, jmvae, bivcca, mvae, mmvae); what is not given is left open.
    """
    values.check_out(out)
    from image_vae.imagination.imagine import concept_of, imagine
    from image_vae.plots.pictures import ImageCaption, draw_samples

    concept = concept_of(given)
    result = runs.opened(run, device)
    images = imagine(result, concept, count, seed=seed) if concept else None
    images = result.sample(count, seed=seed) if images is None else images
    values.write_images(
        out or values.free(run / "samples.png"),
        images.numpy,
        lambda path: draw_samples(path, ImageCaption.of(result), images, given),
        f"{count:,} images" if count != 1 else "1 image",
    )
