"""The audit of one finished run: its split, its scores, its selection, its seed."""

from __future__ import annotations

from pathlib import Path

from graphvae.audit.audited_run import AuditedRun
from graphvae.audit.checks import Audit, Check
from graphvae.audit.files import check_run_files
from graphvae.audit.refit import NAME as REFIT
from graphvae.audit.refit import check_refit
from graphvae.audit.scores import check_messages, check_metrics
from graphvae.audit.seed import check_split_seed, check_start
from graphvae.audit.selection import NAME, check_selection, check_trials
from graphvae.audit.splits import check_fingerprint, split_checks
from graphvae.splits.edge_split import same_sides
from graphvae_data.core.errors import InputError
from graphvae_data.machine import devices
from graphvae_data.runs.run_folder import RunFolder

WEIGHT_CHECKS = {
    "messages over allowed edges only": check_messages,
    "metrics recomputed": check_metrics,
    NAME: check_selection,
    "split from the seed": check_split_seed,
    "determinism of the seed": check_start,
}
"""Checks that require a model which fits its graph and split."""


def audit_run(path: str | Path) -> Audit:
    """Check a finished run; everything that can be recomputed is.

    If files were changed so that the run cannot be opened, that is the only check.

    Raises:
        InputError: not a run folder, not finished, or `metrics.json` too damaged to check.
    """
    path = Path(path)
    try:
        return audit_opened(AuditedRun.open(path))
    except InputError:
        if not (path / "metrics.json").is_file():
            raise
        files = check_run_files(RunFolder.open(path))
        if files.passed is not False:
            raise
        return Audit(f"run {path}", (files,))


def audit_opened(run: AuditedRun) -> Audit:
    """Check an opened run."""
    with devices.computing(run.config.run.threads):
        fingerprint = check_fingerprint(run.stored, run.graph, str(run.metrics["split"]))
        pairs = split_checks(run.split, run.graph)
        files = check_run_files(run.folder)
        checks = (files, fingerprint, *pairs, *_weight_checks(run, pairs))
    return Audit(f"run {run.folder.path}", checks)


def _weight_checks(run: AuditedRun, pairs: tuple[Check, ...]) -> tuple[Check, ...]:
    checks = WEIGHT_CHECKS | ({REFIT: check_refit} if run.config.split.refit else {})
    reason = None
    if run.graph.fingerprint != run.split.graph:
        reason = "the split was made from another graph"
    elif not same_sides(run.split.sides, run.graph.sides):
        reason = "the split was made for other sides of a bipartite graph"
    elif not all(c.passed for c in pairs if c.name in ("well-formed pairs", "sizes")):
        reason = "the split is not well-formed"
    if reason is not None:
        return tuple(Check.skipped(name, reason) for name in checks)
    results = tuple(check(run) for check in checks.values())
    return (*results, check_trials(run)) if run.config.trials else results
