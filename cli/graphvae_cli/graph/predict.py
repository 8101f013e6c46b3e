"""`graphvae predict`: the most likely missing links."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphvae.specs.evaluation import Messages
from graphvae_cli.common import options
from graphvae_cli.common.tables import aligned
from graphvae_cli.graph import graph_options as graphs
from graphvae_data.core.errors import InputError
from graphvae_data.export.formats import check_suffix, link_suffixes
from graphvae_data.graphs.read_options import ReadOptions

if TYPE_CHECKING:
    from graphvae_data.export.tables import Link


@click.command("predict")
@options.run_argument
@click.option("--top-k", "-k", type=int, default=20, help="Number of links, per node with --node.")
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
    help=f"Write the links to a file instead of stdout: {', '.join(link_suffixes)}.",
    show_default=False,
)
@options.messages_option
@graphs.graph_option
@click.option(
    "--features",
    type=options.FILE,
    help="Features of the new nodes in --graph: .csv, .tsv, .parquet by node id.",
    show_default=False,
)
@options.stacked(*options.reading_options)
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
    **kwargs: Any,
) -> None:
    """List the most likely missing links of run RUN.

    All pairs except known edges are ranked; in a bipartite graph, only pairs across its two sides.
    The ranking score is the one that finds most validation edges: the model's logit, common
    neighbours with the embedding, or a regression on both. With --graph, predict links of new nodes
    (all, or those of --node) from their edges in that file and their --features.
    """
    if out is not None:
        check_suffix(out, link_suffixes)
    from graphvae.prediction.missing_links import check_k
    from graphvae.runs.result import load

    check_k(top_k)
    if not kwargs["graph"]:
        graphs.refuse_reading(kwargs, "the run has its own graph")
    result = load(run, device=device)
    if kwargs["graph"]:
        links = _of_new_nodes(result, top_k, list(nodes) or None, kwargs)
    else:
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
    if not as_json and not kwargs["graph"]:
        click.echo("\n".join([*result.ranking.notes, options.messages_line(result, messages)]))


def cells(link: Link) -> tuple[str, str]:
    """Return the score and the probability of a link as text."""
    return f"{link.score:.4f}", "–" if link.probability is None else f"{link.probability:.3f}"


def _of_new_nodes(
    result: Any, top_k: int, nodes: list[str] | None, kwargs: dict[str, Any]
) -> list[Any]:
    """Return the links of nodes that were added after training."""
    if kwargs["labels"]:
        raise InputError("labels: predicting links does not use labels; leave it out")
    reading = {n: kwargs[n] for n in ReadOptions.model_fields if kwargs[n] is not None}
    links: list[Any] = result.predict_new(
        kwargs["graph"], top_k, nodes, features=kwargs["features"], **reading
    )
    return links
