"""`graphvae image evaluate`: score a run on images by selected metrics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.graph.evaluate import Names
from graphvae_cli.image import disentanglement, runs, tables
from graphvae_data.core.errors import InputError


@click.command("evaluate")
@options.run_argument
@click.option(
    "--metrics",
    type=Names(),
    default="elbo,active-units",
    metavar="NAME,…",
    help="elbo, reconstruction, active-units, nll (importance sampling), surgery (the terms of "
    "the KL, over the training images); for datasets with known factors also higgins, factorvae, "
    "mig, mig-hist, dci, tc (total correlation), mi (mutual information of code and image).",
)
@runs.part_option()
@runs.images_options
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=5000,
    help="Importance samples per image, for nll.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="Use only the first N images for nll and surgery; by default all.",
    show_default=False,
)
@disentanglement.with_options
@options.device_option
@options.json_option
@options.quiet_option
def command(run: Path, **kwargs: Any) -> None:
    """Score the run in folder RUN again, from its saved weights.

    Pixels are binarised with the run's seed, so every call gives the same scores.
    """
    from image_vae.runs.scores import METRICS, check_metrics, evaluate

    measures = disentanglement.selected_metrics(kwargs, METRICS)
    names = check_metrics(set(kwargs["metrics"]) - set(measures))
    if measures and kwargs["images"] is not None:
        raise InputError(f"metrics: {', '.join(measures)} need the run's dataset, not --images")
    result = runs.load(run, kwargs["device"], progress=not kwargs["quiet"])
    new = runs.new_images(result, kwargs)
    part = runs.part_of(kwargs, new)
    images = len(result.experiment.feed(part))
    images = images if kwargs["limit"] is None else min(images, kwargs["limit"])
    with _bar(images, show="nll" in names and not kwargs["quiet"]) as bar:
        scores = evaluate(
            result,
            names,
            part=part,
            samples=kwargs["samples"],
            limit=kwargs["limit"],
            on_images=bar.update,
        ).to_dict()
    report = None
    if measures:
        try:
            report = disentanglement.report(result, measures, kwargs)
        except InputError as error:
            if not names:
                raise
            scores["skipped"] = {**scores.get("skipped", {}), **dict.fromkeys(measures, str(error))}
    if kwargs["as_json"]:
        extra = {} if report is None else {"disentanglement": report.to_dict()}
        click.echo(json.dumps(scores | extra, indent=2))
    else:
        sections = [tables.headline(result), tables.scores_table(scores) if names else ""]
        sections.append("" if report is None else disentanglement.table(report))
        click.echo("\n\n".join(filter(None, sections)))


def _bar(images: int, *, show: bool) -> Any:
    """Return a progress bar over images, hidden unless stderr is a terminal."""
    from tqdm import tqdm

    return tqdm(total=images, desc="nll", unit="image", leave=False, disable=None if show else True)
