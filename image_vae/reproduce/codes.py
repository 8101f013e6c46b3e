"""Scores of disentanglement for a table: of a trained run, or of a baseline without training.

They stand in the folder of the run beside what they were measured on, and are read from there when
the same is asked for again.
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
from image_vae.results.result import FitResult
from image_vae.specs.config import ImageConfig
from image_vae.training.experiment import Experiment, prepare

FILE = "disentanglement.json"
"""Where the scores of a run are kept, in its folder."""
METRICS: tuple[Metric, ...] = ("higgins", "factorvae", "mig", "mig-hist", "dci")
"""What a row is measured by."""
TITLES = {
    "higgins": "higgins",
    "factorvae": "factorvae",
    "mig": "mig",
    "mig-hist": "mig_hist",
    "dci disentanglement (trees)": "dci",
}
"""Which of the numbers that are found a table has, and by what name."""


def code_scores(result: FitResult, *, quick: bool) -> dict[str, float]:
    """Return what a trained run scores, with R and the mean KL of its test images.

    Raises:
        InputError: a dataset whose factors nobody knows.
    """
    assert result.folder is not None
    found = _kept(result.folder / FILE, result.experiment, None, quick=quick)
    if "test" not in result.metrics:
        return found
    test = result.metrics["test"]
    return {**found, "reconstruction": test["reconstruction"], "kl": sum(test["kl"].values())}


def baseline_scores(
    config: ImageConfig, baseline: Baseline, path: Path, *, quick: bool
) -> dict[str, float]:
    """Return what a baseline scores; nothing is trained.

    Args:
        config: of the model whose place it takes: as many coordinates, the same encoder.
        baseline: which.
        path: where the scores are kept.
        quick: whether fewer images are measured.
    """
    experiment = prepare(config, load_images(config.dataset, seed=config.seed))
    return _kept(path, experiment, baseline, quick=quick)


def _kept(
    path: Path, experiment: Experiment, baseline: Baseline | None, *, quick: bool
) -> dict[str, float]:
    """Read the scores if they were measured before in the same way; else measure and keep them."""
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
        kept = read_json(path)
        if kept["about"] != about:
            raise InputError(f"{path}: holds scores of other settings; choose another --out")
        return dict(kept["scores"])
    found = disentanglement(
        experiment,
        METRICS,
        baselines=() if baseline is None else (baseline,),
        model=baseline is None,
        codes=codes,
        aggregate=aggregate,
        effort=effort,
    )
    numbers = found.numbers()[baseline or "model"]
    scores = {name: numbers[title] for title, name in TITLES.items() if title in numbers}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"about": about, "scores": scores})
    return scores
