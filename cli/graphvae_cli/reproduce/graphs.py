"""`graphvae reproduce`: obtain a published table again. Every table is a command of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from graphvae.metrics import metric_label
from graphvae.reproduce.published import TABLES
from graphvae_cli.common import options
from graphvae_cli.graph import tables
from graphvae_cli.reproduce.images import image_table_command
from graphvae_data.runs.published import PublishedTable
from image_vae.reproduce.published import TABLES as IMAGE_TABLES


@click.group("reproduce", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Reproduce the table of a paper and print it with the published one."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def table_command(table: PublishedTable) -> click.Command:
    """Make the command that obtains a table."""

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
        help=f"Runs that a cell's mean is over ({table.over}); {_repeats(table)} if not given.",
        show_default=False,
    )
    @options.stacked(*([_quick_option(table)] if table.quick else []))
    @click.option(
        "--out",
        type=options.FILE,
        help="Folder of the runs; finished cells there are read, interrupted ones continued. "
        f"runs/{table.name} if not given{f', or runs/{table.name}-quick' * bool(table.quick)}.",
        show_default=False,
    )
    @options.device_option
    @options.threads_option
    @options.json_option
    @options.quiet_option
    def run(as_json: bool, quiet: bool, **kwargs: Any) -> None:
        suffix = "-quick" if kwargs.get("quick") else ""
        kwargs["out"] = kwargs["out"] or Path("runs") / f"{table.name}{suffix}"
        cells = _cells(table, kwargs, progress=not quiet, told=not (as_json or quiet))
        if as_json:
            click.echo(json.dumps(cells, indent=2))
        else:
            click.echo(tables.cells_table(table, cells))
            click.echo(_footnote(table, cells, kwargs["out"]))

    return run


def _repeats(table: PublishedTable) -> str:
    return (
        f"{table.seeds}, or {table.quick_seeds} with --quick," if table.quick else str(table.seeds)
    )


def _quick_option(table: PublishedTable) -> Callable[[Any], Any]:
    form = "A reduced form for a CPU, another protocol than the published one"
    return click.option("--quick", is_flag=True, help=f"{form}: {_listed(table.quick)}.")


def _listed(settings: Mapping[str, Any]) -> str:
    """Name settings and their values.

    >>> _listed({"batch_size": 8192, "lr": 0.01})
    'batch size 8,192, lr 0.01'
    """
    shown = {
        name: f"{value:,}" if isinstance(value, int) else value for name, value in settings.items()
    }
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items())


def _cells(
    table: PublishedTable, kwargs: dict[str, Any], *, progress: bool, told: bool
) -> list[dict[str, Any]]:
    """Obtain the cells, saying of each on stderr that it is done."""
    from graphvae.reproduce import reproduce
    from graphvae_data.runs.options import FitOptions

    cells = []
    for cell in reproduce.obtain(table, options=FitOptions(progress=progress), **kwargs):
        cells.append(cell.to_dict())
        if told:
            click.echo(f"{len(cells)}: {cell.row.dataset} {cell.row.model} done", err=True)
    return cells


def _footnote(table: PublishedTable, cells: Sequence[Mapping[str, Any]], out: Path) -> str:
    measures = " / ".join(map(metric_label, table.measures))
    over = f"{cells[0]['repeats']} {table.over}"
    lines = [f"{measures}; mean ± 95 % interval over {over}; runs in {out}"]
    if cells[0]["quick"]:
        lines += [f"quick form, another protocol than the published one: {_listed(table.quick)}"]
        lines += [f"in full: {table.protocol}"]
    else:
        lines += [table.protocol]
    return "\n".join(lines + ([table.note] if table.note else []))


for _table in TABLES.values():
    command.add_command(table_command(_table))
for _images in IMAGE_TABLES.values():
    command.add_command(image_table_command(_images))
