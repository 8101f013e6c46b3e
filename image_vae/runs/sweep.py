"""A sweep: one setting at several values, each with several seeds; a folder of runs and a table.

A sweep that was interrupted is continued by the same call: finished runs are read, a broken one
goes on from its checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from graphvae_data.core.checks import check_whole, option
from graphvae_data.core.errors import InputError, nearest
from graphvae_data.runs import devices
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.run_folder import write_json
from image_vae.disentanglement.following import following
from image_vae.results.result import FitResult
from image_vae.runs.fit import fit_or_resume
from image_vae.specs.config import ImageConfig
from image_vae.specs.recipes import SETTINGS, Settings

Value = int | float | str | tuple[int, ...]

MIG, ACROSS = "disentanglement.mig-hist", "test.reconstruction"
"""The scores that the picture shows, the first over the second."""


@dataclass(frozen=True)
class Cell:
    """One run of a sweep."""

    value: Value
    """What the setting was."""
    seed: int
    """The run's."""
    folder: Path
    """Where it is."""
    scores: Mapping[str, float]
    """Its scores, named as in `metrics.json` with dots: `test.elbo`."""


@dataclass(frozen=True)
class Line:
    """All runs of one value."""

    value: Value
    """What the setting was."""
    mean: Mapping[str, float]
    """Mean of each score over the runs."""
    std: Mapping[str, float] | None
    """Standard deviation over the runs (n − 1); None for a single run."""


@dataclass(frozen=True)
class Sweep:
    """What a sweep found."""

    param: str
    """The setting."""
    cells: tuple[Cell, ...]
    """The runs, by value and seed."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """The table: a line for each value, with the scores that all its runs have."""
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
        """Return the form that `summary.json` holds."""
        cells = [{**asdict(cell), "folder": cell.folder.as_posix()} for cell in self.cells]
        return {"param": self.param, "lines": [asdict(line) for line in self.lines], "runs": cells}


def sweep(
    images: str | PathLike[str],
    model: str = "vae",
    *,
    param: str,
    values: Sequence[Value],
    repeats: int = 1,
    out: str | Path,
    seed: int = 0,
    options: FitOptions = FitOptions(),
    tell: Callable[[Cell], object] = lambda cell: None,
    **settings: Any,
) -> Sweep:
    """Train a model at each value of a setting, `repeats` times.

    The runs are `out`/PARAM-VALUE/000, 001, …, with the seeds seed, seed + 1, …; the table is
    `out`/summary.json, and `out`/sweep.png has a point for each run, if its model bounds log p(x).

    Args:
        images: as in `fitting.fit`.
        model: the name of a recipe.
        param: the setting, a field of `recipes.Settings`.
        values: what it is set to, all different.
        repeats: runs a value.
        out: the folder; what is there of the same sweep is not run again.
        seed: of the first run of each value.
        options: progress bars, checkpoints.
        tell: hears of each run when it is done.
        **settings: any other argument of `fitting.fit`.

    Raises:
        InputError: no such setting, a value that it cannot have, or a folder that holds another
            run; a wrong value is refused before anything is run.
    """
    check_whole("repeats", repeats, 1)
    check_param(param)
    if not values or len(set(values)) < len(values) or param in settings:
        raise InputError(f"values: expected different values of {option(param)}, each once")
    shared = {name: value for name, value in settings.items() if name not in AROUND}
    for value in values:
        ImageConfig(dataset=str(images), model=model, **{**shared, param: value})
    cells = list[Cell]()
    for value in values:
        for number in range(repeats):
            folder = Path(out) / f"{option(param)}-{spell(value)}" / f"{number:03d}"
            given = {**settings, param: value, "seed": seed + number}
            result = fit_or_resume(images, model, out=folder, options=options, **given)
            cells.append(Cell(value, seed + number, folder, scores_of(result)))
            tell(cells[-1])
    found = Sweep(param, tuple(cells))
    write_json(Path(out) / "summary.json", found.to_dict())
    _draw(Path(out) / "sweep.png", found, f"{model} on {images}")
    return found


def scores_of(result: FitResult) -> dict[str, float]:
    """Return the scores of a run; where factors are known, the gap between coordinates too."""
    with devices.threads(result.config.threads):
        follows = following(result.experiment)
    gap = {} if follows is None else {MIG: follows.mig}
    return {**flat(result.metrics), **gap}


def _draw(path: Path, found: Sweep, title: str) -> None:
    """Draw reconstruction against disentanglement, or against KL where no factors are known."""
    runs = [(spell(cell.value), cell.scores) for cell in found.cells]
    if not all(ACROSS in scores for _, scores in runs):
        return
    from image_vae.disentanglement.pictures import draw_scatter  # matplotlib takes a while

    gap = MIG in runs[0][1]
    draw_scatter(
        path,
        [
            (value, scores[ACROSS], scores[MIG] if gap else _divergence(scores))
            for value, scores in runs
        ],
        param=option(found.param),
        title=title,
        across="reconstruction of test images, −log p(x | z), nats",
        up="MIG, histograms" if gap else "KL of test images, all codes, nats",
    )


def _divergence(scores: Mapping[str, float]) -> float:
    return sum(value for name, value in scores.items() if name.startswith("test.kl."))


AROUND = ("size", "device", "threads")
"""Arguments of `fit` that are not settings of a configuration, or are resolved before."""


def check_param(param: str) -> None:
    """Refuse what is no setting of a recipe; `InputError` with the nearest names."""
    if param not in SETTINGS:
        known = ", ".join(map(option, SETTINGS))
        hint = nearest(option(param), list(map(option, SETTINGS)))
        raise InputError(f"param: expected one of {known}, got {option(param)!r}{hint}")


def read_values(param: str, text: str) -> tuple[Value, ...]:
    """Read the values of a setting from text with commas between; widths have an x between.

    >>> read_values("beta", "1,2.5"), read_values("hidden", "20,400x200")
    ((1.0, 2.5), ((20,), (400, 200)))

    Raises:
        InputError: no such setting, or a value of the wrong kind.
    """
    check_param(param)
    default = getattr(Settings(), param)
    kind = int if default is None else type(default)  # a limit that is not there is a number
    readers: dict[type, Callable[[str], Value]] = {int: int, float: float, str: str, tuple: _widths}
    try:
        return tuple(readers[kind](part.strip()) for part in text.split(","))
    except ValueError as fault:
        raise InputError(
            f"values: expected values of {option(param)} with commas between, got {text!r}"
        ) from fault


def _widths(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("x"))


def spell(value: Value) -> str:
    """Return a value as `read_values` takes it.

    >>> spell(4.0), spell((400, 200))
    ('4', '400x200')
    """
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def flat(metrics: Mapping[str, Any], before: str = "") -> dict[str, float]:
    """Return the scores of a run by names with dots; no settings, times or texts.

    >>> flat({"test": {"elbo": -80.0, "kl": {"z": 9.0}}, "seconds": {"load": 1.0}})
    {'test.elbo': -80.0, 'test.kl.z': 9.0}
    """
    found = dict[str, float]()
    for name, value in metrics.items():
        if isinstance(value, Mapping) and name != "seconds":
            found |= flat(value, f"{before}{name}.")
        elif before and isinstance(value, int | float):
            found[before + name] = float(value)
    return found
