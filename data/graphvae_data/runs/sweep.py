"""A sweep of one setting over several values and seeds: a folder of runs and a table.

The same call resumes an interrupted sweep: finished runs are loaded, an interrupted one continues
from its checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, TypeVar

from graphvae_data.core.errors import InputError
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.run_folder import write_json
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.layers import Layer
from graphvae_data.settings.setting_errors import Path as SettingPath
from graphvae_data.settings.values import Value, option, setting_path, spell

R = TypeVar("R")


@dataclass(frozen=True)
class SweepPlan:
    """The setting, values, number of runs and folder of a sweep."""

    param: str
    """The swept setting: a flat name, or a path such as `prior.df`."""
    values: Sequence[Value]
    """Its distinct values."""
    repeats: int
    """Runs per value, with the seeds seed, seed + 1, …."""
    out: Path
    """The folder; the runs are `out`/PARAM-VALUE/000, 001, …."""
    options: FitOptions = FitOptions()
    """Progress bars, checkpoints."""
    on_run: Callable[[SweepRun], object] = lambda run: None
    """Called with each finished run."""

    @property
    def picture(self) -> Path:
        """The plot of the scores by value."""
        return self.out / "sweep.png"


@dataclass(frozen=True)
class SweepRun:
    """One run of a sweep."""

    value: Value
    """The value of the setting."""
    seed: int
    """The seed of the run."""
    folder: Path
    """The run folder."""
    scores: Mapping[str, float]
    """Its scores under dotted names of `metrics.json`, such as `test.auc`."""


@dataclass(frozen=True)
class Line:
    """The statistics of all runs with one value."""

    value: Value
    """The value of the setting."""
    mean: Mapping[str, float]
    """Mean of each score over the runs."""
    std: Mapping[str, float] | None
    """Standard deviation over the runs (n − 1); None for a single run."""


@dataclass(frozen=True)
class Sweep:
    """The runs of a sweep."""

    param: str
    """The setting."""
    cells: tuple[SweepRun, ...]
    """The runs, by value and seed."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """A line per value, with the scores that all its runs have."""
        values = dict.fromkeys(cell.value for cell in self.cells)
        return tuple(self._line(value) for value in values)

    def _line(self, value: Value) -> Line:
        runs = [cell.scores for cell in self.cells if cell.value == value]
        columns = {name: [run[name] for run in runs] for name in runs[0] if name in runs[-1]}
        mean = {name: fmean(column) for name, column in columns.items()}
        if len(runs) == 1:
            return Line(value, mean, None)
        return Line(value, mean, {name: stdev(column) for name, column in columns.items()})

    def to_dict(self) -> dict[str, Any]:
        """Return the content of `summary.json`."""
        cells = [{**asdict(cell), "folder": cell.folder.as_posix()} for cell in self.cells]
        return {"param": self.param, "lines": [asdict(line) for line in self.lines], "runs": cells}


def run_sweep(
    catalogue: Catalogue,
    layers: Sequence[Layer],
    plan: SweepPlan,
    *,
    seed: Callable[[Sequence[Layer]], int],
    fit: Callable[[Sequence[Layer], Path], R],
    scores: Callable[[R], Mapping[str, float]],
) -> Sweep:
    """Run a model at each value of a setting, and write summary.json in the plan's folder.

    Args:
        catalogue: the settings.
        layers: the user's settings; the last are options or keywords.
        plan: the setting, its values, the number of runs and the folder.
        seed: returns the seed of settings; raises `InputError` if they are invalid.
        fit: starts, continues or loads the run of settings in a folder.
        scores: returns the scores of a run under dotted names.

    Raises:
        InputError: an unknown setting or an invalid value, before the first run; or a folder that
            contains another run.
    """
    param, values = plan.param, plan.values
    if plan.repeats < 1:
        raise InputError(f"repeats: expected a whole number of at least 1, got {plan.repeats}")
    path = setting_path(catalogue, param)
    if not values or len(set(values)) < len(values):
        raise InputError(f"values: expected distinct values of {option(param)}")
    if layers[-1].sets_path(path):
        raise InputError(f"{layers[-1].words(path)}: the setting that is swept; leave it out")
    swept = {value: _layer(catalogue, path, value, layers[-1]) for value in values}
    seeds = [seed([*layers, layer]) for layer in swept.values()]  # checks every value
    cells = list[SweepRun]()
    for value, layer in swept.items():
        for number in range(plan.repeats):
            folder = plan.out / f"{option(param)}-{spell(value)}" / f"{number:03d}"
            settings = [*layers, Layer({"run": {"seed": seeds[0] + number}}), layer]
            cells.append(SweepRun(value, seeds[0] + number, folder, scores(fit(settings, folder))))
            plan.on_run(cells[-1])
    table = Sweep(param, tuple(cells))
    write_json(plan.out / "summary.json", table.to_dict())
    return table


def _layer(catalogue: Catalogue, path: SettingPath, value: Value, last: Layer) -> Layer:
    changes: dict[str, Any] = {}
    catalogue.put(changes, path, value)
    return Layer(changes, last.words)
