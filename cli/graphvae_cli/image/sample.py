"""`graphvae image sample`: images decoded from samples of the prior."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.image import runs, values
from graphvae_data.core.errors import InputError, nearest


@click.command("sample")
@options.run_argument
@values.count_option(64, "Number of images.")
@click.option(
    "--label",
    help="The class of all images, by name or number, for models with a label as latent variable "
    "(m2, ssvae).",
    show_default=False,
)
@values.out_option("samples.png")
@click.option(
    "--temperature",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    help="Multiplies the standard deviation of every p, in models with a top-down pass.",
)
@values.given_option
@values.seed_option
@options.device_option
def command(
    run: Path,
    count: int,
    label: str | None,
    out: Path | None,
    temperature: float,
    given: str,
    seed: int | None,
    device: str,
) -> None:
    """Sample codes from the prior of the run in folder RUN, or given attributes, and write their
    mean images.

    With --given, codes are sampled from q(z | the given attributes), by a model of images and
    attributes (telbo, jmvae, bivcca, mvae, mmvae); other attributes are left open.
    """
    values.check_out(out)
    from image_vae.imagination.imagine import concept_of, imagine
    from image_vae.plots.pictures import ImageCaption, draw_samples

    concept = concept_of(given)
    result = runs.load(run, device)
    number = None if label is None else label_number(result, label)
    if concept:
        if number is not None or temperature != 1:
            raise InputError("given: does not support a label or a temperature")
        images = imagine(result, concept, count, seed=seed)
    else:
        images = result.sample(count, seed=seed, label=number, temperature=temperature)
    values.write_images(
        out or values.unused_path(run / "samples.png"),
        images.numpy,
        lambda path: draw_samples(path, ImageCaption.of(result), images, given),
        f"{count:,} images" if count != 1 else "1 image",
    )


def label_number(result: Any, label: str) -> int:
    """Return the number of a class, given by name or number; blanks may stand for underscores."""
    names = list(result.experiment.data.class_names or ())
    spaced = [name.replace("_", " ") for name in names]
    if label in names or label in spaced:
        return (names if label in names else spaced).index(label)
    if label.isdecimal():
        return int(label)
    known = f"one of {', '.join(names)}, or a number" if names else "a number"
    raise InputError(f"label: expected {known}, got {label!r}{nearest(label, names)}")
