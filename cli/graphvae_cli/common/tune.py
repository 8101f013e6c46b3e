"""The command `tune` of graphs and of images: a search of settings by validation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import cloup

from graphvae_cli.common import options
from graphvae_cli.common.options import Name
from graphvae_cli.common.tables import aligned
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.values import option

if TYPE_CHECKING:
    from graphvae_data.settings.search import Space
    from graphvae_data.settings.setting_errors import Path as SettingPath
    from graphvae_data.tuning.result import Tuned
    from graphvae_data.tuning.study import Trial
    from graphvae_data.tuning.tune import TunePlan

SHOWN = 10
"""Trials in the printed table."""
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class NamesOf(click.ParamType):  # type: ignore[type-arg]
    """Comma-separated names.

    Args:
        one: the type of each name.
    """

    name = "names"

    def __init__(self, one: Name) -> None:
        self.one = one

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the names, each checked."""
        if isinstance(value, tuple):
            return value
        return tuple(self.one.convert(each.strip(), param, ctx) for each in value.split(","))


class Duration(click.ParamType):  # type: ignore[type-arg]
    """A time such as 90s, 30m or 1.5h, in seconds."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds."""
        match = re.fullmatch(r"(\d+\.?\d*)([smhd]?)", str(value).strip())
        if match is None:
            self.fail(f"expected a time such as 90s, 30m or 2h, got {value!r}", param, ctx)
        return float(match[1]) * UNITS[match[2] or "s"]


trials_option = cloup.option(
    "--trials",
    type=click.IntRange(min=1),
    default=50,
    help="Number of trials, of all processes and earlier calls together.",
)
timeout_option = cloup.option(
    "--timeout",
    type=Duration(),
    metavar="TIME",
    help="Start no more trials after this time, such as 30m.",
    show_default=False,
)
set_option = cloup.option(
    "--set",
    "sets",
    multiple=True,
    metavar="NAME=VALUES",
    help="What to search for a setting, by its name or path: a range (lr=1e-4..1e-1, "
    "hidden=16..64:linear) or a list (scaling=none,tf-idf); one value fixes it.",
)
start_options = (trials_option, timeout_option)
"""Options for the length of a search."""
run_options = (options.track_option, options.json_option, options.quiet_option)
"""Options for the trials and the output."""


def read_sets(
    catalogue: Catalogue, sets: Sequence[str]
) -> tuple[dict[SettingPath, Space], list[str]]:
    """Return the spaces in values of --set, and the other values."""
    from graphvae_data.tuning.spaces import read_space

    spaces: dict[SettingPath, Space] = {}
    others = []
    for text in sets:
        space = read_space(catalogue, text)
        if space is None:
            others.append(text)
        else:
            spaces[space[0]] = space[1]
    return spaces, others


def tune(
    kwargs: Mapping[str, Any],
    models: Sequence[str],
    narrowed: Mapping[SettingPath, Space],
    run: Callable[[TunePlan], Tuned[Any]],
    stem: str,
) -> None:
    """Run a search and print its table.

    Args:
        kwargs: the parameters of the command.
        models: the models.
        narrowed: the spaces that the user chose.
        run: the library function, with the data and the settings bound.
        stem: the stem of the default folder.
    """
    from graphvae_data.tuning.tune import TunePlan

    quiet = kwargs["quiet"]
    fit_options = options.fit_options(
        {**kwargs, "checkpoint_every": 10.0, "keep_checkpoint": False}
    )
    plan = TunePlan(
        models,
        kwargs["out"] or Path("runs") / f"{stem}-{'-'.join(models)}-tune",
        kwargs["trials"],
        kwargs["timeout"],
        narrowed,
        fit_options,
        on_trial=lambda trial: None if quiet else click.echo(_line(trial), err=True),
    )
    tuned = run(plan)
    if kwargs["as_json"]:
        metrics = None if tuned.result is None else dict(tuned.result.metrics)
        click.echo(json.dumps({**tuned.to_dict(), "metrics": metrics}, indent=2))
    elif not quiet:
        click.echo("\n".join(_report(tuned)))


def _line(trial: Trial) -> str:
    score = "no score" if trial.score is None else f"{trial.score:.4f}"
    note = f" ({trial.note})" if trial.note else ""
    return f"trial {trial.number}: {trial.state}, {score}, {trial.model} {_values(trial)}{note}"


def _values(trial: Trial) -> str:
    return " ".join(f"{option(name)}={_text(value)}" for name, value in trial.settings.items())


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "x".join(map(str, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _report(tuned: Tuned[Any]) -> list[str]:
    """Return the lines of the report: the best trials, what mattered, the chosen run."""
    rows: list[tuple[str, ...]] = [("trial", f"validation {tuned.metric}", "model", "settings")]
    ranked = [trial for trial in tuned.ranked if trial.state == "complete"]
    rows += [
        (str(trial.number), f"{trial.score:.4f}", trial.model, _values(trial))
        for trial in ranked[:SHOWN]
    ]
    pruned = sum(trial.state == "pruned" for trial in tuned.trials)
    lines = [aligned(rows), f"{len(tuned.trials)} trials, {pruned} of them pruned"]
    if tuned.importances:
        shares = [f"{option(name)} {share:.0%}" for name, share in tuned.importances.items()]
        lines.append(f"mattered  {', '.join(shares)}")
    folder = options.shell_path(tuned.out)
    if tuned.best is None:
        lines.append("no trial is complete: there are no best settings yet")
    elif tuned.result is None:
        lines.append("other processes are still at work; the last one fits the best settings")
    else:
        lines += [*_scores(tuned), f"settings  {folder}/best.json  (for `fit --config`)"]
    return [*lines, f"folder    {folder}  (trials.csv, tune.png, best.json, best)"]


def _scores(tuned: Tuned[Any]) -> list[str]:
    """Return the test scores of the chosen run."""
    test = tuned.result.metrics["test"] if tuned.result is not None else {}
    scores = [f"{name} {value:.4f}" for name, value in test.items() if isinstance(value, float)]
    count = sum(trial.state != "running" for trial in tuned.trials)
    return [f"test      {', '.join(scores)}  (the best of {count} trials, scored once)"]
