"""`graphvae report`: a run as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphvae_cli.common import options

if TYPE_CHECKING:
    from graphvae.runs.projection import Projection


@click.command("report")
@options.run_argument
@click.option(
    "--out",
    "-o",
    type=options.FILE,
    help="The .html file to write; by default report.html in the run folder.",
    show_default=False,
)
@click.option(
    "--projection",
    type=click.Choice(["pca", "tsne", "umap"]),
    default="pca",
    help="How the embedding is drawn; umap needs the extra `umap`. Nodes have names on hover in "
    "graphs of at most 1,000.",
)
@options.device_option
def command(run: Path, out: Path | None, projection: Projection, device: str) -> None:
    """Write a report of run RUN as a single HTML page.

    Scores with intervals, strata, baselines, curves, the embedding, predicted links, the audit, and
    how to reproduce it. The page is self-contained.
    """
    from graphvae.report.page import write_report

    path = write_report(run, out, device=device, projection=projection)
    click.echo(f"{path}  ({path.stat().st_size / 1000:,.0f} kB, one file)")
