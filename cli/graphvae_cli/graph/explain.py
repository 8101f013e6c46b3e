"""`graphvae explain`: the edges and features that explain a link."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from graphvae.specs.evaluation import Messages
from graphvae_cli.common import options
from graphvae_cli.common.tables import aligned
from graphvae_data.core.errors import InputError

METHODS = {
    "exact": "exact: with the others they sum to the logit",
    "gradient": "gradient: to first order, by how much the logit falls if it is removed; "
    "the contributions do not sum to the logit",
    "removal": "removal: by how much the logit falls if it is removed; edges at U or V only",
}
"""The meaning of a contribution, by method."""


@click.command("explain")
@options.run_argument
@click.argument("u")
@click.argument("v")
@click.option("--top-k", "-k", type=int, default=10, help="Number of edges, and of features.")
@click.option(
    "--out",
    "-o",
    type=options.FILE,
    help="Draw the pair and the edges that contribute most to a .png file.",
    show_default=False,
)
@options.messages_option
@options.device_option
@options.json_option
def command(
    run: Path,
    u: str,
    v: str,
    top_k: int,
    out: Path | None,
    messages: Messages,
    device: str,
    as_json: bool,
) -> None:
    """Show which edges and features contribute to the logit of the pair U, V in run RUN.

    U and V are node names, such as those of a predicted link. Contributions are exact for linear
    encoders with an inner product, and gradients for the others.
    """
    from graphvae.runs.explanation import draw_explanation
    from graphvae.runs.result import load

    if out is not None and out.suffix.lower() != ".png":
        raise InputError(f"out: expected a path with the extension .png, got {str(out)!r}")
    explanation = load(run, device=device).explain(u, v, top_k, messages=messages)
    if out is not None:
        draw_explanation(out, explanation)
        click.echo(f"picture in {out}", err=True)
    if as_json:
        click.echo(json.dumps(explanation.to_dict(), indent=2, ensure_ascii=False))
        return
    click.echo(f"{explanation.source} – {explanation.target}: logit {explanation.logit:.4f}\n")
    click.echo(_table("edge", _edge_rows(explanation), explanation.other_edges))
    click.echo(METHODS[explanation.edge_method])
    if explanation.features:
        rows = [(each.feature, each.value) for each in explanation.features]
        click.echo("\n" + _table("feature", rows, explanation.other_features))
        click.echo(METHODS[explanation.feature_method])


def _edge_rows(explanation: Any) -> list[tuple[str, float]]:
    return [
        (
            f"{edge.source}, its own features"
            if edge.source == edge.target
            else f"{edge.source} – {edge.target}",
            edge.value,
        )
        for edge in explanation.edges
    ]


def _table(what: str, rows: list[tuple[str, float]], other: float) -> str:
    shown = [(name, f"{value:+.4f}") for name, value in [*rows, ("all others", other)]]
    return aligned([(what, "contribution"), *shown])
