"""Measure one representation by a selection of metrics.

Each metric has its own random stream, so that its result does not depend on the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from graphvae_data.core.rng import seeded
from image_vae.disentanglement import aggregate, total_correlation
from image_vae.disentanglement.choices import METRICS, NEEDS_DENSITY, Metric, check_metrics
from image_vae.disentanglement.code import Codes, point_of
from image_vae.disentanglement.metrics import dci, factor_vae, higgins, mig

DRAWN = 7
"""Index of the random stream of the metrics."""

Score = (
    higgins.Higgins
    | factor_vae.FactorVae
    | mig.Mig
    | dci.DciPair
    | total_correlation.TotalCorrelation
    | total_correlation.Information
)
"""The result of a metric."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """Sample sizes of the metrics."""

    pairs: int = higgins.PAIRS
    """L: pairs of images per vote of Higgins' metric, and images per vote of FactorVAE's."""
    votes: int = higgins.VOTES
    """Training votes of Higgins' metric and of FactorVAE's."""
    test_votes: int = higgins.TEST_VOTES
    """Test votes of both."""
    draws: int = aggregate.DRAWS
    """Codes drawn from q(z | x) for mig, tc and mi."""
    bins: int = mig.BINS
    """Bins per coordinate for mig-hist."""


def measure(
    codes: Codes,
    metrics: Iterable[str],
    *,
    seed: int,
    effort: Effort | None = None,
    on_metric: Callable[[Metric], object] = lambda metric: None,
) -> dict[Metric, Score]:
    """Measure a pool of codes.

    Args:
        codes: the pool.
        metrics: names of metrics.
        seed: seed of all draws.
        effort: the sample sizes.
        on_metric: called with each metric before it is computed.

    Raises:
        InputError: an unknown metric; a metric that needs a density, for codes without one; a
            number out of range.
    """
    run, scores = effort or Effort(), dict[Metric, Score]()
    for name in check_metrics(metrics):
        on_metric(name)
        scores[name] = _one(codes, name, seed, run)
    return scores


def _one(codes: Codes, metric: Metric, seed: int, run: Effort) -> Score:
    """Compute one metric, with its own generator."""
    needs, index = metric in NEEDS_DENSITY, METRICS.index(metric)
    device = point_of(codes.posterior).device if needs else None
    generator = seeded(seed, DRAWN, index, device=device)
    votes = {"votes": run.votes, "test_votes": run.test_votes}
    match metric:
        case "higgins":
            return higgins.higgins(codes, generator, pairs=run.pairs, **votes)
        case "factorvae":
            return factor_vae.factor_vae(codes, generator, pictures=run.pairs, **votes)
        case "mig":
            return mig.mig(codes, generator, draws=run.draws)
        case "mig-hist":
            return mig.mig_histogram(codes, bins=run.bins)
        case "dci":
            return dci.dci(codes, generator)
        case "tc":
            return total_correlation.total_correlation(codes, generator, draws=run.draws)
        case "mi":
            return total_correlation.mutual_information(codes, generator, draws=run.draws)


def numbers(metric: Metric, score: Score) -> dict[str, float | None]:
    """Return the numbers of a score by their names in a table; None if undefined.

    >>> numbers("higgins", higgins.Higgins(0.5, 0.6, 64, 2000, 1000))
    {'higgins': 0.5}
    """
    match score:
        case higgins.Higgins() | factor_vae.FactorVae():
            return {metric: score.accuracy}
        case mig.Mig():
            return {metric: score.mig}
        case dci.DciPair():
            return {
                f"dci {part} ({kind})": getattr(each, part)
                for kind, each in (("trees", score.trees), ("lasso", score.lasso))
                for part in ("disentanglement", "completeness", "informativeness")
            }
        case total_correlation.TotalCorrelation() | total_correlation.Information():
            return {metric: score.nats}


def plain(score: Score) -> dict[str, Any]:
    """Return the fields of a score without its matrices."""
    return _without_arrays(asdict(score))


def _without_arrays(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_arrays(value) if isinstance(value, dict) else value
        for name, value in fields.items()
        if not isinstance(value, np.ndarray)
    }
