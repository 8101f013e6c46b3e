"""`graphvae image fit`: train a variational auto-encoder on images and score it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from image_vae.specs.recipes import RECIPES, SETTINGS

from graphvae_cli.common import options
from graphvae_cli.image import tables, values
from graphvae_cli.image.settings import setting_options
from graphvae_data.core.errors import InputError

GIVEN = (
    *SETTINGS,
    "label",
    "binarize",
    "epoch_steps",
    "scored",
    "seed",
    "device",
    "threads",
    "size",
)
"""Parameters that `fit` takes under the same name."""
source_options = (
    click.option(
        "--dataset",
        type=values.DATASET,
        help="Images by name; `graphvae datasets` lists them.",
        show_default=False,
    ),
    click.option(
        "--images",
        type=options.FILE,
        help="Your own: a folder of PNG or JPEG (folders in it are classes), an .npz or an .npy.",
        show_default=False,
    ),
    click.option(
        "--size",
        type=values.Size(),
        metavar="HxW",
        help="Bring the pictures of a folder to this height and width.",
        show_default=False,
    ),
    click.option(
        "--model", type=values.MODEL, default="vae", help=f"The model: {', '.join(RECIPES)}."
    ),
)
"""Which images, and which model."""


@click.command("fit")
@options.stacked(*source_options)
@options.stacked(*setting_options)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    help="Seeds the weights, the order of the images and the noise.",
)
@options.device_option
@click.option("--threads", type=click.IntRange(min=1), default=1, help="CPU threads.")
@options.out_option
@options.overwrite_option
@options.resume_option
@options.checkpoint_option
@options.json_option
@options.quiet_option
@click.pass_context
def command(context: click.Context, /, **given: Any) -> None:
    """Train a variational auto-encoder on images and score it.

    The run folder (runs/DATASET-MODEL-1, -2, … or --out) holds settings, weights, scores and
    pictures. `graphvae image recipes NAME` tells what a model is made of.
    """
    from graphvae_data.runs.malloc import keep_freed
    from graphvae_data.runs.options import FitOptions

    keep_freed()
    around = FitOptions(progress=not given["quiet"], checkpoint_seconds=given["checkpoint_every"])
    if given["resume"]:
        from image_vae.runs.fit import resume

        options.check_resume(context)
        _show(resume(given["out"], options=around), given)
    else:
        _begin(given, around)


def _begin(given: dict[str, Any], around: Any) -> None:
    if given["overwrite"] and given["out"] is None:
        raise InputError("overwrite: expected --out RUN beside it, the run to replace")
    source = source_of(given)
    from graphvae_data.runs.run_folder import next_free
    from image_vae.runs.fit import fit

    stem = source if isinstance(source, str) else source.resolve().stem
    out = given["out"] or next_free(Path("runs"), f"{stem}-{given['model']}")
    settings = {name: given[name] for name in GIVEN if given[name] is not None}
    result = fit(
        source, given["model"], out=out, overwrite=given["overwrite"], options=around, **settings
    )
    _show(result, given)


def source_of(given: dict[str, Any]) -> str | Path:
    """Return the name of a dataset, or the path of one's own images."""
    if (given["dataset"] is None) == (given["images"] is None):
        got = "none" if given["dataset"] is None else "both"
        known = ", ".join(values.DATASET.names)
        raise InputError(
            f"images: expected --dataset NAME (of {known}) or --images PATH, got {got}"
        )
    if given["dataset"] is not None and given["size"] is not None:
        raise InputError("size: goes with --images FOLDER; a dataset has its own size")
    source: str | Path = given["dataset"] or given["images"]
    return source


def _show(result: Any, given: dict[str, Any]) -> None:
    if given["as_json"]:
        click.echo(json.dumps(dict(result.metrics), indent=2))
    elif not given["quiet"]:
        click.echo(tables.headline(result) + "\n\n" + tables.fit_table(result.metrics) + "\n")
        click.echo(_timing(result.metrics))
        bounded = "adversarial" not in result.metrics
        click.echo(_next_steps(options.typed(result.folder), bounded=bounded))


def _timing(metrics: Any) -> str:
    seconds = metrics["seconds"]
    return (
        f"time      {metrics['steps']:,} steps in {seconds['train']:.1f} s "
        f"({1000 * seconds['step_median']:.1f} ms a step), evaluation {seconds['evaluate']:.1f} s"
    )


def _next_steps(folder: str, *, bounded: bool) -> str:
    """Say what can be done with a run; only what bounds log p(x) has a likelihood to evaluate."""
    steps = [
        f"graphvae image evaluate {folder} --metrics nll --samples 500 --limit 1000",
        f"graphvae image sample {folder} -n 100 --output samples.png",
        f"graphvae image embed {folder} --output z.parquet",
    ]
    lines = "\n          ".join(steps if bounded else steps[1:])
    return f"folder    {folder}  (pictures, metrics.json)\nnext      {lines}"
