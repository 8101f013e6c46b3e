"""`graphvae image embed`: export the codes of a run's images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.image import values
from graphvae_data.export.formats import check_suffix, embedding_suffixes


@click.command("embed")
@options.run_argument
@click.option(
    "--out",
    "-o",
    type=options.FILE,
    required=True,
    help=f"The file to write; its ending chooses the form: {', '.join(embedding_suffixes)} "
    "(.txt is word2vec's text form, .npy the bare matrix, with the numbers beside it in .ids.txt).",
    show_default=False,
)
@values.part_option
@click.option("--layer", help="Which code, such as z1; by default the topmost.", show_default=False)
@options.device_option
def command(run: Path, out: Path, part: Any, layer: str | None, device: str) -> None:
    """Export the mean of the code of every image of a part, by the run in folder RUN.

    Images are named by their index in the whole dataset.
    """
    check_suffix(out)
    from graphvae_data.export.tables import write_embeddings
    from image_vae.results.result import load

    result = load(run, device=device)
    z = result.embeddings(part, layer)
    rows = result.experiment.feed(part).part.rows
    write_embeddings(out, [str(row) for row in rows], z, column="image")
    click.echo(f"{z.shape[0]:,} images × {z.shape[1]} dimensions in {options.typed(out)}")
