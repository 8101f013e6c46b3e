"""Nested mappings under dotted names: the scores of a run, its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def flat_scores(metrics: Mapping[str, Any], before: str = "") -> dict[str, float]:
    """Return the scores of a run under dotted names, without times and text.

    >>> flat_scores({"test": {"elbo": -80.0, "kl": {"z": 9.0}}, "seconds": {"load": 1.0}})
    {'test.elbo': -80.0, 'test.kl.z': 9.0}
    """
    scores = dict[str, float]()
    for name, value in metrics.items():
        if isinstance(value, Mapping) and name != "seconds":
            scores |= flat_scores(value, f"{before}{name}.")
        elif before and isinstance(value, int | float):
            scores[before + name] = float(value)
    return scores


def flat_settings(settings: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return settings under dotted names; those without a value are left out.

    >>> flat_settings({"model": "vgae", "prior": {"kind": "mog", "components": 5}, "split": None})
    {'model': 'vgae', 'prior.kind': 'mog', 'prior.components': 5}
    """
    values = dict[str, Any]()
    for name, value in settings.items():
        if isinstance(value, Mapping):
            values |= flat_settings(value, f"{before}{name}.")
        elif value is not None:
            values[before + name] = value
    return values
