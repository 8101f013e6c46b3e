"""Reproduce a published table on images; the tables are in `published`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, cast

from graphvae_data.machine import devices
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.published import PublishedTable, Row
from graphvae_data.settings.layers import Layer, keyword_layer
from image_vae.disentanglement.choices import Baseline
from image_vae.evaluation.scores import AT_ONCE
from image_vae.evaluation.surgery import model_surgery
from image_vae.reproduce.codes import baseline_scores, code_scores
from image_vae.reproduce.imagination import imagination_scores, judge_of
from image_vae.reproduce.labels_only import classifier_accuracy
from image_vae.reproduce.published import FULL_SAMPLES, QUICK_IMAGES
from image_vae.results.result import ImageFitResult
from image_vae.runs.configure import configure
from image_vae.runs.fit import fit_or_resume
from image_vae.specs.recipe import CATALOGUE


@dataclass(frozen=True)
class ReproducedRow:
    """One row of a table, published and reproduced."""

    row: Row
    """The row with its published figures."""
    obtained: dict[str, float]
    """The measured figures."""
    epochs: int
    """Epochs of the run."""
    binarize: str
    """The binarisation of its images."""
    seconds: float
    """Total training time of all runs."""
    steps: int = 0
    """Steps of a run; 0 without training."""
    spread: dict[str, float] | None = None
    """Uncertainty of each figure: its standard deviation over the runs (n − 1); over choices of
    labels, half of the 95 % interval of the mean (Student's t); for a single run, the standard
    deviation over resamples; None if unknown."""
    runs: tuple[dict[str, float], ...] = ()
    """The figures of each run, in the order of the seeds; empty without training."""
    limits: dict[str, float] | None = None
    """The figures of a perfect model, if they are below 1; None if unknown."""
    note: str = ""
    """A description of the measurement, such as the accuracy of its classifier."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        plain = asdict(self)
        del plain["row"]
        names = ("name", "dataset", "model", "settings", "published")
        return {**{name: getattr(self.row, name) for name in names}, **plain}


def obtain(
    table: PublishedTable,
    *,
    rows: Sequence[str] | None = None,
    quick: bool = False,
    out: str | Path,
    options: FitOptions = FitOptions(),
    weak_judge: bool = False,
    **run_settings: Any,
) -> Iterator[ReproducedRow]:
    """Run the rows of a table and yield them one by one.

    Args:
        table: one of `published.TABLES`.
        rows: names of rows; None for all rows, or those of the quick form.
        quick: few epochs, fewer samples, the first 500 test images.
        out: a folder; finished runs in it are loaded, interrupted ones continued.
        options: progress bars, checkpoints.
        weak_judge: score generated images even if the accuracy of the classifier is too low.
        **run_settings: `device`, `threads` and `seed`.

    Raises:
        InputError: the folder contains a run with other settings, or the accuracy of the attribute
            classifier is too low.
    """
    for row in table.rows:
        if row.name in rows if rows else row.quick or not quick:
            run_row, folder = table.quick_row(row) if quick else row, Path(out) / row.name
            if table.measure == "imagination":
                yield _imagined(run_row, folder, quick, weak_judge, options, run_settings)
            elif row.baseline is not None:
                yield _baseline(run_row, cast(Baseline, row.baseline), folder, quick, run_settings)
            else:
                yield _trained(table, run_row, folder, quick, options, run_settings)


def _trained(
    table: PublishedTable,
    row: Row,
    out: Path,
    quick: bool,
    options: FitOptions,
    run_settings: Mapping[str, Any],
) -> ReproducedRow:
    """Train and score a row with each of its seeds."""
    first = int(run_settings.get("seed", 0))
    scores, runs = list[dict[str, float]](), list[ImageFitResult]()
    count = row.seeds or table.runs(quick=quick)
    for number in range(count):
        folder = out if count == 1 else out / f"{number:03d}"
        seeds = dict.fromkeys(table.varied, first + number)
        layers = _layers(row, {**run_settings, **seeds})
        runs.append(fit_or_resume(row.dataset, row.model, layers, out=folder, options=options))
        scores.append(_measured(table, runs[-1], quick))
    metrics = runs[-1].metrics
    names = [name for name in scores[0] if all(name in each for each in scores)]
    return ReproducedRow(
        row,
        {name: fmean(each[name] for each in scores) for name in names},
        int(metrics["epochs"]),
        runs[-1].config.binarize,
        sum(float(run.metrics["seconds"]["train"]) for run in runs),
        int(metrics["steps"]),
        _spread(table, {name: [each[name] for each in scores] for name in names}),
        tuple(scores),
    )


def _imagined(
    row: Row,
    out: Path,
    quick: bool,
    weak: bool,
    options: FitOptions,
    run_settings: Mapping[str, Any],
) -> ReproducedRow:
    """Train a row and score images generated from attributes.

    The classifier is trained first, as its accuracy may be too low.
    """
    judge = judge_of(
        row.dataset,
        quick=quick,
        weak=weak,
        device=run_settings.get("device", "auto"),
        threads=int(run_settings.get("threads", 1)),
        progress=options.progress,
    )
    run = fit_or_resume(
        row.dataset, row.model, _layers(row, run_settings), out=out, options=options
    )
    scores = imagination_scores(run, judge, quick=quick)
    return ReproducedRow(
        row,
        scores.figures,
        int(run.metrics["epochs"]),
        run.config.binarize,
        float(run.metrics["seconds"]["train"]),
        int(run.metrics["steps"]),
        scores.spread,
        limits=scores.limits,
        note=judge.describe(),
    )


def _spread(
    table: PublishedTable, figures: Mapping[str, Sequence[float]]
) -> dict[str, float] | None:
    """Return the standard deviation over runs; for choices of labels, half the 95 % interval."""
    count = len(next(iter(figures.values())))
    if count < 2:
        return None
    factor = 1.0
    if table.measure == "labels":
        from scipy.stats import t  # slow to import

        factor = float(t.ppf(0.975, count - 1)) / math.sqrt(count)
    return {name: factor * stdev(values) for name, values in figures.items()}


def _layers(row: Row, run_settings: Mapping[str, Any]) -> list[Layer]:
    return [keyword_layer(CATALOGUE, row.settings), keyword_layer(CATALOGUE, run_settings)]


def _baseline(
    row: Row, baseline: Baseline, out: Path, quick: bool, run_settings: Mapping[str, Any]
) -> ReproducedRow:
    layers = _layers(row, {**run_settings, "device": "cpu"})
    config, _ = configure(row.dataset, row.model, layers)
    scores = baseline_scores(config, baseline, out / "disentanglement.json", quick=quick)
    return ReproducedRow(row, scores, 0, config.binarize, 0.0)


def _measured(table: PublishedTable, result: ImageFitResult, quick: bool) -> dict[str, float]:
    if table.measure == "surgery":
        return _surgery(result)
    if table.measure == "labels":
        return _accuracies(result)
    if table.measure == "disentanglement":
        return code_scores(result, quick=quick)
    samples, limit = (table.quick_samples, QUICK_IMAGES) if quick else (FULL_SAMPLES, None)
    nll = {"nll": result.likelihood("test", samples=samples, limit=limit).nll}
    nll |= {name: _cost(name, result) for name in table.measures[1:]}
    test = result.metrics["test"]
    if table.measure == "code":
        nll = {"bound": -test["elbo"], **nll, "kl": sum(test["kl"].values())}
    units = list(test["active_units"].items())
    if len(units) != 2:
        return {**nll, "active_units": sum(count for _, count in units)}
    return {**nll, **{f"active_units_{name.removeprefix('z')}": n for name, n in sorted(units)}}


def _accuracies(result: ImageFitResult) -> dict[str, float]:
    """Return accuracies on test images: q(y | x), importance weights, labels alone."""
    test = result.metrics["test"]
    return {
        "accuracy": test["label_accuracy"],
        "weighted": test["label_accuracy_weighted"],
        "classifier": classifier_accuracy(result),
    }


def _cost(name: str, result: ImageFitResult) -> float:
    """Return the number of parameters, or the seconds of training."""
    if name == "parameters":
        return sum(each.numel() for each in result.experiment.model.parameters())
    return float(result.metrics["seconds"]["train"])


def _surgery(result: ImageFitResult) -> dict[str, float]:
    """Return the decomposition of the divergence over the training images."""
    model, feed = result.experiment.model, result.experiment.feed("train")
    model.eval()
    batches = ({"x": images} for images in feed.in_order(AT_ONCE))
    with devices.computing(result.config.run.threads):
        parts = model_surgery(model, batches, result.generator())
    names = ("mean_kl", "mutual_information", "marginal_kl", "log_n")
    return {name: float(getattr(parts, name)) for name in names}
