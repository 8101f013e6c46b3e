"""The command `sweep` of graphs and of images: one setting at several values and seeds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import cloup

from graphvae_cli.common import options
from graphvae_cli.common.tables import Row, aligned
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.values import read_values, spell

if TYPE_CHECKING:
    from graphvae_data.runs.sweep import Line, Sweep, SweepPlan

param_option = cloup.option(
    "--param",
    required=True,
    help="The setting, named like its option, such as beta, or by its path, such as prior.df.",
)
values_option = cloup.option(
    "--values",
    required=True,
    metavar="V[,V…]",
    help="Values of the setting; several widths in one value as 400x200.",
)
repeats_option = cloup.option(
    "--repeats", type=click.IntRange(min=1), default=1, help="Runs for each value."
)
start_options = (param_option, values_option, repeats_option)
"""Options for what is swept."""
run_options = (
    options.checkpoint_option,
    options.keep_option,
    options.track_option,
    options.json_option,
    options.quiet_option,
)
"""Options for the runs and the output."""


@dataclass(frozen=True)
class Column:
    """A column of the table."""

    title: str
    """Header of the column."""
    digits: int = 2
    """Decimal places."""


@dataclass(frozen=True)
class SweepTable:
    """Layout of the table of a sweep."""

    columns: Mapping[str, Column]
    """Columns by score; scores that the runs lack are left out."""
    note: str
    """What the scores were measured on."""


def sweep(
    kwargs: Mapping[str, Any],
    catalogue: Catalogue,
    run: Callable[[SweepPlan], Sweep],
    layout: SweepTable,
    stem: str,
) -> None:
    """Run a sweep and print its table.

    Args:
        kwargs: the parameters of the command.
        catalogue: the settings.
        run: the library function, with the data, the model and the settings bound.
        layout: the layout of the table.
        stem: the stem of the default folder.
    """
    from graphvae_data.runs.sweep import SweepPlan

    param = kwargs["param"].replace("-", "_")
    out = kwargs["out"] or Path("runs") / f"{stem}-{kwargs['param']}"
    quiet = kwargs["quiet"] or kwargs["as_json"]
    plan = SweepPlan(
        param,
        read_values(catalogue, param, kwargs["values"]),
        kwargs["repeats"],
        out,
        options.fit_options(kwargs),
        on_run=lambda done: None if quiet else click.echo(f"done      {done.folder}", err=True),
    )
    table = run(plan)
    if kwargs["as_json"]:
        click.echo(json.dumps(table.to_dict(), indent=2))
    elif not kwargs["quiet"]:
        click.echo(_table(kwargs["param"], table, layout, kwargs["repeats"]))
        click.echo(f"folder    {options.shell_path(out)}  (runs, summary.json, sweep.png)")


def _table(param: str, table: Sweep, layout: SweepTable, repeats: int) -> str:
    lines = table.lines
    columns = {name: column for name, column in layout.columns.items() if name in lines[0].mean}
    rows: list[Row] = [(param, *(column.title for column in columns.values()))]
    for line in lines:
        scores = (_score(line, name, column.digits) for name, column in columns.items())
        rows.append((spell(line.value), *scores))
    return f"{aligned(rows)}\n{layout.note}; mean ± standard deviation of {repeats} runs"


def _score(line: Line, name: str, digits: int) -> str:
    spread = "" if line.std is None else f" ± {line.std[name]:.{digits}f}"
    return f"{line.mean[name]:.{digits}f}{spread}"
