"""`graphvae image embed`: export the codes of a run's images or of new images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.image import runs
from graphvae_data.core.errors import InputError
from graphvae_data.export.formats import check_suffix, embedding_suffixes


@click.command("embed")
@options.run_argument
@click.option(
    "--out",
    "-o",
    type=options.FILE,
    required=True,
    help=f"The file to write; its suffix selects the format: {', '.join(embedding_suffixes)} "
    "(.txt: word2vec; .npy: the matrix alone, with the names in .ids.txt beside it).",
    show_default=False,
)
@runs.part_option("all")
@runs.images_options
@click.option(
    "--from",
    "source",
    type=click.Choice(["images", "attributes"]),
    default="images",
    help="What codes are inferred from: the images, or only their attributes.",
)
@click.option(
    "--layer", help="The latent layer, such as z1; by default the topmost.", show_default=False
)
@options.device_option
def command(
    run: Path, out: Path, source: str, layer: str | None, device: str, **kwargs: Any
) -> None:
    """Export the posterior mean of every image, with the run in folder RUN.

    Images are named by their file, or by their index in the whole dataset. Tables also have columns
    for the part and for the labels, if known.
    """
    check_suffix(out)
    from graphvae_data.export.tables import write_embeddings
    from image_vae.runs.codes import codes_of_new, codes_of_run

    result = runs.load(run, device)
    new = runs.new_images(result, kwargs)
    given = source == "attributes"
    if given and new is not None:
        raise InputError("from: attributes are known of the run's own images only")
    if new is not None:
        table = codes_of_new(result, new, layer)
    else:
        parts = runs.PARTS if kwargs["part"] == "all" else (runs.part_of(kwargs, new),)
        table = codes_of_run(result, parts, layer, given=given)
    z = table.codes
    write_embeddings(out, table.names, z, column="image", columns=table.columns)
    click.echo(f"{z.shape[0]:,} images × {z.shape[1]} dimensions in {options.shell_path(out)}")
