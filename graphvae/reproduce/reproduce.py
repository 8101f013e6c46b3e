"""Reproduction of the tables in `published`, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphvae.metrics.intervals import Interval
from graphvae.runs.evaluate import evaluate
from graphvae.runs.repeats import (
    fit_repeats,
    read_summary,
    repeat_folder,
    resume_repeats,
    summarise,
)
from graphvae.runs.result import load
from graphvae.setup.configure import configure, rebuild_config
from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae_data.core.errors import InputError
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.published import PublishedTable, Row
from graphvae_data.settings.layers import Layer, keyword_layer, overridden


@dataclass(frozen=True)
class ReproducedCell:
    """The published and the reproduced figures of one cell of a table."""

    table: PublishedTable
    """The table."""
    row: Row
    """The row of the table, with the published figures."""
    repeats: int
    """Number of runs; `table.over` says how they differ."""
    obtained: Mapping[str, tuple[float, Interval]]
    """Measure → mean on the test edges and its 95 % interval."""
    quick: bool = False
    """Whether the quick form was used, whose protocol is not the published one."""

    @property
    def inside(self) -> bool | None:
        """Whether the means meet the published figures; None in the quick form or without any."""
        if self.quick:
            return None
        means = {name: mean for name, (mean, _) in self.obtained.items()}
        return self.table.meets(means, self.row.figures)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; a published figure maps measures to values, or is None."""
        published = {
            column: None if figure is None else dict(figure)
            for column, figure in zip(self.table.columns, self.row.figures, strict=True)
        }
        obtained = {
            name: {"mean": mean, "interval": [interval.low, interval.high]}
            for name, (mean, interval) in self.obtained.items()
        }
        return {
            "dataset": self.row.dataset,
            "model": self.row.model,
            "features": self.row.features,
            "repeats": self.repeats,
            "over": self.table.over,
            "quick": dict(self.table.quick) if self.quick else None,
            **published,
            **obtained,
            "inside": self.inside,
        }


def obtain(
    table: PublishedTable,
    *,
    datasets: Sequence[str] | None = None,
    models: Sequence[str] | None = None,
    repeats: int | None = None,
    quick: bool = False,
    out: str | Path,
    options: FitOptions = FitOptions(),
    **settings: Any,
) -> Iterator[ReproducedCell]:
    """Run the cells of a table and yield them one by one.

    Args:
        table: one of `published.TABLES`.
        datasets: a selection of the table's datasets; None for its default ones.
        models: a selection of the table's models; None for all.
        repeats: runs per cell, with the seeds 0, 1, …; None for 10, or 2 in the quick form.
        quick: use the settings of the table's quick form; its cells have no verdict.
        out: a folder; finished cells in it are read, interrupted ones are resumed.
        options: progress bars, checkpoints.
        **settings: passed to `fit`, such as `device`; changing `epochs` changes the protocol.

    Raises:
        InputError: no cell has this dataset and model, or the table has no quick form.
    """
    if quick and not table.quick:
        raise InputError(f"quick: the table {table.name} has no quick form")
    if repeats is None:
        repeats = table.runs(quick=quick)
    for row in table.select(datasets or table.datasets, models or table.models):
        changes = {**row.settings, **(table.quick if quick else {}), **settings}
        merged = {"baselines": False, **changes}
        folder = Path(out) / row.name
        summary = _summary(folder, row, repeats, options, merged)
        scores = scores_of_test(summary)
        others = [measure for measure in table.measures if measure not in scores]
        if others:
            scores |= _evaluated(folder, repeats, others, merged.get("device", "auto"))
        obtained = {
            measure: (scores[measure]["mean"], _interval(*scores[measure]["interval"]))
            for measure in table.measures
        }
        yield ReproducedCell(table, row, summary["repeats"], obtained, quick)


def scores_of_test(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the summarised test scores; the metric that selected is of its own negatives."""
    selected = summary.get("benchmark")
    of_selection = {} if selected is None else {selected["metric"]: selected["test"]}
    return {**summary["test"], **of_selection}


def _evaluated(
    folder: Path, repeats: int, measures: Sequence[str], device: str
) -> dict[str, dict[str, Any]]:
    """Return the summarised test scores of finished runs, by measures not reported in training.

    The negatives are those of the split.
    """
    rows = []
    for number in range(repeats):
        run = load(repeat_folder(folder, number), device=device)
        (scores,) = evaluate(run, metrics=measures, bootstrap=0, baselines=False).values()
        rows.append({name: value.value for name, value in scores.overall.values.items()})
    return summarise(rows)


def _interval(low: float, high: float) -> Interval:
    return Interval(low, high, "Student's t")


def _summary(
    folder: Path, row: Row, repeats: int, options: FitOptions, settings: dict[str, Any]
) -> dict[str, Any]:
    """Read, resume or start the repeats of one cell."""
    if not folder.exists():
        return fit_repeats(
            row.dataset, row.model, repeats=repeats, out=folder, options=options, **settings
        )
    summary = read_summary(folder)
    fit_settings = summary["fit"]
    if (
        summary["repeats"] != repeats
        or fit_settings.get("graph") != row.dataset
        or not _same_settings(rebuild_config(fit_settings["settings"], {}), row, settings)
    ):
        raise InputError(
            f"{folder}: has {summary['repeats']} repeats with other settings; choose another --out"
        )
    return summary if summary["finished"] else resume_repeats(folder, options=options)


def _same_settings(config: FitConfig, row: Row, settings: dict[str, Any]) -> bool:
    """Return whether a run's settings equal those of a cell, ignoring device and threads."""
    expected, _ = configure(row.dataset, row.model, [keyword_layer(CATALOGUE, settings)])
    machine = {"device": config.run.device, "threads": config.run.threads}
    return overridden(expected, [Layer({"run": machine})], CATALOGUE) == config
