"""What measures disentanglement in `graphvae image evaluate`: its options and its table."""

from __future__ import annotations

from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.graph.evaluate import Names
from graphvae_cli.graph.tables import Row, aligned

_OPTIONS = (
    click.option(
        "--baselines",
        type=Names(),
        default=(),
        metavar="NAME,…",
        help="Beside the model, by the same code: untrained (its encoder), pca, ica, pixels.",
        show_default=False,
    ),
    click.option(
        "--codes",
        type=click.IntRange(min=2),
        default=10_000,
        help="Images at random from the whole dataset, for higgins, factorvae, mig-hist, dci.",
    ),
    click.option(
        "--aggregate",
        type=click.IntRange(min=2),
        help="Images that q(z) is of, for mig, tc, mi; the whole dataset if not given. Of fewer, "
        "they come out too large.",
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


def chosen(given: dict[str, Any], others: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the metrics named that are of disentanglement; check the baselines.

    Raises:
        InputError: an unknown name, or baselines with nothing to measure them by.
    """
    from graphvae_data.core.errors import InputError
    from image_vae.disentanglement.choices import METRICS, check_baselines, check_metrics

    found = check_metrics(given["metrics"], others)
    if check_baselines(given["baselines"]) and not found:
        raise InputError(f"baselines: go with --metrics {', '.join(METRICS)}; name some of these")
    return found


def report(result: Any, metrics: tuple[str, ...], given: dict[str, Any]) -> Any:
    """Measure a run as the options say."""
    from tqdm import tqdm

    from image_vae.disentanglement.measure import Effort
    from image_vae.disentanglement.report import disentanglement

    votes = given["votes"]
    effort = Effort(pairs=given["pairs"], votes=votes, test_votes=votes // 2, draws=given["draws"])
    with tqdm(leave=False, unit="metric", disable=True if given["quiet"] else None) as bar:

        def tell(name: str, metric: str) -> None:
            bar.set_description(f"{name}, {metric}")
            bar.update()

        return disentanglement(
            result.experiment,
            metrics,
            baselines=given["baselines"],
            codes=given["codes"],
            aggregate=given["aggregate"],
            effort=effort,
            tell=tell,
        )


def table(report: Any) -> str:
    """Lay out the numbers, a column for each representation."""
    found = report.numbers()
    names = list(found)
    rows: list[Row] = [("", *names)]
    for title in found["model"]:
        cells = (f"{found[name][title]:.3f}" if title in found[name] else "–" for name in names)
        rows.append((title, *cells))
    return (
        aligned(rows) + f"\nfactors {', '.join(report.factors)}; {report.pictures:,} images; "
        f"mig, tc, mi: q(z) of {report.aggregate:,} images, nats for tc and mi"
    )
