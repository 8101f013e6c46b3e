"""One representation measured by the metrics one names.

Each metric has a stream of randomness of its own, so that a number does not depend on what else
was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from graphvae_data.core.rng import seeded
from image_vae.disentanglement import aggregate, dci, factor_vae, higgins, mig, total_correlation
from image_vae.disentanglement.choices import METRICS, NEEDS_DENSITY, Metric, check_metrics
from image_vae.disentanglement.code import Codes

DRAWN = 7
"""The stream of randomness for what the metrics draw."""

Score = (
    higgins.Higgins
    | factor_vae.FactorVae
    | mig.Mig
    | dci.DciPair
    | total_correlation.TotalCorrelation
    | total_correlation.Information
)
"""What a metric found."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is drawn for each metric."""

    pairs: int = higgins.PAIRS
    """L: pairs of pictures for a vote of Higgins' metric, and pictures for one of FactorVAE's."""
    votes: int = higgins.VOTES
    """Votes to fit a classifier on, for Higgins' metric and for FactorVAE's."""
    test_votes: int = higgins.TEST_VOTES
    """Votes to score it on."""
    draws: int = aggregate.DRAWS
    """Codes drawn from q(z | x) for mig, tc and mi."""
    bins: int = mig.BINS
    """Bins of each coordinate for mig-hist."""


def measure(
    codes: Codes,
    metrics: Iterable[str],
    *,
    seed: int,
    effort: Effort | None = None,
    tell: Callable[[Metric], object] = lambda metric: None,
) -> dict[Metric, Score]:
    """Measure a pool of codes.

    Args:
        codes: the pool.
        metrics: what by.
        seed: of all that is drawn.
        effort: how much to draw.
        tell: hears of each metric before it is taken.

    Raises:
        InputError: an unknown metric; one that needs a density, of codes that have none; a number
            out of range.
    """
    run, found = effort or Effort(), dict[Metric, Score]()
    for name in check_metrics(metrics):
        tell(name)
        found[name] = _one(codes, name, seed, run)
    return found


def _one(codes: Codes, metric: Metric, seed: int, run: Effort) -> Score:
    """Take one metric, with a generator of its own."""
    needs, place = metric in NEEDS_DENSITY, METRICS.index(metric)
    device = codes.posterior.mean.device if needs else None
    generator = seeded(seed, DRAWN, place, device=device)
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


def numbers(metric: Metric, score: Score) -> dict[str, float]:
    """Return the numbers one quotes of a score, each by its name in a table.

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
    """Return the fields of a score that are numbers or names; matrices stay with the object."""
    return _without_arrays(asdict(score))


def _without_arrays(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_arrays(value) if isinstance(value, dict) else value
        for name, value in fields.items()
        if not isinstance(value, np.ndarray)
    }
