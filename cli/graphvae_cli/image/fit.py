"""`graphvae image fit`: train a variational auto-encoder on images and score it."""

from __future__ import annotations

import json
from typing import Any

import click
import cloup

from graphvae_cli.common import options
from graphvae_cli.common.out_folder import claimed_out
from graphvae_cli.common.setting_options import ModelCommand
from graphvae_cli.image import settings, tables
from graphvae_data.core.errors import InputError

dry_run_option = cloup.option(
    "--dry-run",
    is_flag=True,
    help="Print the settings of the run as in its config.json, without training.",
)


@cloup.command("fit", cls=ModelCommand)
@cloup.option_group(
    "Start here", *settings.source_options, *settings.OPTIONS.first(), options.out_option
)
@settings.with_setting_sections
@cloup.option_group(
    "Run",
    *settings.OPTIONS.section("Run"),
    *settings.file_options,
    options.overwrite_option,
    options.resume_option,
    options.checkpoint_option,
    options.keep_option,
    options.track_option,
    dry_run_option,
    options.json_option,
    options.quiet_option,
)
@click.pass_context
def command(context: click.Context, /, **kwargs: Any) -> None:
    """Train a variational auto-encoder on images and score it.

    The run folder (runs/DATASET-MODEL-1, -2, … or --out) holds settings, weights, scores and
    pictures. Defaults depend on --model: add it to --help to see its defaults.
    `graphvae image recipes NAME` lists the parts of a model.
    """
    if kwargs["dry_run"]:
        return _show_settings(kwargs)
    fit_options = options.fit_options(kwargs)
    if kwargs["resume"]:
        from image_vae.runs.fit import resume

        options.check_resume(context)
        return _show(resume(kwargs["out"], epochs=kwargs["epochs"], options=fit_options), kwargs)
    return _show(_fit(kwargs, fit_options), kwargs)


def _announce(kwargs: dict[str, Any], line: str) -> None:
    """Print a note to stderr unless --quiet."""
    if not kwargs["quiet"]:
        click.echo(line, err=True)


def _show_settings(kwargs: dict[str, Any]) -> None:
    from image_vae.runs.configure import configure, file_and_model
    from image_vae.runs.source import Source

    images = settings.images_of(kwargs)
    layers, model = file_and_model(kwargs["config"], kwargs["model"])
    layers.append(settings.OPTIONS.layer(kwargs, kwargs["sets"]))
    source = Source.of(images, None, kwargs["size"], kwargs["irregular"])
    initial, _ = configure(settings.stem_of(images), model, layers)
    facts = source.facts(initial.data.split_seed)
    config, notes = configure(settings.stem_of(images), model, layers, facts)
    for note in notes:
        _announce(kwargs, note)
    click.echo(json.dumps(config.to_dict(), indent=2))


def _fit(kwargs: dict[str, Any], fit_options: Any) -> Any:
    if kwargs["overwrite"] and kwargs["out"] is None:
        raise InputError("overwrite: expected --out RUN too, the run to replace")
    images = settings.images_of(kwargs)
    from image_vae.runs.configure import file_and_model
    from image_vae.runs.fit import fit_layers

    layers, model = file_and_model(kwargs["config"], kwargs["model"])
    layers.append(settings.OPTIONS.layer(kwargs, kwargs["sets"]))
    stem = f"{settings.stem_of(images)}-{model}"
    with claimed_out(kwargs["out"], stem, overwrite=kwargs["overwrite"]) as claim:
        return fit_layers(
            images,
            model,
            layers,
            out=claim,
            size=kwargs["size"],
            irregular=kwargs["irregular"],
            options=fit_options,
        )


def _show(result: Any, kwargs: dict[str, Any]) -> None:
    if not result.metrics:  # a worker other than worker 0
        return
    if kwargs["as_json"]:
        click.echo(json.dumps(dict(result.metrics), indent=2))
    elif not kwargs["quiet"]:
        click.echo(tables.headline(result) + "\n\n" + tables.fit_table(result.metrics) + "\n")
        click.echo(_timing(result.metrics))
        has_bound = not result.config.bound.adversarial
        click.echo(_next_steps(options.shell_path(result.folder), has_bound=has_bound))


def _timing(metrics: Any) -> str:
    seconds = metrics["seconds"]
    return (
        f"time      {metrics['steps']:,} steps in {seconds['train']:.1f} s "
        f"({1000 * seconds['step_median']:.1f} ms a step), evaluation {seconds['evaluate']:.1f} s"
    )


def _next_steps(folder: str, *, has_bound: bool) -> str:
    """Return commands to try next; `evaluate` needs a model with a bound on log p(x)."""
    steps = [
        f"graphvae image evaluate {folder} --metrics nll --samples 500 --limit 1000",
        f"graphvae image sample {folder} -n 100 --out samples.png",
        f"graphvae image embed {folder} --out z.parquet",
    ]
    lines = "\n          ".join(steps if has_bound else steps[1:])
    return f"folder    {folder}  (pictures, metrics.json)\nnext      {lines}"
