"""Reproduction of published tables, cell by cell; the tables are in `published`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphvae.metrics.intervals import Interval
from graphvae.runs.repeats import fit_repeats, read_summary, resume_repeats
from graphvae.setup.configure import configure, rebuild_config
from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae_data.core.errors import InputError
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.published import PublishedTable, Row
from graphvae_data.settings.layers import Layer, keyword_layer, overridden


@dataclass(frozen=True)
class ReproducedCell:
    """One cell of a table, published and obtained."""

    table: PublishedTable
    """The table it is of."""
    row: Row
    """Which cell, and what was published."""
    repeats: int
    """Number of runs behind the obtained figures; `table.over` says what they differ in."""
    obtained: Mapping[str, tuple[float, Interval]]
    """Measure → obtained mean on the test edges and its 95 % interval."""
    quick: bool = False
    """Whether it was obtained by the table's quick form, another protocol than the published."""

    @property
    def inside(self) -> bool | None:
        """Whether the means meet the published figures; None in the quick form and without any."""
        if self.quick:
            return None
        means = {name: mean for name, (mean, _) in self.obtained.items()}
        return self.table.meets(means, self.row.figures)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; a published figure is its values by measure, or null."""
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
        datasets: of the table's; None for those it takes by itself.
        models: of the table's; None for all.
        repeats: runs a cell, with the seeds 0, 1, …; None for 10, or 2 in the quick form.
        quick: take the settings of the table's quick form; its cells have no verdict.
        out: a folder; a cell that is finished there is read, an interrupted one continued.
        options: progress bars, checkpoints.
        **settings: passed to `fit`, such as `device`; changing `epochs` leaves the protocol.

    Raises:
        InputError: no cell has that dataset and model, or the table has no quick form.
    """
    if quick and not table.quick:
        raise InputError(f"quick: the table {table.name} has no quick form")
    if repeats is None:
        repeats = table.runs(quick=quick)
    for row in table.select(datasets or table.datasets, models or table.models):
        form = {**row.settings, **(table.quick if quick else {}), **settings}
        fixed = {"baselines": False, **form}
        summary = _summary(Path(out) / row.name, row, repeats, options, fixed)
        obtained = {
            measure: (summarised["mean"], _interval(*summarised["interval"]))
            for measure, summarised in scores_of_test(summary).items()
            if measure in table.measures
        }
        yield ReproducedCell(table, row, summary["repeats"], obtained, quick)


def scores_of_test(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the summarised test scores; the metric that selected is of its own negatives."""
    selected = summary.get("benchmark")
    of_selection = {} if selected is None else {selected["metric"]: selected["test"]}
    return {**summary["test"], **of_selection}


def _interval(low: float, high: float) -> Interval:
    return Interval(low, high, "Student's t")


def _summary(
    folder: Path, row: Row, repeats: int, options: FitOptions, settings: dict[str, Any]
) -> dict[str, Any]:
    """Read, continue or begin the repeats of one cell."""
    if not folder.exists():
        return fit_repeats(
            row.dataset, row.model, repeats=repeats, out=folder, options=options, **settings
        )
    begun = read_summary(folder)
    about = begun["fit"]
    if (
        begun["repeats"] != repeats
        or about.get("graph") != row.dataset
        or not _same(rebuild_config(about["settings"], {}), row, settings)
    ):
        raise InputError(
            f"{folder}: holds {begun['repeats']} repeats of other settings; choose another --out"
        )
    return begun if begun["finished"] else resume_repeats(folder, options=options)


def _same(config: FitConfig, row: Row, settings: dict[str, Any]) -> bool:
    """Return whether a run's settings are those of a cell, whatever the device and threads."""
    wanted, _ = configure(row.dataset, row.model, [keyword_layer(CATALOGUE, settings)])
    machine = {"device": config.run.device, "threads": config.run.threads}
    return overridden(wanted, [Layer({"run": machine})], CATALOGUE) == config
