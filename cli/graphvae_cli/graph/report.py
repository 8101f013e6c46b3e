"""`graphvae report`: a run as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from graphvae_cli.common import options


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
    type=click.Choice(["pca", "tsne"]),
    default="pca",
    help="How the embedding of a graph of at most 1,000 nodes is drawn.",
)
@options.device_option
def command(run: Path, out: Path | None, projection: Literal["pca", "tsne"], device: str) -> None:
    """Write a report of run RUN as a single HTML page.

    Scores with intervals, strata, baselines, curves, the embedding, predicted links, the audit, and
    how to reproduce it. The page is self-contained.
    """
    from graphvae.report.page import write_report

    path = write_report(run, out, device=device, projection=projection)
    click.echo(f"{path}  ({path.stat().st_size / 1000:,.0f} kB, one file)")
