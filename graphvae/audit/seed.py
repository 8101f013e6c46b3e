"""Does the stored seed give this run again: its split, and its first steps from a fresh start?

The first epochs are trained again, in memory, on the CPU. Where the run was made on a CPU with the
same PyTorch, every number of the history must come back bit for bit; elsewhere only a start that is
implausibly good (weights that were already trained) can be told.
"""

from __future__ import annotations

import math
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from graphvae.audit.audited_run import Subject
from graphvae.audit.checks import Check
from graphvae.runs.experiment import make_split, prepare
from graphvae.specs.recipe import with_seed
from graphvae.splits.edge_split import read_split
from graphvae.training.records import EpochRecord
from graphvae_data.core.errors import InputError, TrainingError
from graphvae_data.runs import devices

EPOCHS = 5
"""How many epochs are trained again."""
LAST_DIGITS = 1e-5
"""A smaller relative difference is another processor's rounding, not another start."""
NUMBERS = ("loss", "recon", "kl", "val_auc", "val_ap", "discriminator")
DEVIATIONS = 6.0
"""A first loss this many standard deviations below those of fresh starts is a warm one's."""


def check_split_seed(run: Subject) -> Check:
    """The seed and the fractions in the settings give the split again, unless one was given."""
    name, split = "split from the seed", run.split
    if split.made not in ("random", "temporal"):
        return Check.skipped(name, f"the split was not drawn (made: {split.made})")
    try:
        again = make_split(run.config, run.graph)
    except InputError as fault:
        return Check.skipped(name, f"cannot be made again: {fault}")
    if again.fingerprint == split.fingerprint:
        return Check(
            name, True, f"seed {run.config.run.seed} makes {split.fingerprint[:12]}… again"
        )
    differ = (
        f"seed {run.config.run.seed} makes {again.fingerprint[:12]}…, the run has "
        f"{split.fingerprint[:12]}…"
    )
    return _given(run, name, differ)


def _given(run: Subject, name: str, differ: str) -> Check:
    """Judge a split that the seed does not make: was it given?"""
    command = [str(word) for word in run.environment.get("command") or []]
    file = _option(command, "--split")
    if file is None:
        if command[1:2] in (["fit"], ["reproduce"]):
            return Check(name, False, f"{differ}, and the command that made it gave no --split")
        return Check.skipped(name, f"{differ}: given from Python; compare it with the file meant")
    try:
        meant = read_split(Path(file)).split.fingerprint
    except InputError:
        return Check.skipped(name, f"{differ}: given as {file}, which is not there to compare")
    if meant == run.split.fingerprint:
        return Check(name, True, f"given as {file}, which is this split")
    return Check.skipped(name, f"{differ}: given as {file}, which now holds {meant[:12]}…")


def _option(command: list[str], name: str) -> str | None:
    """Return the value of an option in a command line.

    >>> _option(["graphvae", "fit", "--split=a.npz"], "--split")
    'a.npz'
    """
    for word, following in zip(command, [*command[1:], ""], strict=True):
        if word == name:
            return following
        if word.startswith(f"{name}="):
            return word.removeprefix(f"{name}=")
    return None


def check_start(run: Subject) -> Check:
    """The first epochs, trained again from the seed, give the recorded losses and scores."""
    name = "determinism of the seed"
    wanted = run.history[:EPOCHS]
    if not wanted:
        return Check(name, False, "history.jsonl is empty")
    try:
        found = trained_again(run, len(wanted))
    except TrainingError as fault:
        return Check(name, False, f"training again fails: {fault}")
    if why := _incomparable(run):
        warm = _warm(run)
        return Check(name, False, warm) if warm else Check.skipped(name, why)
    different = [place for place in _places(wanted, found) if place[2] != place[3]]
    if not different:
        seed = run.config.run.seed
        return Check(
            name, True, f"seed {seed} gives the first {len(wanted)} epochs again, bit for bit"
        )
    if all(_close(w, f) for _, _, w, f in different):
        return Check.skipped(name, "differs in the last digits only: another kind of processor")
    epoch, number, recorded, fresh = different[0]
    seed = run.config.run.seed
    said = f"{number} of epoch {epoch} is {recorded}, from a fresh start with seed {seed}"
    warm = _warm(run) or "other weights, messages, split or settings were used"
    return Check(name, False, f"{said} it is {fresh}; {warm}")


def trained_again(run: Subject, epochs: int, *, seed: int | None = None) -> list[EpochRecord]:
    """Train the first epochs from the run's settings and split, with its seed or another."""
    config = run.config if seed is None else with_seed(run.config, seed)
    with devices.threads(config.run.threads):
        trainer = prepare(config, run.graph, run.split).trainer
        return [trainer.run_epoch() for _ in range(epochs)]


def _incomparable(run: Subject) -> str | None:
    """Say why bits cannot be expected to come back here; None if they can."""
    if run.device != "cpu":
        return f"the run was made on {run.device}; its bits are not a CPU's"
    made = (run.environment.get("versions") or {}).get("torch")
    try:
        here = version("torch")
    except PackageNotFoundError:  # a bare source tree
        here = None
    return None if made == here else f"the run was made with torch {made}, this is {here}"


def _warm(run: Subject) -> str | None:
    """Tell of a first loss below what fresh starts with other seeds give, mean − 6 deviations."""
    first, seed = run.history[0].loss, run.config.run.seed
    fresh = np.array([trained_again(run, 1, seed=seed + n)[0].loss for n in range(1, 9)])
    mean, std = float(fresh.mean()), float(fresh.std(ddof=1))
    if not _is(first) or not first < mean - DEVIATIONS * std:
        return None
    return (
        f"warm start? The first loss is {first:.4f}, that of fresh starts {mean:.4f} ± {std:.4f}: "
        "these weights were trained before"
    )


def _places(
    wanted: tuple[EpochRecord, ...], found: list[EpochRecord]
) -> list[tuple[int, str, Any, Any]]:
    """List epoch, name, recorded and new value of every number that must come back."""
    return [
        (record.epoch, number, getattr(record, number), getattr(again, number))
        for record, again in zip(wanted, found, strict=True)
        for number in NUMBERS
    ]


def _close(recorded: Any, fresh: Any) -> bool:
    """An epoch that was not validated has None for its scores, which is near to no number."""
    return _is(recorded) and _is(fresh) and math.isclose(recorded, fresh, rel_tol=LAST_DIGITS)


def _is(value: object) -> bool:
    return isinstance(value, int | float)
