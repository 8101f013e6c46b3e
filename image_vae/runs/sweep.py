"""A sweep of one setting over several values and seeds: a folder of runs and a table.

The same call resumes an interrupted sweep: finished runs are loaded, an interrupted one continues
from its checkpoint.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from inspect import signature
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, Unpack

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.core.layers import Layer, keyword_layer
from graphvae_data.core.setting_errors import Path as SettingPath
from graphvae_data.core.setting_errors import Words, plain_type
from graphvae_data.images.image_data import Irregular
from graphvae_data.runs import devices
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.run_folder import write_json
from image_vae.disentanglement.following import following
from image_vae.results.result import FitResult
from image_vae.runs.configure import configure, file_and_model
from image_vae.runs.fit import fit_or_resume
from image_vae.runs.fit_settings import ImageFitSettings
from image_vae.runs.source import Images, Source
from image_vae.specs.recipe import CATALOGUE, ImageRecipe

Value = int | float | bool | str | tuple[int, ...]

MIG, ACROSS = "disentanglement.mig-hist", "test.reconstruction"
"""The scores in the plot."""


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
    """Its scores under dotted names of `metrics.json`, such as `test.elbo`."""


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


def sweep(
    images: Images,
    model: str | ImageRecipe | None = None,
    *,
    param: str,
    values: Sequence[Value],
    repeats: int = 1,
    out: str | Path,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
    config: str | Path | None = None,
    options: FitOptions = FitOptions(),
    on_run: Callable[[SweepRun], object] = lambda cell: None,
    **settings: Unpack[ImageFitSettings],
) -> Sweep:
    """Train a model at each value of a setting, `repeats` times.

    The runs are `out`/PARAM-VALUE/000, 001, …, with the seeds seed, seed + 1, …; the table is
    `out`/summary.json, and `out`/sweep.png has the mean, the standard deviation and a point per
    run if its model has a bound on log p(x).

    Args:
        images: as in `fit`.
        model: as in `fit`.
        param: the setting: a keyword of `fit`, or a path such as `prior.df`.
        values: its values, all different.
        repeats: runs per value.
        out: the folder; finished runs of the same sweep are not repeated.
        size: as in `fit`.
        irregular: as in `fit`.
        config: as in `fit`.
        options: progress bars, checkpoints.
        on_run: called with each finished run.
        **settings: all other settings; `seed` is that of the first run of each value.

    Raises:
        InputError: an unknown setting, an invalid value, or a folder that contains another run;
            values are checked before the first run.
    """
    layers, preset = file_and_model(config, model)
    layers.append(keyword_layer(CATALOGUE, settings, signature(sweep).parameters))
    return sweep_layers(
        images,
        preset,
        layers,
        param=param,
        values=values,
        repeats=repeats,
        out=out,
        size=size,
        irregular=irregular,
        options=options,
        on_run=on_run,
    )


def sweep_layers(
    images: Images,
    model: str | ImageRecipe,
    layers: Sequence[Layer],
    *,
    param: str,
    values: Sequence[Value],
    repeats: int = 1,
    out: str | Path,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
    options: FitOptions = FitOptions(),
    on_run: Callable[[SweepRun], object] = lambda cell: None,
) -> Sweep:
    """Implement `sweep`, with the user's settings as layers: a file, then options."""
    if repeats < 1:
        raise InputError(f"repeats: expected a whole number of at least 1, got {repeats}")
    path = setting_path(param)
    if not values or len(set(values)) < len(values) or _sets(layers[-1], path):
        raise InputError(f"values: expected distinct values of {option(param)}")
    name = Source.of(images, None, size).name
    swept = {value: _layer(path, value, layers[-1].words) for value in values}
    configs = [configure(name, model, [*layers, layer])[0] for layer in swept.values()]
    first = configs[0].run.seed
    cells = list[SweepRun]()
    for value, layer in swept.items():
        for number in range(repeats):
            folder = Path(out) / f"{option(param)}-{spell(value)}" / f"{number:03d}"
            whole = [*layers, Layer({"run": {"seed": first + number}}), layer]
            how: dict[str, Any] = {"size": size, "irregular": irregular, "options": options}
            result = fit_or_resume(images, model, whole, out=folder, **how)
            cells.append(SweepRun(value, first + number, folder, scores_of(result)))
            on_run(cells[-1])
    table = Sweep(param, tuple(cells))
    write_json(Path(out) / "summary.json", table.to_dict())
    title = f"{model if isinstance(model, str) else 'custom recipe'} on {name}"
    _draw(Path(out) / "sweep.png", table, title)
    return table


def _layer(path: SettingPath, value: Value, words: Words) -> Layer:
    changes: dict[str, Any] = {}
    CATALOGUE.put(changes, path, value)
    return Layer(changes, words)


def _sets(layer: Layer, path: SettingPath) -> bool:
    """Return whether a layer sets the setting itself."""
    slot, *setting = path
    return layer.sets(slot, setting[0] if setting else "kind")


def scores_of(result: FitResult) -> dict[str, float]:
    """Return the scores of a run; with known factors, also MIG by histograms."""
    with devices.threads(result.config.run.threads):
        follows = following(result.experiment)
    gap = {} if follows is None else {MIG: follows.mig}
    return {**flat(result.metrics), **gap}


def _draw(path: Path, table: Sweep, title: str) -> None:
    """Plot disentanglement, or KL if no factors are known, and reconstruction by value."""
    if not all(ACROSS in cell.scores for cell in table.cells):
        return
    from image_vae.disentanglement.pictures import Bars, draw_bars  # slow to import

    def by_value(score: Callable[[Mapping[str, float]], float]) -> dict[str, list[float]]:
        values: dict[str, list[float]] = {}
        for cell in table.cells:
            values.setdefault(spell(cell.value), []).append(score(cell.scores))
        return values

    if all(MIG in cell.scores for cell in table.cells):
        first = Bars("MIG, histograms", by_value(lambda scores: scores[MIG]))
    else:
        first = Bars("KL of test images, all codes, nats", by_value(_divergence))
    second = Bars("−log p(x | z) of test images, nats", by_value(lambda scores: scores[ACROSS]))
    draw_bars(path, [first, second], param=option(table.param), title=title)


def _divergence(scores: Mapping[str, float]) -> float:
    return sum(value for name, value in scores.items() if name.startswith("test.kl."))


def option(name: str) -> str:
    """Return the name of a setting on the command line."""
    return name.replace("_", "-")


def setting_path(param: str) -> SettingPath:
    """Return the path of a setting.

    >>> setting_path("prior_components"), setting_path("prior.df")
    (('prior', 'components'), ('prior', 'df'))

    Raises:
        InputError: an unknown setting.
    """
    if "." in param:
        return tuple(param.replace("-", "_").split("."))
    known = [name for name, flat in CATALOGUE.flats.items() if flat.path[0] != "run"]
    if param not in known:
        hint = nearest(option(param), map(option, known))
        listed = ", ".join(map(option, known))
        raise InputError(f"param: expected one of {listed}, got {option(param)!r}{hint}")
    return CATALOGUE.flats[param].path


def read_values(param: str, text: str) -> tuple[Value, ...]:
    """Parse comma-separated values of a setting; widths are separated by x.

    >>> read_values("beta", "1,2.5"), read_values("hidden", "20,400x200")
    ((1.0, 2.5), ((20,), (400, 200)))

    Raises:
        InputError: an unknown setting, or a value of the wrong type.
    """
    path = setting_path(param)
    flat = next((each for each in CATALOGUE.flats.values() if each.path == path), None)
    read = _plain if flat is None or flat.family else _reader(plain_type(flat.field))
    try:
        return tuple(read(part.strip()) for part in text.split(","))
    except ValueError as fault:
        raise InputError(
            f"values: expected comma-separated values of {option(param)}, got {text!r}"
        ) from fault


def _reader(kind: Any) -> Callable[[str], Value]:
    if typing.get_origin(kind) is tuple:
        return _widths
    readers: dict[Any, Callable[[str], Value]] = {int: int, float: float}
    return readers.get(kind, str)


def _plain(text: str) -> Value:
    """Parse a number, true or false; else return the text."""
    try:
        value: Value = json.loads(text)
    except json.JSONDecodeError:
        return text
    return value


def _widths(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("x"))


def spell(value: Value) -> str:
    """Format a value so that `read_values` can parse it.

    >>> spell(4.0), spell((400, 200))
    ('4', '400x200')
    """
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def flat(metrics: Mapping[str, Any], before: str = "") -> dict[str, float]:
    """Return the scores of a run under dotted names, without times and text.

    >>> flat({"test": {"elbo": -80.0, "kl": {"z": 9.0}}, "seconds": {"load": 1.0}})
    {'test.elbo': -80.0, 'test.kl.z': 9.0}
    """
    scores = dict[str, float]()
    for name, value in metrics.items():
        if isinstance(value, Mapping) and name != "seconds":
            scores |= flat(value, f"{before}{name}.")
        elif before and isinstance(value, int | float):
            scores[before + name] = float(value)
    return scores
