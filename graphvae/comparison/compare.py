"""Comparison of models on the splits that all of them share.

Runs are matched by the fingerprint of their split. Over several shared splits the differences are
paired by split; on a single one they are paired by test edge, with the bootstrap.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from graphvae.comparison.paired import (
    Difference,
    bootstrap_deviation,
    paired_bootstrap,
    paired_t,
)
from graphvae.comparison.result import Basis, Comparison, ComparisonRow, compared_metric
from graphvae.evaluation.protocols import SharedNegatives
from graphvae.evaluation.scorers import model_scorer
from graphvae.metrics import find_metric, headline_metrics
from graphvae.runs.repeats import read_summary, repeat_folder
from graphvae.runs.result import load
from graphvae.runs.run_files import read_config, read_metrics
from graphvae_data.core.errors import InputError, check_name, nearest
from graphvae_data.runs.run_folder import RunFolder

Key = tuple[str, int]
"""Fingerprint of a split, and the index of the run among the runs on that split."""
ReferenceChoice = Literal["first", "best"]


@dataclass(frozen=True)
class Entrant:
    """One compared model: a run, or the runs of a folder of repeats."""

    label: str
    """Its label in the table."""
    runs: Mapping[Key, Path]
    """Its run folders by split."""
    scores: Mapping[Key, Mapping[str, float]]
    """The test metrics of each run."""
    val_edges: bool
    """Whether messages passed over validation edges when test edges were scored."""
    selected_by: str | None
    """The metric that selected the epochs of its runs, if they recorded it apart."""


def compare(
    paths: Sequence[str | Path],
    *,
    metrics: Sequence[str] | None = None,
    against: ReferenceChoice = "first",
) -> Comparison:
    """Compare runs, or folders of repeats, over the splits that all of them share.

    Args:
        paths: two folders or more.
        metrics: names of test metrics that all runs recorded, such as `mrr` or `hits@20`; by
            default AUC and AP, and the metric that selected the epoch of every run. `mrr-heart`
            is the MRR against HeaRT's negatives, recorded by runs that are selected by it.
        against: the reference of the differences: the `first` folder, or the `best` by
            `metrics[0]`.

    Raises:
        InputError: fewer than two folders, a duplicate, an unfinished run, no shared split, or a
            metric that not all runs recorded.
    """
    paths = [paths] if isinstance(paths, str | Path) else paths
    if wrong := [path for path in paths if not isinstance(path, str | Path)]:
        raise InputError(f"paths: expected folders of runs, got {type(wrong[0]).__name__}")
    check_name("against", against, get_args(ReferenceChoice))
    folders = [Path(path) for path in paths]
    if len(folders) < 2 or len({folder.resolve() for folder in folders}) < len(folders):
        raise InputError(f"compare: expected two or more different runs, got {len(folders)}")
    entrants = [
        _entrant(path, label) for path, label in zip(folders, _labels(folders), strict=True)
    ]
    keys = shared_splits(entrants)
    metrics = tuple(dict.fromkeys(_default_metrics(entrants, keys) if metrics is None else metrics))
    for metric in metrics:
        _check_metric(metric, entrants, keys)
    reference = 0
    if against == "best":
        gain = compared_metric(metrics[0])[0].gain
        reference = max(
            range(len(entrants)), key=lambda n: gain(_mean(entrants[n], metrics[0], keys))
        )
    basis: Basis = "edges" if len(keys) == 1 else "splits"
    if len(keys) > 1 and len({fingerprint for fingerprint, _ in keys}) == 1:
        basis = "seeds"
    return Comparison(
        basis=basis,
        splits=tuple(fingerprint for fingerprint, _ in keys),
        reference=entrants[reference].label,
        rows=tuple(_rows(entrants, reference, metrics, keys)),
        notes=tuple(_notes(entrants, keys)),
    )


def shared_splits(entrants: Sequence[Entrant]) -> list[Key]:
    """Return the splits shared by all; `InputError` names the splits if there is none."""
    keys = [key for key in entrants[0].runs if all(key in other.runs for other in entrants)]
    if keys:
        return keys
    listed = "; ".join(f"{e.label} on {_abbreviated([f for f, _ in e.runs])}" for e in entrants)
    raise InputError(
        f"compare: the splits differ, so scores cannot be paired: {listed}; fit on one split "
        "(--split FILE) or repeat with the same seeds"
    )


def _abbreviated(fingerprints: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(fingerprints))
    suffix = f" and {len(distinct) - 3} more" if len(distinct) > 3 else ""
    return ", ".join(f"{fingerprint[:12]}…" for fingerprint in distinct[:3]) + suffix


def _labels(folders: Sequence[Path]) -> list[str]:
    """Label each by its folder name, or by its path if names are not unique."""
    names = [_folder_label(folder.resolve()) for folder in folders]
    return names if len(set(names)) == len(names) else [str(folder) for folder in folders]


def _folder_label(folder: Path) -> str:
    """Label a run by its folder, and a repeat by its parent folder and number."""
    is_repeat = (folder.parent / "summary.json").is_file()
    return f"{folder.parent.name}/{folder.name}" if is_repeat else folder.name


def _entrant(path: Path, label: str) -> Entrant:
    folders = [RunFolder.open(run, "config.json") for run in _run_folders(path)]
    counts: Counter[str] = Counter()
    runs, scores = {}, {}
    selecting: dict[str, float] = {}
    for folder in folders:
        if not folder.metrics.is_file():
            raise InputError(f"{folder.path}: this run is not finished; continue it with --resume")
        metrics = read_metrics(folder)
        key = str(metrics["split"]), counts[str(metrics["split"])]
        counts[key[0]] += 1
        runs[key] = folder.path
        selecting = _selected_by(metrics)
        scores[key] = _numbers(metrics["test"]) | selecting
    val_edges = read_config(folders[0]).split.val_edges
    return Entrant(label, runs, scores, val_edges, next(iter(selecting), None))


def _run_folders(path: Path) -> list[Path]:
    if not (path / "summary.json").is_file():
        return [path]
    summary = read_summary(path)
    if not summary["finished"]:
        raise InputError(f"{path}: these repeats are not finished; continue them with --resume")
    return [repeat_folder(path, number) for number in range(summary["repeats"])]


def _numbers(part: object) -> dict[str, float]:
    values = part if isinstance(part, dict) else {}
    return {name: value for name, value in values.items() if isinstance(value, float)}


def _selected_by(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the test score by the metric that selected the epoch, if it was recorded apart."""
    recorded = metrics.get("benchmark")
    if recorded is None:
        return {}
    kind = recorded.get("negatives")
    return {recorded["metric"] + (f"-{kind}" if kind else ""): recorded["test"]}


def _default_metrics(entrants: Sequence[Entrant], keys: Sequence[Key]) -> list[str]:
    """Return AUC and AP and, over several splits, the metric that selected all runs."""
    headline = [metric.key for metric in headline_metrics()]
    selecting, *others = {entrant.selected_by for entrant in entrants}
    return headline if selecting is None or others or len(keys) == 1 else [*headline, selecting]


def _check_metric(metric: str, entrants: Sequence[Entrant], keys: Sequence[Key]) -> None:
    recorded = [set(entrant.scores[key]) for entrant in entrants for key in keys]
    common = [
        name for name in entrants[0].scores[keys[0]] if all(name in names for names in recorded)
    ]
    if metric not in common:
        hint, supported = nearest(metric, common), ", ".join(common)
        raise InputError(
            f"metric: expected one that all runs recorded ({supported}), got {metric!r}{hint}"
        )


def _mean(entrant: Entrant, metric: str, keys: Sequence[Key]) -> float:
    return statistics.fmean(entrant.scores[key][metric] for key in keys)


def _rows(
    entrants: Sequence[Entrant], reference: int, metrics: Sequence[str], keys: Sequence[Key]
) -> list[ComparisonRow]:
    rescored = [_score_again(e.runs[keys[0]], metrics) for e in entrants] if len(keys) == 1 else []
    rows = []
    for metric in metrics:
        for number, entrant in enumerate(entrants):
            values = [entrant.scores[key][metric] for key in keys]
            base = [entrants[reference].scores[key][metric] for key in keys]
            difference: Difference | None = None
            if number != reference and rescored:
                difference = paired_bootstrap(
                    find_metric(metric), rescored[number], rescored[reference]
                )
            elif number != reference:
                difference = paired_t(values, base)
            deviation = (
                bootstrap_deviation(find_metric(metric), rescored[number])
                if rescored
                else statistics.stdev(values)
            )
            mean = statistics.fmean(values)
            rows.append(
                ComparisonRow(metric, entrant.label, mean, deviation, tuple(values), difference)
            )
    return rows


def _score_again(run: Path, metrics: Sequence[str]) -> SharedNegatives:
    """Score the test edges of a run again, from its weights."""
    if hard := [metric for metric in metrics if compared_metric(metric)[1] is not None]:
        raise InputError(
            f"metric: {hard[0]} has negatives other than those of the split, which the bootstrap "
            "over edges does not support; compare repeats instead"
        )
    result = load(run, device="cpu")
    split = result.split
    if split.per_positive and not all(find_metric(metric).headline for metric in metrics):
        supported = " and ".join(metric.key for metric in headline_metrics())
        raise InputError(
            f"metric: {run} has negatives for each positive, for which the bootstrap over edges "
            f"supports only {supported}; compare repeats instead"
        )
    score = model_scorer(result.experiment.model, result.experiment.test_messages)
    return SharedNegatives(score(split.test), score(split.test_negatives))


def _notes(entrants: Sequence[Entrant], keys: Sequence[Key]) -> list[str]:
    """Return remarks on the rows of the table."""
    notes = [
        f"{omitted} runs of {entrant.label} omitted: their splits are not shared by all"
        for entrant in entrants
        if (omitted := len(entrant.runs) - len(keys))
    ]
    with_val = [entrant.label for entrant in entrants if entrant.val_edges]
    if with_val and len(with_val) < len(entrants):
        notes.append(f"messages pass over validation edges at test in {', '.join(with_val)} only")
    return notes
