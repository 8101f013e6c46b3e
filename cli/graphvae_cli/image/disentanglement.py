"""Disentanglement in `graphvae image evaluate`: options and table."""

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
        help="Measured beside the model: untrained (its encoder), pca, ica, pixels.",
        show_default=False,
    ),
    click.option(
        "--codes",
        type=click.IntRange(min=2),
        default=10_000,
        help="Random images of the whole dataset, for higgins, factorvae, mig-hist, dci.",
    ),
    click.option(
        "--aggregate",
        type=click.IntRange(min=2),
        help="Images of q(z), for mig, tc, mi; by default the whole dataset. With fewer, these are "
        "overestimated.",
        show_default=False,
    ),
    click.option(
        "--draws",
        type=click.IntRange(min=2),
        default=4000,
        help="Codes drawn from q(z | x), for mig, tc, mi.",
    ),
    click.option(
        "--pairs",
        type=click.IntRange(min=2),
        default=64,
        help="L: pairs of images for a vote of higgins, and images for one of factorvae.",
    ),
    click.option(
        "--votes",
        type=click.IntRange(min=100),
        default=2000,
        help="Votes to train on, for higgins and factorvae; half as many are scored.",
    ),
)


with_options = options.stacked(*_OPTIONS)
"""Adds the options to a command."""


def chosen(kwargs: dict[str, Any], others: tuple[str, ...]) -> tuple[str, ...]:
    """Return the chosen metrics that are of disentanglement; check the baselines.

    Raises:
        InputError: an unknown name, or baselines without a metric.
    """
    from graphvae_data.core.errors import InputError
    from image_vae.disentanglement.choices import METRICS, check_baselines, check_metrics

    metrics = check_metrics(kwargs["metrics"], others)
    if check_baselines(kwargs["baselines"]) and not metrics:
        raise InputError(f"baselines: need --metrics {', '.join(METRICS)}; name some of these")
    return metrics


def report(result: Any, metrics: tuple[str, ...], kwargs: dict[str, Any]) -> Any:
    """Measure a run as the options say."""
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
    """Return the numbers as a table, with a column for each representation."""
    numbers = report.numbers()
    names = list(numbers)
    rows: list[Row] = [("", *names)]
    for title in dict.fromkeys(title for each in numbers.values() for title in each):
        cells = (numbers[name].get(title) for name in names)
        rows.append((title, *("–" if cell is None else f"{cell:.3f}" for cell in cells)))
    skipped = [
        f"{name}: {metric} is skipped: {why}"
        for name, faults in report.skipped.items()
        for metric, why in faults.items()
    ]
    about = (
        f"factors {', '.join(report.factors)}; {report.pictures:,} images; "
        f"mig, tc, mi: q(z) of {report.aggregate:,} images, nats for tc and mi"
    )
    return "\n".join([aligned(rows), about, *skipped])
