"""Audit: find leaks and errors in a split, a run or a folder of repeats.

Everything that can be recomputed is checked: pairs against the graph, scores against those of the
saved weights over a newly built adjacency, the epoch against the history, the first steps against
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
    """Audit a run, repeats, or a split file (of `graph`).

    Raises:
        InputError: the path is none of these, or a graph was passed for a run, which has its own.
    """
    target = Path(path)
    if not target.is_dir():
        return audit_split(target, graph)
    if graph is not None:
        raise InputError(
            f"dataset: a run has its own graph ({target}); pass one for a split file only"
        )
    return audit_repeats(target) if (target / "summary.json").is_file() else audit_run(target)
