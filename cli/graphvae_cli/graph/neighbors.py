"""`graphvae neighbors`: the nearest nodes of a node in the embedding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import click

from graphvae.specs.evaluation import By, Messages
from graphvae_cli.common import options
from graphvae_cli.common.tables import aligned

SCORES = {"euclidean": "distance", "decoder": "logit"}


@click.command("neighbors")
@options.run_argument
@click.option("--node", required=True, metavar="NAME", help="The query node.")
@click.option("--top-k", "-k", type=int, default=10, help="Number of neighbours.")
@click.option(
    "--by",
    type=click.Choice(get_args(By)),
    default="cosine",
    help="Similarity: cosine or dot product of embeddings (largest first), euclidean "
    "distance (smallest first), or decoder, the model's logit of an edge from NAME.",
)
@options.messages_option
@options.device_option
@options.json_option
def command(
    run: Path, node: str, top_k: int, by: By, messages: Messages, device: str, as_json: bool
) -> None:
    """List the nearest nodes of a node in the embedding of run RUN.

    All nodes are compared. Known neighbours are included and marked;
    `graphvae predict RUN --node NAME` leaves them out.
    """
    from graphvae.runs.result import load

    result = load(run, device=device)
    neighbors = result.neighbors(node, top_k, by=by, messages=messages)
    if as_json:
        click.echo(json.dumps([each.to_dict() for each in neighbors], indent=2, ensure_ascii=False))
        return
    rows = [(each.node, f"{each.score:.6f}", _mark(each)) for each in neighbors]
    click.echo(aligned([("node", SCORES.get(by, by), "edge"), *rows]))
    click.echo(options.messages_line(result, messages))


def _mark(neighbor: Any) -> str:
    return "known" if neighbor.known else ""
