"""Reproduce a published table on images; the tables are in `published`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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
from image_vae.reproduce.published import FULL_SAMPLES, QUICK_IMAGES, QUICK_SAMPLES
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
    """Standard deviation of each figure over the runs (n − 1), or for a single run over resamples
    of what was measured; None if it is not known."""
    limits: dict[str, float] | None = None
    """What a perfect model reaches, of figures that cannot reach 1; None if it is not known."""
    note: str = ""
    """What it was measured by, if that matters."""

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
    **around: Any,
) -> Iterator[ReproducedRow]:
    """Run the rows of a table and yield them one by one.

    Args:
        table: one of `published.TABLES`.
        rows: their names; None for all rows, or those of the quick form.
        quick: few epochs, 1,000 samples, the first 500 test images.
        out: a folder; finished runs in it are loaded, interrupted ones continued.
        options: progress bars, checkpoints.
        weak_judge: measure imagined images even by a classifier that is not good enough.
        **around: `device`, `threads` and `seed`.

    Raises:
        InputError: the folder contains a run with other settings; a classifier of imagined images
            that is not good enough.
    """
    for row in table.rows:
        if row.name in rows if rows else row.quick or not quick:
            chosen = _quick(table, row) if quick else row
            if table.measure == "imagination":
                folder = Path(out) / row.name
                yield _imagined(chosen, folder, quick, weak_judge, options, around)
            elif row.baseline is not None:
                yield _baseline(
                    chosen, cast(Baseline, row.baseline), Path(out) / row.name, quick, around
                )
            else:
                yield _trained(table, chosen, Path(out) / row.name, quick, options, around)


def _trained(
    table: PublishedTable,
    row: Row,
    out: Path,
    quick: bool,
    options: FitOptions,
    around: Mapping[str, Any],
) -> ReproducedRow:
    """Train a row with each of its seeds and measure it."""
    first = int(around.get("seed", 0))
    scores, runs = list[dict[str, float]](), list[ImageFitResult]()
    for number in range(table.seeds):
        folder = out if table.seeds == 1 else out / f"{number:03d}"
        layers = _layers(row, {**around, "seed": first + number})
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
        {name: stdev(each[name] for each in scores) for name in names} if runs[1:] else None,
    )


def _quick(table: PublishedTable, row: Row) -> Row:
    """Return a row with the settings and images of the quick form."""
    dataset = table.quick_datasets.get(row.dataset, row.dataset)
    return replace(row, dataset=dataset, settings={**row.settings, **table.quick})


def _imagined(
    row: Row,
    out: Path,
    quick: bool,
    weak: bool,
    options: FitOptions,
    around: Mapping[str, Any],
) -> ReproducedRow:
    """Train a row and measure what it imagines; the judge comes first, as it may refuse."""
    judge = judge_of(
        row.dataset,
        quick=quick,
        weak=weak,
        device=around.get("device", "auto"),
        threads=int(around.get("threads", 1)),
        progress=options.progress,
    )
    run = fit_or_resume(row.dataset, row.model, _layers(row, around), out=out, options=options)
    scores = imagination_scores(run, judge, quick=quick)
    return ReproducedRow(
        row,
        scores.figures,
        int(run.metrics["epochs"]),
        run.config.binarize,
        float(run.metrics["seconds"]["train"]),
        int(run.metrics["steps"]),
        scores.spread,
        scores.limits,
        judge.describe(),
    )


def _layers(row: Row, around: Mapping[str, Any]) -> list[Layer]:
    return [keyword_layer(CATALOGUE, row.settings), keyword_layer(CATALOGUE, around)]


def _baseline(
    row: Row, baseline: Baseline, out: Path, quick: bool, around: Mapping[str, Any]
) -> ReproducedRow:
    layers = _layers(row, {**around, "device": "cpu"})
    config, _ = configure(row.dataset, row.model, layers)
    scores = baseline_scores(config, baseline, out / "disentanglement.json", quick=quick)
    return ReproducedRow(row, scores, 0, config.binarize, 0.0)


def _measured(table: PublishedTable, result: ImageFitResult, quick: bool) -> dict[str, float]:
    if table.measure == "surgery":
        return _surgery(result)
    if table.measure == "disentanglement":
        return code_scores(result, quick=quick)
    samples, limit = (QUICK_SAMPLES, QUICK_IMAGES) if quick else (FULL_SAMPLES, None)
    nll = {"nll": result.likelihood("test", samples=samples, limit=limit).nll}
    units = list(result.metrics["test"]["active_units"].items())
    if len(units) == 1:
        return {**nll, "active_units": units[0][1]}
    return {**nll, **{f"active_units_{name.removeprefix('z')}": n for name, n in sorted(units)}}


def _surgery(result: ImageFitResult) -> dict[str, float]:
    """Return the decomposition of the divergence over the training images."""
    model, feed = result.experiment.model, result.experiment.feed("train")
    model.eval()
    batches = ({"x": images} for images in feed.in_order(AT_ONCE))
    with devices.threads(result.config.run.threads):
        parts = model_surgery(model, batches, result.generator())
    names = ("mean_kl", "mutual_information", "marginal_kl", "log_n")
    return {name: float(getattr(parts, name)) for name in names}
