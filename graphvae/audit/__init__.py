"""Audit: find leaks and faults in a split, a run or a folder of repeats.

Nothing is believed that can be computed again: pairs are compared with the graph, scores with those
of the saved weights over an adjacency built anew, the epoch with the history, the first steps with
training from the stored seed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graphvae.audit.checks import Audit, Check
from graphvae.audit.repeats import audit_repeats
from graphvae.audit.runs import audit_run
from graphvae.audit.splits import audit_split
from graphvae_data.core.errors import InputError

__all__ = ["Audit", "Check", "audit", "audit_repeats", "audit_run", "audit_split"]


def audit(path: str | Path, graph: Any = None) -> Audit:
    """Audit whatever lies at a path: a run, repeats, or a split file (of `graph`).

    Raises:
        InputError: none of these is there, or a graph was given for a run, which has its own.
    """
    place = Path(path)
    if not place.is_dir():
        return audit_split(place, graph)
    if graph is not None:
        raise InputError(f"dataset: the run {place} has its graph; name one for a split file only")
    return audit_repeats(place) if (place / "summary.json").is_file() else audit_run(place)
