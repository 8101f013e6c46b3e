"""The commands under `graphvae reproduce` that obtain tables of papers on images."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.common.tables import aligned
from graphvae_data.runs.published import PublishedTable
from image_vae.reproduce.imagination_table import QUICK_QUERIES
from image_vae.reproduce.published import (
    FULL_SAMPLES,
    QUICK_AGGREGATE,
    QUICK_CODES,
    QUICK_IMAGES,
    QUICK_SAMPLES,
)

NAMES = {
    "nll": "−log p",
    "active_units": "active units",
    "active_units_1": "active units, lower",
    "active_units_2": "active units, upper",
    "mean_kl": "mean KL",
    "mutual_information": "mutual information",
    "marginal_kl": "marginal KL",
    "log_n": "log N",
    "higgins": "higgins",
    "factorvae": "factorvae",
    "mig": "mig",
    "mig_hist": "mig-hist",
    "dci": "dci",
    "reconstruction": "R",
    "kl": "KL",
    **{f"correctness_{n}": f"correct, {n}" for n in (1, 2, 3, 4)},
    **{f"coverage_{n}": f"coverage, {n}" for n in (1, 2, 3)},
    "digit": "digit",
}
"""What the figures are called in a table, in its order."""
IMAGINED = tuple(name for name in NAMES if name.startswith(("correctness", "coverage", "digit")))
SHARES = ("higgins", "factorvae", "mig", "mig_hist", "dci", *IMAGINED)
"""Figures that are shares of one; all others but counts are nats."""


_weak_judge = click.option(
    "--weak-judge",
    is_flag=True,
    help="Measure even by a classifier with an accuracy below .95 on an attribute; its accuracies "
    "are printed in any case.",
)


def image_table_command(table: PublishedTable) -> click.Command:
    """Return the command that obtains a table."""

    @click.command(table.name, help=f"{table.title}.\n\nIn full: {table.protocol}. {table.note}")
    @click.option(
        "--row",
        "rows",
        type=options.Name("row", table.row_names),
        multiple=True,
        help=f"A row of the table, of {', '.join(table.row_names)}; may be repeated.",
        show_default=False,
    )
    @click.option(
        "--quick",
        is_flag=True,
        help=f"{_quick(table)}; by itself {_part(table)}.",
    )
    @click.option(
        "--out",
        type=options.FILE,
        help="Folder of the runs; finished runs in it are read, interrupted ones continued. "
        f"By default runs/{table.name}, or runs/{table.name}-quick.",
        show_default=False,
    )
    @options.stacked(*([_weak_judge] if table.measure == "imagination" else []))
    @options.seed_option
    @options.device_option
    @click.option("--threads", type=click.IntRange(min=1), default=1, help="CPU threads.")
    @options.json_option
    @options.quiet_option
    def run(as_json: bool, quiet: bool, **kwargs: Any) -> None:
        kwargs["out"] = kwargs["out"] or Path("runs") / (table.name + "-quick" * kwargs["quick"])
        cells = _cells(table, kwargs, progress=not quiet, told=not (as_json or quiet))
        if as_json:
            click.echo(json.dumps(cells, indent=2))
        else:
            click.echo(cells_table(cells))
            notes = dict.fromkeys(cell["note"] for cell in cells if cell.get("note"))
            click.echo("\n".join([_footnote(table, kwargs), *notes]))

    return run


def _quick(table: PublishedTable) -> str:
    """Say what the quick form is."""
    if table.measure == "disentanglement":
        settings = table.quick
        return (
            f"{settings['steps']:,} steps of {settings['batch_size']} at {settings['lr']:g}, "
            f"the encoder {settings['encoder']} in every row, {QUICK_CODES:,} images, mig of "
            f"{QUICK_AGGREGATE:,}"
        )
    if table.measure == "imagination":
        settings = table.quick
        return (
            f"digits on 32×32 pixels, {settings['steps']:,} steps at {settings['lr']:g} of "
            f"networks an eighth as wide, {QUICK_QUERIES} queries"
        )
    scored = f", {QUICK_SAMPLES:,} samples, the first {QUICK_IMAGES} test images"
    return f"{table.quick['epochs']} epochs{scored if table.measure == 'nll' else ''}"


def _part(table: PublishedTable) -> str:
    """Say which rows the quick form has."""
    left = [row.name for row in table.rows if not row.quick]
    if not left:
        return "all of the rows"
    return f"without {', '.join(left)}" if len(left) < 3 else "some of the rows only"


def _cells(
    table: PublishedTable, kwargs: dict[str, Any], *, progress: bool, told: bool
) -> list[dict[str, Any]]:
    """Obtain the rows, saying of each on stderr that it is done."""
    from graphvae_data.machine.malloc import keep_freed
    from graphvae_data.runs.options import FitOptions
    from image_vae.reproduce.reproduce import obtain

    keep_freed()
    cells = []
    for cell in obtain(table, options=FitOptions(progress=progress), **kwargs):
        cells.append(cell.to_dict())
        if told:
            click.echo(f"{cell.row.name}: done in {cell.seconds:.0f} s", err=True)
    return cells


def cells_table(cells: list[dict[str, Any]]) -> str:
    """Lay out published figures beside obtained ones, two lines a row."""
    names = [name for name in NAMES if any(name in cell["obtained"] for cell in cells)]
    by_step = any({"higgins", "digit"} & set(cell["obtained"]) for cell in cells)
    length = "steps" if by_step else "epochs"
    header = ["row", "model", "", length, "pixels", *(NAMES[name] for name in names)]
    rows = [header]
    for cell in cells:
        first = [cell["name"], cell["model"]]
        rows.append([*first, "published", "", "", *_figures(cell["published"], names)])
        about = [f"{cell[length]:,}", cell["binarize"]]
        figures = _figures(cell["obtained"], names, cell.get("spread"))
        rows.append(["", "", "obtained", *about, *figures])
        if cell.get("limits"):
            rows.append(["", "", "at most", "", "", *_figures(cell["limits"], names)])
    return aligned(rows)


def _figures(
    figures: Mapping[str, float], names: list[str], spread: Mapping[str, float] | None = None
) -> list[str]:
    """Write each figure with its spread, and what is not there as a dash."""
    return [
        "–" if name not in figures
        else _figure(name, figures[name])
        + (f" ± {_figure(name, spread[name])}" if spread and name in spread else "")
        for name in names
    ]  # fmt: skip


def _figure(name: str, value: float) -> str:
    """Write counts whole, nats to two digits, shares to three."""
    digits = 0 if name.startswith("active") else 3 if name in SHARES else 2
    return f"{value:.{digits}f}"


def _footnote(table: PublishedTable, kwargs: Mapping[str, Any]) -> str:
    unit = "nats per image"
    if table.measure == "disentanglement":
        unit = f"shares of 1; R and KL in nats; mean ± standard deviation of {table.seeds} seeds"
    if table.measure == "imagination":
        unit = "shares of 1; ± over resamples of 80 % of the queries; at most: ten perfect images"
    full = f"in full: {table.protocol}"
    if not kwargs["quick"]:
        samples = f"{FULL_SAMPLES:,} samples; " if table.measure == "nll" else ""
        return f"{unit}; {samples}{full}\n{table.note}\nruns in {kwargs['out']}".rstrip()
    return (
        f"{unit}; quick form: {_quick(table)}, another protocol than the published one\n"
        f"{full}\n{table.note}\nruns in {kwargs['out']}"
    )
