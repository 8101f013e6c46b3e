"""The audit of repeats: each run, and whether the runs are independent repeats.

A mean over repeats covers splits and seeds only if each repeat had its own: runs that continue each
other's weights, or share a seed, are one run counted many times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from graphvae.audit.audited_run import AuditedRun
from graphvae.audit.checks import Audit, Check
from graphvae.audit.runs import audit_opened
from graphvae.audit.scores import TOLERANCE, flat
from graphvae.runs.repeats import read_summary, repeat_folder, summarise
from graphvae.specs.recipe import CATALOGUE
from graphvae_data.core.errors import InputError

WARM_START_SHARE = 0.25
"""A first loss this close to another repeat's last (as a share of its descent) is implausible."""
MIN_DESCENT = 0.3
"""Minimum relative decrease of the loss for first and last losses to be distinguishable."""


def audit_repeats(path: str | Path) -> Audit:
    """Check every run of a folder of repeats, then the repeats together.

    Raises:
        InputError: not a folder of repeats, not finished, or a run that is damaged or missing.
    """
    folder = Path(path)
    summary = read_summary(folder)
    if not summary["finished"]:
        raise InputError(f"{folder}: these repeats are not finished; continue with --resume")
    folders = [repeat_folder(folder, number) for number in range(summary["repeats"])]
    runs = [AuditedRun.open(each) for each in folders]
    opened = zip(folders, runs, strict=True)
    checks = [check for each, run in opened for check in _one(each.name, run)]
    together = (
        check_means(summary, runs),
        check_settings(runs),
        check_splits(summary, runs),
        check_starts(runs),
    )
    return Audit(f"repeats {folder}", (*checks, *together))


def _one(name: str, run: AuditedRun) -> Iterator[Check]:
    """Yield the failures of one run, or one passed check if there are none."""
    audit = audit_opened(run)
    for check in audit.failures:
        yield Check(f"{name}: {check.name}", False, check.detail)
    if audit.passed:
        skipped = [check.name for check in audit.checks if check.passed is None]
        note = f"; not applicable: {', '.join(skipped)}" if skipped else ""
        yield Check(f"{name}: run", True, f"{len(audit.checks) - len(skipped)} checks{note}")


def check_means(summary: Mapping[str, Any], runs: Sequence[AuditedRun]) -> Check:
    """Means, deviations and values in `summary.json` are those of the runs' own metrics."""
    recorded = dict(flat({part: summary[part] for part in ("val", "test")}))
    parts = {p: summarise([run.metrics[p] for run in runs]) for p in ("val", "test")}
    expected = dict(flat(parts))
    missing = [name for name in ("test.auc.mean", "test.ap.mean") if name not in recorded]
    faults = [f"summary.json lacks {name}" for name in missing]
    faults += [
        f"{name} is {recorded[name]:.6f}, the runs give {expected[name]:.6f}"
        for name in recorded
        if name in expected and not abs(recorded[name] - expected[name]) <= TOLERANCE
    ]
    return Check.of(
        "means of the runs", faults[:1], f"{len(recorded)} numbers over {len(runs)} runs"
    )


def check_settings(runs: Sequence[AuditedRun]) -> Check:
    """All repeats have the same settings except for the seed, and different seeds."""
    faults = []
    first = CATALOGUE.values(runs[0].config)
    for number, run in enumerate(runs):
        other = CATALOGUE.values(run.config)
        names = first.keys() | other.keys()
        differing = sorted(n for n in names - {"seed"} if first.get(n) != other.get(n))
        faults += [
            f"{number:03d} has {name} {other.get(name)!r}, 000 {first.get(name)!r}"
            for name in differing
        ]
    seeds = [run.config.run.seed for run in runs]
    if len(set(seeds)) < len(seeds):
        faults.append(f"the seeds are {', '.join(map(str, seeds))}: one repeat is counted twice")
    return Check.of("same settings, different seeds", faults, f"seeds {seeds[0]} … {seeds[-1]}")


def check_splits(summary: Mapping[str, Any], runs: Sequence[AuditedRun]) -> Check:
    """Each repeat has its own split, unless one was passed or the benchmark has an official one."""
    name = "splits of the repeats"
    different = len({run.split.fingerprint for run in runs})
    if different == len(runs):
        return Check(name, True, f"{different} different splits")
    origin = runs[0].split.made
    counts = f"{different} split{'s' if different > 1 else ''} for {len(runs)} repeats"
    if different == 1 and (summary["fit"].get("split") is not None or origin == "official"):
        reason = "the official split" if origin == "official" else "one split was passed"
        return Check(name, True, f"{counts}: {reason}; the interval covers seeds, not splits")
    return Check(name, False, f"{counts}, and no split was passed")


def check_starts(runs: Sequence[AuditedRun]) -> Check:
    """No repeat starts from the weights of another."""
    name = "fresh starts"
    first = np.array([run.history[0].loss for run in runs], dtype=float)
    last = np.array([run.history[-1].loss for run in runs], dtype=float)
    descent = first.max() - last
    if not (descent > MIN_DESCENT * abs(first.max())).all():
        return Check.skipped(name, "the losses decrease too little to tell a first from a last one")
    faults = [
        f"{one:03d} starts at loss {first[one]:.4f}, near the final loss {last[other]:.4f} of "
        f"{other:03d}: warm start?"
        for one, other in permutations(range(len(runs)), 2)
        if first[one] - last[other] < WARM_START_SHARE * descent[other]
    ]
    lowest, ends = first.min(), f"{last.min():.4f} to {last.max():.4f}"
    return Check.of(name, faults[:1], f"first losses at least {lowest:.4f}, last losses {ends}")
