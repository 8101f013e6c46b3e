"""Repeats of an experiment over splits and seeds, with summary statistics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from inspect import signature
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from tqdm import tqdm

from graphvae.metrics.intervals import Interval
from graphvae.runs.fit import fit_layers, ready, resume_run
from graphvae.runs.result import GraphFitResult
from graphvae.setup.configure import file_and_model, rebuild_config
from graphvae.setup.fit_settings import FitSettings
from graphvae.setup.inputs import READING, input_name, is_directed, with_reading
from graphvae.specs.recipe import CATALOGUE, GraphRecipe
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graphfile import read_graph
from graphvae_data.machine.workers import current
from graphvae_data.runs.driver import owned
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.run_folder import Claim, RunFolder, claimed, read_json, write_json
from graphvae_data.settings.layers import Layer, keyword_layer


@dataclass(frozen=True)
class Summary:
    """Summary of a score over repeats."""

    mean: float
    """Mean over the repeats."""
    std: float
    """Standard deviation over the repeats (n − 1)."""
    interval: Interval
    """95 % interval of the mean, by Student's t."""
    values: tuple[float, ...]
    """One value per repeat."""

    @classmethod
    def of(cls, values: Sequence[float]) -> Summary:
        """Summarise at least two values.

        >>> Summary.of([1.0, 3.0]).mean
        2.0
        """
        if len(values) < 2:
            raise InputError(f"repeats: an interval needs at least 2 repeats, got {len(values)}")
        mean, std = float(np.mean(values)), float(np.std(values, ddof=1))
        import scipy.stats  # slow import

        half = float(scipy.stats.t.ppf(0.975, len(values) - 1)) * std / len(values) ** 0.5
        return cls(mean, std, Interval(mean - half, mean + half, "Student's t"), tuple(values))

    def to_dict(self) -> dict[str, Any]:
        """Return the form stored in `summary.json`."""
        return {
            **asdict(self),
            "interval": [self.interval.low, self.interval.high],
            "values": list(self.values),
        }


def fit_repeats(
    graph: Any,
    model: str | GraphRecipe | None = None,
    *,
    repeats: int,
    out: str | Path | None = None,
    overwrite: bool = False,
    split: EdgeSplit | str | Path | None = None,
    config: str | Path | None = None,
    options: FitOptions = FitOptions(),
    **settings: Unpack[FitSettings],
) -> dict[str, Any]:
    """Fit `repeats` times with the seeds seed, seed + 1, … and return a summary.

    Repeats differ in weights and noise, and in the split unless `split` is set or the graph is a
    benchmark; `splits` counts the different splits. With `out` the folder holds the runs `000`,
    `001`, … and the summary as `summary.json`. Other arguments are those of `fit`. Workers other
    than worker 0 return an empty mapping.

    Raises:
        InputError: fewer than 2 repeats, or anything that `fit` rejects.
    """
    graph, others = with_reading(graph, settings)
    layers, preset = file_and_model(config, model, directed=is_directed(graph))
    layers.append(keyword_layer(CATALOGUE, others, (*signature(fit_repeats).parameters, *READING)))
    return fit_repeats_layers(
        graph,
        preset,
        layers,
        repeats=repeats,
        out=out,
        overwrite=overwrite,
        split=split,
        options=options,
    )


def fit_repeats_layers(
    graph: Any,
    model: str | GraphRecipe,
    layers: Sequence[Layer],
    *,
    repeats: int,
    out: str | Path | Claim | None = None,
    overwrite: bool = False,
    split: EdgeSplit | str | Path | None = None,
    options: FitOptions = FitOptions(),
) -> dict[str, Any]:
    """Implement `fit_repeats`, with the user's settings as layers."""
    if repeats < 2:
        raise InputError(f"repeats: expected a whole number of at least 2, got {repeats}")
    with ExitStack() as stack:
        claim = None
        if out is not None and current().leads:
            where = out if isinstance(out, Claim) else Path(out)
            claim = stack.enter_context(claimed(where, overwrite=overwrite))
        return _fit_claimed(graph, model, layers, repeats, claim, split=split, options=options)


def _fit_claimed(
    graph: Any,
    model: str | GraphRecipe,
    layers: Sequence[Layer],
    repeats: int,
    claim: Claim | None,
    *,
    split: EdgeSplit | str | Path | None,
    options: FitOptions,
) -> dict[str, Any]:
    """Fit repeatedly, in the folder claimed by this process, if any."""
    # Check everything before anything is written.
    first = ready(graph, model, layers, split=split, options=replace(options, announce=_silent))
    description = {
        "graph": input_name(graph),
        "split": None
        if split is None
        else str(split)
        if isinstance(split, str | Path)
        else "given",
        "settings": first.config.to_dict(),
    }
    out = None
    if claim is not None:
        unfinished = {"repeats": repeats, "fit": description, "finished": False}
        files = {"summary.json": lambda target: write_json(target, unfinished)}
        out = RunFolder.create(claim, files=files).path
    seed = first.config.run.seed
    del first  # frees the model and the graph

    def fit_one(number: int) -> GraphFitResult:
        path = None if out is None else repeat_folder(out, number)
        seeded = [*layers, Layer({"run": {"seed": seed + number}}, layers[-1].words)]
        return fit_layers(graph, model, seeded, out=path, split=split, options=options)

    return _finish(_each(fit_one, repeats, options), description, out)


def _silent(line: str) -> None:
    """Drop an announcement, as the first run makes the same ones."""


def resume_repeats(
    path: str | Path, *, options: FitOptions = FitOptions(), **parts: object
) -> dict[str, Any]:
    """Continue an interrupted `fit_repeats` from its folder.

    Args:
        path: the folder.
        options: progress bars, checkpoints.
        **parts: parts that cannot be imported, by slot, such as `encoder=module`.

    Raises:
        InputError: not a folder of repeats; a damaged one; a graph or split that was in memory,
            if some repeats had not started; or a part that is missing or different.
    """
    read_summary(Path(path))  # raises if there are no repeats
    with owned(RunFolder(Path(path)) if current().leads else None):
        return _resume_owned(Path(path), options, parts)


def _resume_owned(out: Path, options: FitOptions, parts: Mapping[str, object]) -> dict[str, Any]:
    """Continue the repeats in a folder that this process has locked."""
    unfinished = read_summary(out)
    description = dict(unfinished["fit"])
    config = rebuild_config(description["settings"], parts)
    graph_file = repeat_folder(out, 0) / "graph.npz"
    graph = read_graph(graph_file) if graph_file.is_file() else description["graph"]
    settings = {name: getattr(config, name) for name in type(config).model_fields}

    def fit_one(number: int) -> GraphFitResult:
        folder = repeat_folder(out, number)
        if folder.is_dir():
            return resume_run(folder, options=options, parts=parts)
        layers = [Layer(settings), Layer({"run": {"seed": config.run.seed + number}})]
        return fit_layers(
            graph, config.model, layers, out=folder, split=description["split"], options=options
        )

    return _finish(_each(fit_one, unfinished["repeats"], options), description, out)


def repeat_folder(path: Path, number: int) -> Path:
    """Return the folder of a run, counted from 0, of a folder of repeats."""
    return path / f"{number:03d}"


def read_summary(path: Path) -> dict[str, Any]:
    """Read `summary.json` of a folder of repeats; `InputError` if it is missing or damaged."""
    summary = read_json(path / "summary.json")
    keys = set(summary) if isinstance(summary, dict) else set()
    if "param" in keys:
        inside = next((each for each in sorted(path.glob("*/000"))), path)
        raise InputError(
            f"{path}: a sweep of {summary['param']}; choose a run in it, such as {inside}"
        )
    needed = {"repeats", "fit", "finished"}
    if needed <= keys and summary["finished"]:
        needed |= {"val", "test", "strata", "baselines"}
    if not needed <= keys:
        missing = ", ".join(sorted(needed - keys))
        raise InputError(f"{path / 'summary.json'}: damaged, it lacks {missing}; fit again")
    return dict(summary)


def _each(
    fit_one: Callable[[int], GraphFitResult], repeats: int, options: FitOptions
) -> list[dict[str, Any]]:
    disable = None if options.progress else True
    numbers = tqdm(range(repeats), desc="repeats", unit="run", disable=disable, leave=False)
    return [dict(fit_one(number).metrics) for number in numbers]


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
    """Summarise the official metric of a benchmark, if there is one."""
    if "benchmark" not in metrics[0]:
        return {}
    rows = [run["benchmark"] for run in metrics]
    about = {name: rows[0][name] for name in ("metric", "negatives") if name in rows[0]}
    return {"benchmark": {**about, **summarise(rows)}}


def _summarise_nested(rows: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    names = [name for name in rows[0] if all(name in row for row in rows)]
    return {name: summarise([row[name] for row in rows]) for name in names}


def summarise(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Summarise every number that all rows have."""
    names = [
        name for name in rows[0] if all(isinstance(row.get(name), int | float) for row in rows)
    ]
    return {name: Summary.of([float(row[name]) for row in rows]).to_dict() for name in names}
