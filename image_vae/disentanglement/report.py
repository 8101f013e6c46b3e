"""All metrics of disentanglement of a trained model, and of baselines.

A pool of images is drawn from the whole dataset for the metrics without densities. Those with
densities (mig, tc, mi) compare each code with *all* posteriors: with fewer images in q(z), narrow
posteriors overlap less and information is overestimated, by several nats for ten coordinates. The
number of images can still be limited, and the report states it. Source of the baselines:
Higgins et al. 2017, "β-VAE", table 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Int

from graphvae_data.core.errors import InputError
from graphvae_data.core.rng import seeded
from graphvae_data.machine import devices
from image_vae.disentanglement.choices import (
    NEEDS_DENSITY,
    POOL,
    Metric,
    check_baselines,
    check_metrics,
)
from image_vae.disentanglement.code import Representation, encode, pool
from image_vae.disentanglement.measure import Effort, Score, measure, numbers, plain
from image_vae.disentanglement.representations import ica, model_code, pca, pixels
from image_vae.training.experiment import ImageExperiment, feed_of, untrained

ROWS, CODE = 8, 9
"""Indices of the random streams of the pool and of each representation."""


@dataclass(frozen=True)
class Report:
    """Scores by representation and metric."""

    scores: dict[str, dict[Metric, Score]]
    """The result of every metric for `model` and each baseline. A metric that needs a density is
    missing for a baseline without one."""
    pictures: int
    """Number of images in the pool."""
    aggregate: int
    """Number of images in q(z), for the metrics with densities."""
    factors: tuple[str, ...]
    """The factors that vary in the pool."""
    skipped: dict[str, dict[Metric, str]] = field(default_factory=dict)
    """By representation, the metrics that do not apply to it, with the reason."""

    def numbers(self) -> dict[str, dict[str, float | None]]:
        """Return the numbers of a table, by representation and name."""
        return {
            name: {
                title: value
                for metric, score in scores.items()
                for title, value in numbers(metric, score).items()
            }
            for name, scores in self.scores.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, without the coordinate-by-factor matrices."""
        scores = {
            name: {metric: plain(score) for metric, score in scores.items()}
            for name, scores in self.scores.items()
        }
        skipped = {"skipped": self.skipped} if self.skipped else {}
        return {
            "pictures": self.pictures,
            "aggregate": self.aggregate,
            "factors": list(self.factors),
            "scores": scores,
            **skipped,
        }


def disentanglement(
    experiment: ImageExperiment,
    metrics: Iterable[str],
    *,
    baselines: Iterable[str] = (),
    model: bool = True,
    codes: int | None = POOL,
    aggregate: int | None = None,
    effort: Effort | None = None,
    layer: str | None = None,
    seed: int | None = None,
    on_metric: Callable[[str, Metric], object] = lambda name, metric: None,
) -> Report:
    """Measure a model and baselines.

    Args:
        experiment: the images and the trained model.
        metrics: names of metrics.
        baselines: names of baselines, with as many components as the model's code has coordinates.
        model: whether the model is measured, or only the baselines.
        codes: images in the pool, at least 2; None for the whole dataset.
        aggregate: images in q(z), at least 2; None for the whole dataset.
        effort: the sample sizes of the metrics.
        layer: the name of the latent; None for the topmost.
        seed: seed of all draws; by default the run's.
        on_metric: called with the representation and the metric before each measurement.

    Raises:
        InputError: a dataset without known factors; an unknown name; a number out of range; only
            metrics that do not apply, such as one that needs a density, for a latent without one.
            Together with other metrics, they are skipped.
    """
    table = experiment.data.factors
    if table is None:
        raise InputError(
            f"metrics: {', '.join(metrics)} need a dataset with known factors, such as dsprites or "
            f"sprites-toy; {experiment.data.name} has none"
        )
    selected, references = check_metrics(metrics), check_baselines(baselines)
    draw_seed = experiment.config.run.seed if seed is None else seed
    rows = _rows("codes", codes, len(table.of_row), draw_seed)
    aggregate_rows = _rows("aggregate", aggregate, len(table.of_row), draw_seed)
    scores, names = dict[str, dict[Metric, Score]](), tuple[str, ...]()
    skipped = dict[str, dict[Metric, str]]()
    with devices.computing(experiment.config.run.threads):
        for name in ("model", *references) if model else references:
            representation = _representation(name, experiment, len(rows), layer, draw_seed)
            scores[name] = {}
            for chosen, pool_rows in (
                (_without_density(selected), rows),
                (_with_density(selected, name), aggregate_rows),
            ):
                if chosen:
                    encoded = encode(representation, table, pool_rows)
                    names = encoded.names
                for metric in chosen:
                    try:
                        scores[name] |= measure(
                            encoded,
                            [metric],
                            seed=draw_seed,
                            effort=effort,
                            on_metric=partial(on_metric, name),
                        )
                    except InputError as error:
                        if len(selected) == 1:
                            raise
                        skipped.setdefault(name, {})[metric] = str(error)
    return Report(scores, len(rows), len(aggregate_rows), names, skipped)


def _rows(name: str, limit: int | None, count: int, seed: int) -> Int[np.ndarray, " row"]:
    if limit is not None and limit < 2:
        raise InputError(f"{name}: expected at least 2, got {limit}")
    return pool(count, limit, seeded(seed, ROWS))


def _without_density(metrics: Sequence[Metric]) -> list[Metric]:
    return [metric for metric in metrics if metric not in NEEDS_DENSITY]


def _with_density(metrics: Sequence[Metric], name: str) -> list[Metric]:
    """Return the metrics with densities; none for a deterministic baseline."""
    has_density = name in ("model", "untrained")
    return [metric for metric in metrics if metric in NEEDS_DENSITY and has_density]


def _representation(
    name: str, experiment: ImageExperiment, count: int, layer: str | None, seed: int
) -> Representation:
    """Return a representation by its name."""
    config, data = experiment.config, experiment.data
    graph = experiment.model.graph
    if name in ("model", "untrained"):
        model = experiment.model if name == "model" else untrained(experiment)
        feed = feed_of(config, data, "whole")
        return model_code(model.eval(), feed, seeded(seed, CODE, device=model.device), layer)
    if name == "pixels":
        return pixels(data.whole, count)
    width = graph[graph.prior_order[0] if layer is None else layer].size
    components = pca if name == "pca" else ica
    return components(data.whole, width, seeded(seed, CODE))
