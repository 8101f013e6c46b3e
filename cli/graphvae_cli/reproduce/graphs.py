"""`graphvae reproduce`: reproduce published tables, with one command per table."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from graphvae.metrics import metric_label
from graphvae.reproduce.published import TABLES
from graphvae_cli.common import options
from graphvae_cli.common.lazy import SuggestingGroup
from graphvae_cli.graph import tables
from graphvae_cli.reproduce.images import image_table_command
from graphvae_data.runs.published import PublishedTable
from image_vae.reproduce.published import TABLES as IMAGE_TABLES


@click.group("reproduce", cls=SuggestingGroup, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Reproduce the table of a paper and print it with the published one."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def table_command(table: PublishedTable) -> click.Command:
    """Return the command that reproduces a table."""

    parts = (table.title, table.protocol, table.note)

    @click.command(table.name, help="\n\n".join(f"{part}." for part in parts if part))
    @click.option(
        "--dataset",
        "datasets",
        type=options.Name("dataset", table.known_datasets),
        multiple=True,
        default=table.datasets,
        help="A dataset of the table; may be repeated.",
    )
    @click.option(
        "--model",
        "models",
        type=options.Name("model", table.models),
        multiple=True,
        default=table.models,
        help="A model of the table; may be repeated.",
    )
    @click.option(
        "--repeats",
        type=click.IntRange(min=2),
        help=f"Runs per cell of the table ({table.over}); by default {_repeats(table)}.",
        show_default=False,
    )
    @options.stacked(*([_quick_option(table)] if table.quick else []))
    @click.option(
        "--out",
        type=options.FILE,
        help="Folder of the runs; finished cells in it are read, interrupted ones continued. "
        f"By default {_default_out(table)}.",
        show_default=False,
    )
    @options.device_option
    @options.threads_option
    @options.json_option
    @options.quiet_option
    def run(as_json: bool, quiet: bool, **kwargs: Any) -> None:
        suffix = "-quick" if kwargs.get("quick") else ""
        kwargs["out"] = kwargs["out"] or Path("runs") / f"{table.name}{suffix}"
        cells = _cells(table, kwargs, progress=not quiet, verbose=not (as_json or quiet))
        if as_json:
            click.echo(json.dumps(cells, indent=2))
        else:
            click.echo(tables.cells_table(table, cells))
            click.echo(_footnote(table, cells, kwargs["out"]))

    return run


def _repeats(table: PublishedTable) -> str:
    quick = f", or {table.quick_seeds} with --quick" if table.quick else ""
    return f"{table.seeds}{quick}"


def _default_out(table: PublishedTable) -> str:
    quick = f", or runs/{table.name}-quick with --quick" if table.quick else ""
    return f"runs/{table.name}{quick}"


def _quick_option(table: PublishedTable) -> Callable[[Any], Any]:
    text = f"A reduced protocol for a CPU, not the published one: {_listed(table.quick)}."
    return click.option("--quick", is_flag=True, help=text)


def _listed(settings: Mapping[str, Any]) -> str:
    """Format settings and their values.

    >>> _listed({"batch_size": 8192, "lr": 0.01})
    'batch size 8,192, lr 0.01'
    """
    texts = {
        name: f"{value:,}" if isinstance(value, int) else value for name, value in settings.items()
    }
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in texts.items())


def _cells(
    table: PublishedTable, kwargs: dict[str, Any], *, progress: bool, verbose: bool
) -> list[dict[str, Any]]:
    """Return the reproduced cells; print a line to stderr after each."""
    from graphvae.reproduce import reproduce
    from graphvae_data.runs.options import FitOptions

    cells = []
    for cell in reproduce.obtain(table, options=FitOptions(progress=progress), **kwargs):
        cells.append(cell.to_dict())
        if verbose:
            click.echo(f"{len(cells)}: {cell.row.dataset} {cell.row.model} done", err=True)
    return cells


def _footnote(table: PublishedTable, cells: Sequence[Mapping[str, Any]], out: Path) -> str:
    measures = " / ".join(map(metric_label, table.measures))
    over = f"{cells[0]['repeats']} {table.over}"
    lines = [f"{measures}; mean ± 95 % interval over {over}; runs in {out}"]
    if cells[0]["quick"]:
        lines += [f"reduced protocol, not the published one: {_listed(table.quick)}"]
        lines += [f"full protocol: {table.protocol}"]
    else:
        lines += [table.protocol]
    return "\n".join(lines + ([table.note] if table.note else []))


for _table in TABLES.values():
    command.add_command(table_command(_table))
for _images in IMAGE_TABLES.values():
    command.add_command(image_table_command(_images))
