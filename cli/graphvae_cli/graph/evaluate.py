"""`graphvae evaluate`: score a run again, optionally with other metrics and negatives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from graphvae.metrics import find_metric, metric_names
from graphvae.specs.evaluation import NEGATIVES, STRATA
from graphvae_cli.common import options
from graphvae_cli.graph import tables
from graphvae_data.core.errors import InputError

EVALUATION_OPTIONS = (
    "metrics",
    "negatives",
    "strata",
    "part",
    "per_positive",
    "bootstrap",
    "baselines",
)
"""Options that select an evaluation with baselines instead of the run's own table."""


class Names(click.ParamType):  # type: ignore[type-arg]
    """Comma-separated names."""

    name = "names"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Split at commas."""
        if isinstance(value, tuple):
            return value
        names = tuple(name.strip() for name in str(value).split(",") if name.strip())
        if not names:
            self.fail(f"expected comma-separated names, got {value!r}", param, ctx)
        return names


@click.command("evaluate")
@options.run_argument
@click.option(
    "--metrics",
    type=Names(),
    default="auc,ap",
    metavar="NAME,…",
    help=f"{', '.join(metric_names())}, any K, or a user-defined metric as module:Class.",
)
@click.option(
    "--negatives",
    type=click.Choice(list(NEGATIVES)),
    default="uniform",
    help=f"{'; '.join(f'{kind}: {what}' for kind, what in NEGATIVES.items())}.",
)
@click.option(
    "--strata",
    type=Names(),
    metavar="NAME,…",
    help=f"Scores by stratum: {'; '.join(f'{name}: {by}' for name, by in STRATA.items())}.",
    show_default=False,
)
@click.option("--part", type=click.Choice(["test", "val"]), default="test", help="Edges to score.")
@click.option(
    "--per-positive",
    type=click.IntRange(min=1),
    help="Negatives per edge, with --negatives heart; 500 by default.",
)
@click.option(
    "--bootstrap", type=click.IntRange(min=0), default=1000, help="Resamples for the intervals."
)
@click.option(
    "--baselines/--no-baselines", default=True, help="Also evaluate heuristics and the MLP."
)
@click.option(
    "--probe",
    type=click.Choice(["classification", "clustering"]),
    multiple=True,
    help="Predict labels from the embedding, raw features and a spectral embedding.",
    show_default=False,
)
@options.device_option
@options.json_option
@click.pass_context
def command(context: click.Context, /, run: Path, **kwargs: Any) -> None:
    """Score the run in folder RUN again, from its saved weights and its split.

    Without options, print the table of `graphvae fit`, and the precision of the top of the list of
    all non-edges as ranked by the model, by `predict` and by heuristics. For a folder of repeats,
    print their summary.
    """
    passed = [name for name in (*EVALUATION_OPTIONS, "probe") if _is_passed(context, name)]
    for name in kwargs["metrics"]:
        find_metric(name)  # raises before the run is opened
    if (run / "summary.json").is_file():
        _summary(run, passed, kwargs["as_json"])
        return
    from graphvae.runs.result import load

    result = load(run, device=kwargs["device"])
    if kwargs["probe"]:
        _probe(result, kwargs["probe"], kwargs["as_json"])
    if not passed:
        _own_table(result, kwargs["as_json"])
    elif passed != ["probe"]:
        _with_baselines(result, kwargs)


def _is_passed(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def _summary(run: Path, passed: list[str], as_json: bool) -> None:
    from graphvae.runs.repeats import read_summary

    if passed:
        raise InputError(
            f"{run}: is a folder of repeats; pass one of its runs, such as {run / '000'}"
        )
    summary = read_summary(run)
    if not summary["finished"]:
        raise InputError(f"{run}: not finished; continue it with fit --resume --out {run}")
    click.echo(json.dumps(summary, indent=2) if as_json else tables.repeats_table(summary))


def _own_table(result: Any, as_json: bool) -> None:
    from graphvae.comparison.top_lists import list_precision

    scores, lists = result.evaluate().to_dict(), list_precision(result)
    if as_json:
        click.echo(json.dumps({**scores, "lists": lists}, indent=2))
        return
    click.echo(tables.run_table({**result.metrics, **scores}))
    if lists:
        click.echo("\n" + tables.list_table(lists))
    print_better_heuristic(result)


def print_better_heuristic(result: Any) -> None:
    """Print a note if a heuristic beats the model on the test edges."""
    from graphvae.comparison.heuristics import better_heuristic

    beaten = better_heuristic(result)
    if beaten is not None:
        click.echo(f"note: {beaten.line}")


def _with_baselines(result: Any, kwargs: dict[str, Any]) -> None:
    from graphvae.runs.evaluate import evaluate

    choices = {name: kwargs[name] for name in EVALUATION_OPTIONS} | {
        "strata": kwargs["strata"] or ()
    }
    scores = {k: s.to_dict() for k, s in evaluate(result, **choices).items()}
    if kwargs["as_json"]:
        click.echo(json.dumps(scores, indent=2))
    else:
        click.echo(tables.evaluation_table(scores, kwargs["metrics"]))


def _probe(result: Any, kinds: tuple[str, ...], as_json: bool) -> None:
    from graphvae.evaluation.probes import probe_table

    experiment = result.experiment
    table = probe_table(
        experiment.graph, result.split, result.embeddings("train"), seed=result.config.run.seed
    ).to_dict()
    for row in table.values():
        for kind in {"classification", "clustering"} - set(kinds):
            del row[kind]
    click.echo(json.dumps(table, indent=2) if as_json else tables.probe_table(table))
