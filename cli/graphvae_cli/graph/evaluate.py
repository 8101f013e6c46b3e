"""`graphvae evaluate`: score a run again, by other metrics and harder negatives if asked to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.graph import tables
from graphvae_data.core.errors import InputError

CONTEST = ("metrics", "negatives", "strata", "part", "per_positive", "bootstrap", "baselines")
"""Options that ask for a contest instead of the run's own table."""


class Names(click.ParamType):  # type: ignore[type-arg]
    """Several names with commas between them."""

    name = "names"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Split at commas."""
        if isinstance(value, tuple):
            return value
        names = tuple(name.strip() for name in str(value).split(",") if name.strip())
        if not names:
            self.fail(f"expected names with commas between them, got {value!r}", param, ctx)
        return names


@click.command("evaluate")
@options.run_argument
@click.option(
    "--metrics",
    type=Names(),
    default="auc,ap",
    metavar="NAME,…",
    help="auc, ap, mrr, hits@K, precision@K, mrr-per-source, hits@K-per-source, map-per-source.",
)
@click.option(
    "--negatives",
    type=click.Choice(["uniform", "degree", "heart", "all"]),
    default="uniform",
    help="uniform: the split's own; degree: ends drawn by degree; heart: hard ones for each edge; "
    "all: every non-edge, exactly.",
)
@click.option(
    "--strata",
    type=Names(),
    metavar="NAME,…",
    help="Scores apart by seen (ends with a training edge), degree, distance.",
    show_default=False,
)
@click.option("--part", type=click.Choice(["test", "val"]), default="test", help="Edges to score.")
@click.option(
    "--per-positive",
    type=click.IntRange(min=1),
    default=500,
    help="Negatives for each edge, with --negatives heart.",
)
@click.option(
    "--bootstrap", type=click.IntRange(min=0), default=1000, help="Resamples for the intervals."
)
@click.option(
    "--baselines/--no-baselines", default=True, help="Judge heuristics and the MLP beside it."
)
@click.option(
    "--probe",
    type=click.Choice(["classification", "clustering"]),
    multiple=True,
    help="What the embedding knows of the labels, beside raw features and a spectral embedding.",
    show_default=False,
)
@options.device_option
@options.json_option
@click.pass_context
def command(context: click.Context, /, run: Path, **given: Any) -> None:
    """Score the run in folder RUN again, from its saved weights and its split.

    Without options: the table of `graphvae fit`. Of a folder of repeats: their summary.
    """
    asked = [name for name in (*CONTEST, "probe") if _chosen(context, name)]
    if (run / "summary.json").is_file():
        _summary(run, asked, given["as_json"])
        return
    from graphvae.runs.result import load

    result = load(run, device=given["device"])
    if given["probe"]:
        _probe(result, given["probe"], given["as_json"])
    if not asked:
        _own_table(result, given["as_json"])
    elif asked != ["probe"]:
        _contest(result, given)


def _chosen(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def _summary(run: Path, asked: list[str], as_json: bool) -> None:
    from graphvae.runs.repeats import read_summary

    if asked:
        raise InputError(f"{run}: holds repeats; name one of its runs, such as {run / '000'}")
    summary = read_summary(run)
    if not summary["finished"]:
        raise InputError(f"{run}: not finished; continue it with fit --resume --out {run}")
    click.echo(json.dumps(summary, indent=2) if as_json else tables.repeats_table(summary))


def _own_table(result: Any, as_json: bool) -> None:
    scores = result.evaluate().to_dict()
    if as_json:
        click.echo(json.dumps(scores, indent=2))
    else:
        click.echo(tables.run_table({**result.metrics, **scores}))


def _contest(result: Any, given: dict[str, Any]) -> None:
    from graphvae.runs.baselines import contest

    wanted = {name: given[name] for name in CONTEST}
    wanted["strata"] = wanted["strata"] or ()
    reports = {name: r.to_dict() for name, r in contest(result, **wanted).items()}
    click.echo(json.dumps(reports, indent=2) if given["as_json"] else tables.contest_table(reports))


def _probe(result: Any, kinds: tuple[str, ...], as_json: bool) -> None:
    from graphvae.evaluation.probes import probe_table

    experiment = result.experiment
    table = probe_table(
        experiment.graph, result.split, result.embeddings(), seed=result.config.run.seed
    ).to_dict()
    for row in table.values():
        for kind in {"classification", "clustering"} - set(kinds):
            del row[kind]
    click.echo(json.dumps(table, indent=2) if as_json else tables.probe_table(table))
