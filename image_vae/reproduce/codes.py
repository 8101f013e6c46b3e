"""Disentanglement scores of a trained run or a baseline, for a table.

They are saved in the run folder with the settings of the measurement, and reused if the settings
are equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from graphvae_data.core.errors import InputError
from graphvae_data.images.images import load_images
from graphvae_data.runs.run_folder import read_json, write_json
from image_vae.disentanglement.choices import POOL, Baseline, Metric
from image_vae.disentanglement.measure import Effort
from image_vae.disentanglement.report import disentanglement
from image_vae.reproduce.published import QUICK_AGGREGATE, QUICK_CODES
from image_vae.results.result import ImageFitResult
from image_vae.specs.recipe import ImageConfig
from image_vae.training.experiment import ImageExperiment, prepare

FILE = "disentanglement.json"
"""The file of the scores in the run folder."""
METRICS: tuple[Metric, ...] = ("higgins", "factorvae", "mig", "mig-hist", "dci")
"""The metrics of a table row."""
TITLES = {
    "higgins": "higgins",
    "factorvae": "factorvae",
    "mig": "mig",
    "mig-hist": "mig_hist",
    "dci disentanglement (trees)": "dci",
}
"""The numbers of these metrics in a table, and their column names."""


def code_scores(result: ImageFitResult, *, quick: bool) -> dict[str, float]:
    """Return the scores of a trained run, with R and the mean KL of its test images.

    Raises:
        InputError: a dataset without known factors.
    """
    assert result.folder is not None
    scores = _cached(result.folder / FILE, result.experiment, None, quick=quick)
    if "test" not in result.metrics:
        return scores
    test = result.metrics["test"]
    return {**scores, "reconstruction": test["reconstruction"], "kl": sum(test["kl"].values())}


def baseline_scores(
    config: ImageConfig, baseline: Baseline, path: Path, *, quick: bool
) -> dict[str, float]:
    """Return the scores of a baseline, without training.

    Args:
        config: settings of the compared model, for its latent dimension and encoder.
        baseline: name of the baseline.
        path: the file of the scores.
        quick: use fewer images.
    """
    experiment = prepare(config, load_images(config.dataset, seed=config.data.split_seed))
    return _cached(path, experiment, baseline, quick=quick)


def _cached(
    path: Path, experiment: ImageExperiment, baseline: Baseline | None, *, quick: bool
) -> dict[str, float]:
    """Read the scores if they were measured with the same settings; else measure and write them."""
    effort = Effort()
    codes, aggregate = (QUICK_CODES, QUICK_AGGREGATE) if quick else (POOL, None)
    about: Mapping[str, Any] = {
        "of": baseline or "model",
        "config": experiment.config.to_dict(),
        "codes": codes,
        "aggregate": aggregate,
        "effort": asdict(effort),
    }
    if path.is_file():
        content = read_json(path)
        if content["about"] != about:
            raise InputError(f"{path}: contains scores of other settings; choose another --out")
        return dict(content["scores"])
    report = disentanglement(
        experiment,
        METRICS,
        baselines=() if baseline is None else (baseline,),
        model=baseline is None,
        codes=codes,
        aggregate=aggregate,
        effort=effort,
    )
    numbers = report.numbers()[baseline or "model"]
    scores = {
        name: number for title, name in TITLES.items() if (number := numbers.get(title)) is not None
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"about": about, "scores": scores})
    return scores
