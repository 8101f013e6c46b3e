"""Repeating an experiment over splits and seeds, and what the repeats say together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn
from tqdm import tqdm

from graphvae.metrics.metrics import Interval
from graphvae.nn.pyg import describe
from graphvae.runs.fit import fit, ready, resume
from graphvae.runs.inputs import input_name
from graphvae.runs.result import FitResult
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graphfile import read_graph
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.run_folder import RunFolder, check_place, read_json, write_json
from graphvae_data.runs.workers import current


@dataclass(frozen=True)
class Summary:
    """A score over repeats."""

    mean: float
    """Mean over the repeats."""
    std: float
    """Standard deviation over the repeats (n − 1)."""
    interval: Interval
    """95 % interval of the mean, by Student's t."""
    values: tuple[float, ...]
    """One value a repeat."""

    @classmethod
    def of(cls, values: Sequence[float]) -> Summary:
        """Summarise two values or more.

        >>> Summary.of([1.0, 3.0]).mean
        2.0
        """
        if len(values) < 2:
            raise InputError(f"repeats: an interval needs at least 2 repeats, got {len(values)}")
        mean, std = float(np.mean(values)), float(np.std(values, ddof=1))
        import scipy.stats  # takes half a second

        half = float(scipy.stats.t.ppf(0.975, len(values) - 1)) * std / len(values) ** 0.5
        return cls(mean, std, Interval(mean - half, mean + half), tuple(values))

    def to_dict(self) -> dict[str, Any]:
        """Return the form that `summary.json` holds."""
        return {
            **asdict(self),
            "interval": [self.interval.low, self.interval.high],
            "values": list(self.values),
        }


def fit_repeats(
    graph: Any,
    model: str = "vgae",
    *,
    repeats: int,
    out: str | Path | None = None,
    overwrite: bool = False,
    seed: int = 0,
    options: FitOptions = FitOptions(),
    **settings: Any,
) -> dict[str, Any]:
    """Fit `repeats` times with the seeds seed, seed + 1, … and return `summary.json`'s content.

    A worker that others lead returns nothing in it.

    Each repeat has weights and noise of its own, and a split of its own unless `settings` gives one
    or the graph is a benchmark's; `splits` says how many there are. With `out` the folder holds the
    runs `000`, `001`, … and `summary.json`. Other arguments are those of `fit`.

    Raises:
        InputError: fewer than 2 repeats, or what `fit` refuses.
    """
    if repeats < 2:
        raise InputError(f"repeats: expected a whole number of at least 2, got {repeats}")

    def one(number: int) -> FitResult:
        path = None if out is None else Path(out) / f"{number:03d}"
        return fit(graph, model, out=path, seed=seed + number, options=options, **settings)

    first = one_config(graph, model, seed, settings)
    if out is not None and current().leads:
        check_place(Path(out), overwrite=overwrite)
    if out is not None:
        ready(graph, model, seed=seed, options=options, **settings)  # refuses before writing
    if out is not None and current().leads:
        begun = {"repeats": repeats, "fit": first, "finished": False}
        RunFolder.create(
            Path(out),
            overwrite=overwrite,
            files={"summary.json": lambda target: write_json(target, begun)},
        )
    return _finish(_each(one, repeats, options), first, None if out is None else Path(out))


def one_config(graph: Any, model: str, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that `fit` gets in the first repeat, as far as they are plain values."""
    name = input_name(graph)
    plain = {key: _plain(value) for key, value in settings.items()}
    return {"graph": name, "model": model, "seed": seed, **plain}


def _plain(value: Any) -> Any:
    if isinstance(value, nn.Module):
        return describe(value)
    return str(value) if isinstance(value, Path) else value


def resume_repeats(
    path: str | Path, *, encoder: nn.Module | None = None, options: FitOptions = FitOptions()
) -> dict[str, Any]:
    """Continue an interrupted `fit_repeats` from its folder, with the `encoder` it was given.

    Raises:
        InputError: not such a folder, a damaged one, or one made from a graph held in memory of
            which not every repeat was begun.
    """
    out = Path(path)
    begun = read_summary(out)
    first = dict(begun["fit"])
    name, model, seed = (first.pop(key) for key in ("graph", "model", "seed"))
    own = out / "000" / "graph.npz"
    graph = read_graph(own) if own.is_file() else name
    if first.get("encoder") != (None if encoder is None else describe(encoder)):
        raise InputError(f"encoder: expected {first.get('encoder')}, got another, or none")

    def one(number: int) -> FitResult:
        folder = out / f"{number:03d}"
        if folder.is_dir():
            return resume(folder, encoder=encoder, options=options)
        more = {**first, "encoder": encoder}
        return fit(graph, model, out=folder, seed=seed + number, options=options, **more)

    return _finish(_each(one, begun["repeats"], options), dict(begun["fit"]), out)


def read_summary(path: Path) -> dict[str, Any]:
    """Read `summary.json` of a folder of repeats; `InputError` if it is missing or damaged."""
    summary = read_json(path / "summary.json")
    held = set(summary) if isinstance(summary, dict) else set()
    needed = {"repeats", "fit", "finished"}
    if needed <= held and summary["finished"]:
        needed |= {"val", "test", "strata", "baselines"}
    if not needed <= held:
        lacks = ", ".join(sorted(needed - held))
        raise InputError(f"{path / 'summary.json'}: damaged, it lacks {lacks}; fit again")
    return dict(summary)


def _each(
    one: Callable[[int], FitResult], repeats: int, options: FitOptions
) -> list[dict[str, Any]]:
    disable = None if options.progress else True
    numbers = tqdm(range(repeats), desc="repeats", unit="run", disable=disable, leave=False)
    return [dict(one(number).metrics) for number in numbers]


def _finish(
    metrics: list[dict[str, Any]], first: dict[str, Any], out: Path | None
) -> dict[str, Any]:
    if not current().leads:
        return {}
    summary = {
        "repeats": len(metrics),
        "fit": first,
        "finished": True,
        **{part: summarise([m[part] for m in metrics]) for part in ("val", "test")},
        "strata": _summarise_nested([m["strata"] for m in metrics]),
        "baselines": _summarise_nested([m["baselines"] for m in metrics]),
        **_benchmark(metrics),
        "splits": len({m["split"] for m in metrics}),
        "seconds": summarise([m["seconds"] for m in metrics]),
    }
    if out is not None:
        write_json(out / "summary.json", summary)
    return summary


def _benchmark(metrics: list[dict[str, Any]]) -> dict[str, Any]:
    """Summarise a benchmark's own metric; nothing where there is none."""
    if "benchmark" not in metrics[0]:
        return {}
    rows = [run["benchmark"] for run in metrics]
    return {"benchmark": {"metric": rows[0]["metric"], **summarise(rows)}}


def _summarise_nested(rows: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    names = [name for name in rows[0] if all(name in row for row in rows)]
    return {name: summarise([row[name] for row in rows]) for name in names}


def summarise(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Summarise every number that all rows have."""
    names = [
        name for name in rows[0] if all(isinstance(row.get(name), int | float) for row in rows)
    ]
    return {name: Summary.of([float(row[name]) for row in rows]).to_dict() for name in names}
