"""Disentanglement metrics of `graphvae image evaluate`: options and table."""

from __future__ import annotations

from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.common.tables import Row, aligned
from graphvae_cli.graph.evaluate import Names

_OPTIONS = (
    click.option(
        "--baselines",
        type=Names(),
        default=(),
        metavar="NAME,…",
        help="Baselines to measure too: untrained (the encoder before training), pca, ica, pixels.",
        show_default=False,
    ),
    click.option(
        "--codes",
        type=click.IntRange(min=2),
        default=10_000,
        help="Number of random images, for higgins, factorvae, mig-hist, dci.",
    ),
    click.option(
        "--aggregate",
        type=click.IntRange(min=2),
        help="Number of images in the aggregate posterior q(z), for mig, tc, mi; by default the "
        "whole dataset. Fewer images overestimate these.",
        show_default=False,
    ),
    click.option(
        "--draws",
        type=click.IntRange(min=2),
        default=4000,
        help="Number of samples of q(z | x), for mig, tc, mi.",
    ),
    click.option(
        "--pairs",
        type=click.IntRange(min=2),
        default=64,
        help="L: image pairs per vote for higgins, images per vote for factorvae.",
    ),
    click.option(
        "--votes",
        type=click.IntRange(min=100),
        default=2000,
        help="Training votes for higgins and factorvae; half as many are used for testing.",
    ),
)


with_options = options.stacked(*_OPTIONS)
"""Decorator that adds the options to a command."""


def selected_metrics(kwargs: dict[str, Any], others: tuple[str, ...]) -> tuple[str, ...]:
    """Return the disentanglement metrics of --metrics, and check --baselines.

    Args:
        kwargs: the parameters of the command.
        others: the other metrics that are allowed.

    Raises:
        InputError: an unknown name, or baselines without a disentanglement metric.
    """
    from graphvae_data.core.errors import InputError
    from image_vae.disentanglement.choices import METRICS, check_baselines, check_metrics

    metrics = check_metrics(kwargs["metrics"], others)
    if check_baselines(kwargs["baselines"]) and not metrics:
        raise InputError(f"baselines: expected at least one of --metrics {', '.join(METRICS)}")
    return metrics


def report(result: Any, metrics: tuple[str, ...], kwargs: dict[str, Any]) -> Any:
    """Measure the disentanglement of a run."""
    from tqdm import tqdm

    from image_vae.disentanglement.measure import Effort
    from image_vae.disentanglement.report import disentanglement

    votes = kwargs["votes"]
    effort = Effort(
        pairs=kwargs["pairs"], votes=votes, test_votes=votes // 2, draws=kwargs["draws"]
    )
    with tqdm(leave=False, unit="metric", disable=True if kwargs["quiet"] else None) as bar:

        def on_metric(name: str, metric: str) -> None:
            bar.set_description(f"{name}, {metric}")
            bar.update()

        return disentanglement(
            result.experiment,
            metrics,
            baselines=kwargs["baselines"],
            codes=kwargs["codes"],
            aggregate=kwargs["aggregate"],
            effort=effort,
            on_metric=on_metric,
        )


def table(report: Any) -> str:
    """Lay out the scores, with a column for each representation."""
    numbers = report.numbers()
    names = list(numbers)
    rows: list[Row] = [("", *names)]
    for title in dict.fromkeys(title for column in numbers.values() for title in column):
        cells = (numbers[name].get(title) for name in names)
        rows.append((title, *("–" if cell is None else f"{cell:.3f}" for cell in cells)))
    skipped = [
        f"{name}: {metric} is skipped: {reason}"
        for name, reasons in report.skipped.items()
        for metric, reason in reasons.items()
    ]
    note = (
        f"factors {', '.join(report.factors)}; {report.pictures:,} images; "
        f"mig, tc, mi: q(z) of {report.aggregate:,} images, nats for tc and mi"
    )
    return "\n".join([aligned(rows), note, *skipped])
