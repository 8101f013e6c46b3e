"""`graphvae compare`: compare runs, with paired differences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from graphvae.metrics import headline_metrics, recorded_metrics
from graphvae_cli.common import options
from graphvae_data.core.errors import InputError

RECORDED = ", ".join(metric.key for metric in recorded_metrics())


@click.command("compare")
@click.argument("runs", type=options.FILE, nargs=-1, required=True, metavar="RUN RUN …")
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    help=f"A test metric that all runs have: {RECORDED}, or the one that selected their epochs, "
    "such as mrr-heart (HeaRT's negatives); may be repeated. By default "
    f"{', '.join(metric.key for metric in headline_metrics())} and, over several splits, the one "
    "that selected all runs.",
    show_default=False,
)
@click.option(
    "--against",
    type=click.Choice(("first", "best")),
    default="first",
    help="Reference of the differences: the first run, or the best by the first metric.",
)
@click.option(
    "--format",
    "table_format",
    type=click.Choice(("text", "csv", "markdown", "latex", "json")),
    default="text",
    help="Format of the table.",
)
@click.option(
    "--out",
    "-o",
    type=options.FILE,
    help="Write the table to this file instead of stdout.",
    show_default=False,
)
@click.option(
    "--plot",
    type=options.FILE,
    help="Draw the differences with their intervals into this file (.png).",
    show_default=False,
)
def command(
    runs: tuple[Path, ...],
    metrics: tuple[str, ...],
    against: Any,
    table_format: str,
    out: Path | None,
    plot: Path | None,
) -> None:
    """Compare the runs, or folders of repeats, RUN RUN … over the splits they share.

    Several splits are compared by paired t-tests over splits, a single one by the bootstrap over
    its test edges. Runs without a common split are an error.
    """
    if plot is not None and plot.suffix.lower() != ".png":
        raise InputError(f"plot: expected a path ending in .png, got {str(plot)!r}; rename it")
    from graphvae.comparison.compare import compare

    result = compare(runs, metrics=metrics or None, against=against)
    table = _format(result, table_format)
    if out is None:
        click.echo(table)
    else:
        _save(out, table)
        click.echo(f"{len(result.rows)} rows in {out}")
    if plot is not None:
        from graphvae.comparison.result import draw_differences

        draw_differences(plot, result)


def _format(result: Any, table_format: str) -> str:
    if table_format == "json":
        return json.dumps(result.to_dict(), indent=2, ensure_ascii=False)
    return str(getattr(result, f"to_{table_format}")())


def _save(path: Path, table: str) -> None:
    from graphvae_data.runs.run_folder import write_atomic

    def write(target: Path) -> None:
        target.write_text(table + "\n", encoding="utf-8")

    write_atomic(path, write)
