"""`graphvae predict`: the most likely missing links."""

from __future__ import annotations

import json
from pathlib import Path

import click

from graphvae_cli.common import options
from graphvae_cli.common.tables import aligned
from graphvae_data.export.formats import check_suffix, link_suffixes


@click.command("predict")
@options.run_argument
@click.option("--top-k", "-k", type=int, default=20, help="Number of links; per node with --node.")
@click.option(
    "--node",
    "nodes",
    multiple=True,
    metavar="NAME",
    help="Find new neighbours of this node; may be repeated.",
)
@click.option(
    "--out",
    "-o",
    type=options.FILE,
    help=f"Write the links to a file instead: {', '.join(link_suffixes)}.",
    show_default=False,
)
@options.device_option
@options.json_option
def command(
    run: Path, top_k: int, nodes: tuple[str, ...], out: Path | None, device: str, as_json: bool
) -> None:
    """List the most likely missing links of run RUN.

    All pairs except known edges are considered.
    """
    if out is not None:
        check_suffix(out, link_suffixes)
    from graphvae.prediction.missing_links import check_k
    from graphvae.runs.result import load

    check_k(top_k)
    links = load(run, device=device).predict(top_k, list(nodes) or None)
    if out is not None:
        from graphvae_data.export.tables import write_links

        write_links(out, links)
    if as_json:
        click.echo(json.dumps([link.to_dict() for link in links], indent=2, ensure_ascii=False))
    elif out is not None:
        click.echo(f"{len(links):,} links in {out}")
    else:
        rows = [(link.source, link.target, f"{link.probability:.6f}") for link in links]
        click.echo(aligned([("source", "target", "probability"), *rows]))
