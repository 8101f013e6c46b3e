"""`graphvae image sweep`: one setting at several values, with several seeds each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import cloup

from graphvae_cli.common import options
from graphvae_cli.common.setting_options import ModelCommand
from graphvae_cli.graph.tables import Row, aligned
from graphvae_cli.image import settings

COLUMNS = {
    "test.elbo": "ELBO",
    "test.reconstruction": "reconstruction",
    "test.kl.z": "KL",
    "test.active_units.z": "active units",
    "test.label_accuracy": "label accuracy",
    "adversarial.information": "L_I",
    "disentanglement.mig-hist": "MIG (histograms)",
}
"""Scores in the table, where the runs have them."""


param_option = cloup.option(
    "--param",
    required=True,
    help="The setting, named as its option: beta; or a path such as prior.df.",
)
values_option = cloup.option(
    "--values",
    required=True,
    metavar="V[,V…]",
    help="Its values; several widths as 400x200.",
)
repeats_option = cloup.option(
    "--repeats", type=click.IntRange(min=1), default=1, help="Runs for each value."
)


@cloup.command("sweep", cls=ModelCommand)
@cloup.option_group(
    "Start here",
    *settings.source_options,
    param_option,
    values_option,
    repeats_option,
    *settings.OPTIONS.first(),
    options.out_option,
)
@settings.with_setting_sections
@cloup.option_group(
    "Run",
    *settings.OPTIONS.section("Run"),
    *settings.file_options,
    options.checkpoint_option,
    options.json_option,
    options.quiet_option,
)
def command(**kwargs: Any) -> None:
    """Train a model at several values of one setting, each with several seeds.

    The folder (runs/DATASET-MODEL-PARAM or --out) holds a run for each, summary.json and sweep.png.
    The same command continues a sweep that was interrupted.
    """
    from graphvae_data.runs.malloc import keep_freed
    from graphvae_data.runs.options import FitOptions
    from image_vae.runs.configure import file_and_model
    from image_vae.runs.sweep import read_values, spell, sweep_layers

    keep_freed()
    images, param = settings.images_of(kwargs), kwargs["param"].replace("-", "_")
    layers, model = file_and_model(kwargs["config"], kwargs["model"])
    layers.append(settings.OPTIONS.layer(kwargs, kwargs["sets"]))
    out = kwargs["out"] or Path("runs") / f"{settings.stem_of(images)}-{model}-{kwargs['param']}"
    quiet = kwargs["quiet"] or kwargs["as_json"]
    table = sweep_layers(
        images,
        model,
        layers,
        param=param,
        values=read_values(param, kwargs["values"]),
        repeats=kwargs["repeats"],
        out=out,
        size=kwargs["size"],
        irregular=kwargs["irregular"],
        options=FitOptions(
            progress=not kwargs["quiet"],
            checkpoint_seconds=kwargs["checkpoint_every"],
            announce=lambda line: None if quiet else click.echo(line, err=True),
        ),
        on_run=lambda cell: None if quiet else click.echo(f"done      {cell.folder}", err=True),
    )
    if kwargs["as_json"]:
        click.echo(json.dumps(table.to_dict(), indent=2))
    elif not kwargs["quiet"]:
        lines = [(spell(line.value), line) for line in table.lines]
        click.echo(_table(kwargs["param"], lines, kwargs["repeats"]))
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
