"""The names of the metrics and baselines; light to import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from graphvae_data.core.errors import known_names

Metric = Literal["higgins", "factorvae", "mig", "mig-hist", "dci", "tc", "mi"]
METRICS: tuple[Metric, ...] = get_args(Metric)
"""Metrics of disentanglement."""
NEEDS_DENSITY: tuple[Metric, ...] = ("mig", "tc", "mi")
"""Metrics that need a density q(z | x)."""
Baseline = Literal["untrained", "pca", "ica", "pixels"]
BASELINES: tuple[Baseline, ...] = get_args(Baseline)
"""Baselines for comparison with a model."""
POOL = 10_000
"""Number of images encoded for metrics without densities."""


def check_metrics(names: Iterable[str], others: Sequence[str] = ()) -> tuple[Metric, ...]:
    """Return the names of metrics of disentanglement, each once, in the order of `METRICS`.

    Args:
        names: the chosen names.
        others: other valid names, which are omitted.

    Raises:
        InputError: a name that is neither.
    """
    chosen = known_names("metrics", names, [*others, *METRICS])
    return tuple(metric for metric in METRICS if metric in chosen)


def check_baselines(names: Iterable[str]) -> tuple[Baseline, ...]:
    """Return the names, without repeats, in order.

    Raises:
        InputError: an unknown name.
    """
    chosen = known_names("baselines", names, BASELINES)
    return tuple(each for each in BASELINES if each in chosen)
