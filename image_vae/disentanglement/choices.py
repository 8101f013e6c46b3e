"""What can be asked for: the metrics and the baselines by name; light to import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from graphvae_data.core.errors import known_names

Metric = Literal["higgins", "factorvae", "mig", "mig-hist", "dci", "tc", "mi"]
METRICS: tuple[Metric, ...] = get_args(Metric)
"""What a code can be measured by."""
NEEDS_DENSITY: tuple[Metric, ...] = ("mig", "tc", "mi")
"""Metrics of codes that have a density q(z | x)."""
Baseline = Literal["untrained", "pca", "ica", "pixels"]
BASELINES: tuple[Baseline, ...] = get_args(Baseline)
"""What a model can be measured beside."""
POOL = 10_000
"""Pictures that are encoded for metrics of the codes alone."""


def check_metrics(names: Iterable[str], others: Sequence[str] = ()) -> tuple[Metric, ...]:
    """Return those of the names that are metrics of disentanglement, each once, in order.

    Args:
        names: what was asked for.
        others: names that are known besides, and left out.

    Raises:
        InputError: a name that is neither.
    """
    given = known_names("metrics", names, [*others, *METRICS])
    return tuple(metric for metric in METRICS if metric in given)


def check_baselines(names: Iterable[str]) -> tuple[Baseline, ...]:
    """Return the names, each once, in order.

    Raises:
        InputError: one of them is not known.
    """
    given = known_names("baselines", names, BASELINES)
    return tuple(each for each in BASELINES if each in given)
