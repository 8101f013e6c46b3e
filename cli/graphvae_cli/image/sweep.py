"""`graphvae image sweep`: one setting at several values, with several seeds each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.graph.tables import Row, aligned
from graphvae_cli.image.fit import GIVEN, source_of, source_options
from graphvae_cli.image.settings import setting_options

COLUMNS = {
    "test.elbo": "ELBO",
    "test.reconstruction": "reconstruction",
    "test.kl.z": "KL",
    "test.active_units.z": "active units",
    "test.label_accuracy": "label accuracy",
    "adversarial.information": "L_I",
    "disentanglement.mig-hist": "MIG (histograms)",
}
"""Scores that the table shows, where the runs have them."""


@click.command("sweep")
@options.stacked(*source_options)
@click.option(
    "--param", required=True, help="The setting, named as its option: beta.", show_default=False
)
@click.option(
    "--values",
    required=True,
    metavar="V[,V…]",
    help="What it is set to; several widths as 400x200.",
    show_default=False,
)
@click.option("--repeats", type=click.IntRange(min=1), default=1, help="Runs a value.")
@options.stacked(*setting_options)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of each value's first run.")
@options.device_option
@click.option("--threads", type=click.IntRange(min=1), default=1, help="CPU threads.")
@options.out_option
@options.checkpoint_option
@options.json_option
@options.quiet_option
def command(**given: Any) -> None:
    """Train a model at several values of one setting, each with several seeds.

    The folder (runs/DATASET-MODEL-PARAM or --out) holds a run for each, summary.json and sweep.png.
    The same command continues a sweep that was interrupted.
    """
    from graphvae_data.runs.malloc import keep_freed
    from graphvae_data.runs.options import FitOptions
    from image_vae.runs.sweep import read_values, spell, sweep

    keep_freed()
    source, param = source_of(given), given["param"].replace("-", "_")
    stem = source if isinstance(source, str) else source.resolve().stem
    out = given["out"] or Path("runs") / f"{stem}-{given['model']}-{given['param']}"
    settings = {name: given[name] for name in GIVEN if given[name] is not None}
    quiet = given["quiet"] or given["as_json"]
    found = sweep(
        source,
        given["model"],
        param=param,
        values=read_values(param, given["values"]),
        repeats=given["repeats"],
        out=out,
        options=FitOptions(
            progress=not given["quiet"], checkpoint_seconds=given["checkpoint_every"]
        ),
        tell=lambda cell: None if quiet else click.echo(f"done      {cell.folder}", err=True),
        **settings,
    )
    if given["as_json"]:
        click.echo(json.dumps(found.to_dict(), indent=2))
    elif not given["quiet"]:
        lines = [(spell(line.value), line) for line in found.lines]
        click.echo(_table(given["param"], lines, given["repeats"]))
        click.echo(f"folder    {options.typed(out)}  (runs, summary.json, sweep.png)")


def _table(param: str, lines: list[tuple[str, Any]], repeats: int) -> str:
    shown = [name for name in COLUMNS if name in lines[0][1].mean]
    rows: list[Row] = [(param, *(COLUMNS[name] for name in shown))]
    for value, line in lines:
        rows.append((value, *(_score(line, name) for name in shown)))
    about = f"test images; R, KL and ELBO in nats; mean ± standard deviation of {repeats} runs"
    return f"{aligned(rows)}\n{about}"


def _score(line: Any, name: str) -> str:
    digits = 3 if name.startswith("disentanglement") or name.endswith("accuracy") else 2
    spread = "" if line.std is None else f" ± {line.std[name]:.{digits}f}"
    return f"{line.mean[name]:.{digits}f}{spread}"
