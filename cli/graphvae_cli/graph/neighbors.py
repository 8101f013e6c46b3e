"""`graphvae neighbors`: the nodes nearest to one in the embedding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import click

from graphvae.specs.evaluation import By
from graphvae_cli.common import options
from graphvae_cli.graph import tables

SCORES = {"euclidean": "distance", "decoder": "probability"}


@click.command("neighbors")
@options.run_argument
@click.option("--node", required=True, metavar="NAME", help="The node to start from.")
@click.option("--top-k", "-k", type=int, default=10, help="How many neighbours.")
@click.option(
    "--by",
    type=click.Choice(get_args(By)),
    default="cosine",
    help="What near means: cosine or dot product of embeddings (greatest first), euclidean "
    "distance (least first), or decoder, the model's probability of an edge from NAME.",
)
@options.device_option
@options.json_option
def command(run: Path, node: str, top_k: int, by: By, device: str, as_json: bool) -> None:
    """List the nodes nearest to one in the embedding of run RUN.

    Every node is compared. Those that an edge joins to it already are in the list, and marked;
    `graphvae predict RUN --node NAME` leaves them out.
    """
    from graphvae.runs.result import load

    found = load(run, device=device).neighbors(node, top_k, by=by)
    if as_json:
        click.echo(json.dumps([near.to_dict() for near in found], indent=2, ensure_ascii=False))
        return
    rows = [(near.node, f"{near.score:.6f}", _mark(near)) for near in found]
    click.echo(tables.aligned([("node", SCORES.get(by, by), "edge"), *rows]))


def _mark(near: Any) -> str:
    return "known" if near.known else ""
