"""Values of metrics with their intervals, for positives against negatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphvae.metrics.intervals import Interval
from graphvae.metrics.metric import BOOTSTRAP


@dataclass(frozen=True)
class Value:
    """The value of a metric."""

    value: float
    """The value."""
    interval: Interval | None = None
    """Its 95 % interval over edges; None if not computed."""


@dataclass(frozen=True)
class Scores:
    """Metrics of one set of positives against negatives."""

    values: Mapping[str, Value]
    """Values by metric key."""
    positives: int
    """Number of edges."""
    negatives: int
    """Number of non-edges."""

    def __getitem__(self, key: str) -> float:
        """Return the value of a metric."""
        return self.values[key].value

    def to_dict(self) -> dict[str, Any]:
        """Return plain values: each metric, and each interval as `<metric>_interval`.

        `<metric>_interval_method` names the method, unless it is the bootstrap.
        """
        plain: dict[str, Any] = {}
        for key, value in self.values.items():
            plain[key] = value.value
            if value.interval is not None:
                plain[f"{key}_interval"] = [value.interval.low, value.interval.high]
                if value.interval.method != BOOTSTRAP:
                    plain[f"{key}_interval_method"] = value.interval.method
        return plain | {"positives": self.positives, "negatives": self.negatives}
