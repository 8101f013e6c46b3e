"""`graphvae predict`: the most likely missing links."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphvae.specs.evaluation import Messages
from graphvae_cli.common import options
from graphvae_cli.common.tables import aligned
from graphvae_data.export.formats import check_suffix, link_suffixes

if TYPE_CHECKING:
    from graphvae_data.export.tables import Link


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
@options.messages_option
@options.device_option
@options.json_option
def command(
    run: Path,
    top_k: int,
    nodes: tuple[str, ...],
    out: Path | None,
    messages: Messages,
    device: str,
    as_json: bool,
) -> None:
    """List the most likely missing links of run RUN.

    All pairs except known edges are considered. Validation edges choose what orders them: the
    model's logit, common neighbours with the embedding, or a regression on both.
    """
    if out is not None:
        check_suffix(out, link_suffixes)
    from graphvae.prediction.missing_links import check_k
    from graphvae.runs.result import load

    check_k(top_k)
    result = load(run, device=device)
    links = result.predict(top_k, list(nodes) or None, messages=messages)
    if out is not None:
        from graphvae_data.export.tables import write_links

        write_links(out, links)
    if as_json:
        click.echo(json.dumps([link.to_dict() for link in links], indent=2, ensure_ascii=False))
    elif out is not None:
        click.echo(f"{len(links):,} links in {out}")
    else:
        rows = [(link.source, link.target, *cells(link)) for link in links]
        click.echo(aligned([("source", "target", "score", "probability"), *rows]))
    if not as_json:
        click.echo("\n".join([*result.ranking.notes, options.said_messages(result, messages)]))


def cells(link: Link) -> tuple[str, str]:
    """Return the score and the probability of a link as text."""
    return f"{link.score:.4f}", "–" if link.probability is None else f"{link.probability:.3f}"
