"""All metrics of disentanglement of a trained model, and of the baselines it has to beat.

A pool of pictures is drawn from the whole dataset for the metrics that need the codes alone. Those
of densities (mig, tc, mi) compare each code with *all* posteriors: in a q(z) of fewer pictures,
narrow posteriors stand apart that overlap in truth, and information comes out too large, by several
nats for ten coordinates. It can be cut to fewer all the same, and the report says to how many.
Source of the baselines: Higgins et al. 2017, "β-VAE", table 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Int

from graphvae_data.core.errors import InputError
from graphvae_data.core.rng import seeded
from graphvae_data.runs import devices
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
from image_vae.training.experiment import Experiment, feed_of, untrained

ROWS, CODE = 8, 9
"""The streams of randomness for the pool, and for what each representation draws."""


@dataclass(frozen=True)
class Report:
    """What was found, by representation and by metric."""

    scores: dict[str, dict[Metric, Score]]
    """For `model` and each baseline, every metric's result. A metric that needs a density is
    missing for a baseline without one."""
    pictures: int
    """Pictures in the pool."""
    aggregate: int
    """Pictures that q(z) is of, for the metrics of densities."""
    factors: tuple[str, ...]
    """The factors that vary among them."""

    def numbers(self) -> dict[str, dict[str, float]]:
        """Return the numbers one quotes, by representation and by name."""
        return {
            name: {
                title: value
                for metric, score in found.items()
                for title, value in numbers(metric, score).items()
            }
            for name, found in self.scores.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, without the matrices of a coordinate by a factor."""
        scores = {
            name: {metric: plain(score) for metric, score in found.items()}
            for name, found in self.scores.items()
        }
        return {
            "pictures": self.pictures,
            "aggregate": self.aggregate,
            "factors": list(self.factors),
            "scores": scores,
        }


def disentanglement(
    experiment: Experiment,
    metrics: Iterable[str],
    *,
    baselines: Iterable[str] = (),
    model: bool = True,
    codes: int | None = POOL,
    aggregate: int | None = None,
    effort: Effort | None = None,
    layer: str | None = None,
    seed: int | None = None,
    tell: Callable[[str, Metric], object] = lambda name, metric: None,
) -> Report:
    """Measure a model, and baselines beside it by the same code.

    Args:
        experiment: the pictures and the trained model.
        metrics: what to measure by.
        baselines: what to measure beside the model; components are as many as its code is wide.
        model: whether the model itself is measured, or the baselines alone.
        codes: pictures in the pool, at least 2; None for the whole dataset.
        aggregate: pictures that q(z) is of, at least 2; None for the whole dataset.
        effort: how much to draw for each metric.
        layer: which latent; None for the topmost.
        seed: of all that is drawn; None for the run's.
        tell: hears which representation is measured, and by what, before each.

    Raises:
        InputError: a dataset whose factors nobody knows; an unknown name; a latent without a
            density, by a metric that needs one; a number out of range.
    """
    table = experiment.data.factors
    if table is None:
        raise InputError(
            f"metrics: {', '.join(metrics)} need a dataset with known factors, such as dsprites or "
            f"sprites-toy, and nobody knows those of {experiment.data.name}"
        )
    wanted, beside = check_metrics(metrics), check_baselines(baselines)
    used = experiment.config.run.seed if seed is None else seed
    rows = _rows("codes", codes, len(table.of_row), used)
    of_all = _rows("aggregate", aggregate, len(table.of_row), used)
    scores, names = dict[str, dict[Metric, Score]](), tuple[str, ...]()
    with devices.threads(experiment.config.run.threads):
        for name in ("model", *beside) if model else beside:
            made = _made(name, experiment, len(rows), layer, used)
            scores[name] = {}
            for asked, among in ((_plain(wanted), rows), (_dense(wanted, name), of_all)):
                if asked:
                    given = encode(made, table, among)
                    names, heard = given.names, partial(tell, name)
                    scores[name] |= measure(given, asked, seed=used, effort=effort, tell=heard)
    return Report(scores, len(rows), len(of_all), names)


def _rows(name: str, limit: int | None, count: int, seed: int) -> Int[np.ndarray, " row"]:
    if limit is not None and limit < 2:
        raise InputError(f"{name}: expected at least 2, got {limit}")
    return pool(count, limit, seeded(seed, ROWS))


def _plain(metrics: Sequence[Metric]) -> list[Metric]:
    return [metric for metric in metrics if metric not in NEEDS_DENSITY]


def _dense(metrics: Sequence[Metric], name: str) -> list[Metric]:
    """Return the metrics of densities; of none, for a baseline of points."""
    has_density = name in ("model", "untrained")
    return [metric for metric in metrics if metric in NEEDS_DENSITY and has_density]


def _made(
    name: str, experiment: Experiment, count: int, layer: str | None, seed: int
) -> Representation:
    """Make a representation by its name."""
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
