"""Checks that the stored seed reproduces the split and the first epochs of a run.

The first epochs are trained again, in memory, on the CPU. If the run used a CPU and the
same PyTorch, every number of the history must be identical; otherwise only an implausibly good
start (weights that were already trained) can be detected.
"""

from __future__ import annotations

import math
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from graphvae.audit.audited_run import AuditedRun
from graphvae.audit.checks import Check
from graphvae.runs.stored_states import uses_stored_states
from graphvae.setup.experiment import make_split, prepare
from graphvae.specs.recipe import with_seed
from graphvae.splits.edge_split import read_split
from graphvae.splits.splitting import SplitWarning
from graphvae_data.core.errors import InputError, TrainingError
from graphvae_data.machine import devices
from graphvae_data.training.records import EpochRecord

EPOCHS = 5
"""Number of epochs that are trained again."""
ROUNDING = 1e-5
"""Relative differences below this are attributed to rounding on another processor."""
NUMBERS = ("loss", "recon", "kl", "val_auc", "val_ap", "discriminator")
DEVIATIONS = 6.0
"""A first loss this many standard deviations below fresh starts indicates a warm start."""


def check_split_seed(run: AuditedRun) -> Check:
    """The seed and the fractions in the settings reproduce the split, unless one was passed."""
    name, split = "split from the seed", run.split
    if split.made not in ("random", "temporal"):
        return Check.skipped(name, f"the split was not drawn (made: {split.made})")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SplitWarning)  # shown when the run was fitted
            redrawn = make_split(run.config, run.graph)
    except InputError as error:
        return Check.skipped(name, f"cannot be drawn again: {error}")
    if redrawn.fingerprint == split.fingerprint:
        return Check(
            name, True, f"seed {run.config.run.seed} gives {split.fingerprint[:12]}… again"
        )
    differ = (
        f"seed {run.config.run.seed} gives {redrawn.fingerprint[:12]}…, the run has "
        f"{split.fingerprint[:12]}…"
    )
    return _check_passed_split(run, name, differ)


def _check_passed_split(run: AuditedRun, name: str, differ: str) -> Check:
    """Check a split that the seed does not reproduce: was it passed to the run?"""
    command = [str(word) for word in run.environment.get("command") or []]
    file = _option(command, "--split")
    if file is None:
        if command[1:2] in (["fit"], ["reproduce"]):
            return Check(name, False, f"{differ}, and its command line has no --split")
        return Check.skipped(
            name, f"{differ}: passed from Python; compare it with the intended file"
        )
    try:
        expected = read_split(Path(file)).split.fingerprint
    except InputError:
        return Check.skipped(name, f"{differ}: passed as {file}, which is missing")
    if expected == run.split.fingerprint:
        return Check(name, True, f"passed as {file}, the same split")
    return Check.skipped(name, f"{differ}: passed as {file}, which now holds {expected[:12]}…")


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


def check_start(run: AuditedRun) -> Check:
    """The first epochs, trained again from the seed, reproduce the recorded losses and scores."""
    name = "determinism of the seed"
    recorded_epochs = run.history[:EPOCHS]
    if not recorded_epochs:
        return Check(name, False, "history.jsonl is empty")
    if uses_stored_states(run.config):
        return Check.skipped(name, "the encoder was a module, of which only the states are saved")
    try:
        repeated_epochs = trained_again(run, len(recorded_epochs))
    except TrainingError as error:
        return Check(name, False, f"training again fails: {error}")
    if reason := _incomparable_reason(run):
        warm = _warm_start(run)
        return Check(name, False, warm) if warm else Check.skipped(name, reason)
    different = [row for row in _compared(recorded_epochs, repeated_epochs) if row[2] != row[3]]
    if not different:
        seed = run.config.run.seed
        return Check(
            name,
            True,
            f"seed {seed} reproduces the first {len(recorded_epochs)} epochs bit for bit",
        )
    if all(_close(w, f) for *_, w, f in different):
        return Check.skipped(
            name, "differs in the last digits only, as on another kind of processor"
        )
    epoch, number, recorded, fresh = different[0]
    seed = run.config.run.seed
    message = f"{number} of epoch {epoch} is {recorded}; a new start with seed {seed} gives {fresh}"
    warm = _warm_start(run) or "other weights, messages, split or settings were used"
    return Check(name, False, f"{message}; {warm}")


def trained_again(run: AuditedRun, epochs: int, *, seed: int | None = None) -> list[EpochRecord]:
    """Train the first epochs from the run's settings and split, with its seed or another."""
    config = run.config if seed is None else with_seed(run.config, seed)
    with devices.computing(config.run.threads):
        trainer = prepare(config, run.graph, run.split).trainer
        return [trainer.run_epoch() for _ in range(epochs)]


def _incomparable_reason(run: AuditedRun) -> str | None:
    """Return why identical numbers cannot be expected here; None if they can."""
    if run.device != "cpu":
        return f"the run used {run.device}; its bits differ from a CPU's"
    run_version = (run.environment.get("versions") or {}).get("torch")
    try:
        this_version = version("torch")
    except PackageNotFoundError:  # a bare source tree
        this_version = None
    if run_version == this_version:
        return None
    return f"the run used torch {run_version}, this is {this_version}"


def _warm_start(run: AuditedRun) -> str | None:
    """Return a message if the first loss is below that of fresh starts by 6 deviations."""
    first, seed = run.history[0].loss, run.config.run.seed
    fresh = np.array([trained_again(run, 1, seed=seed + n)[0].loss for n in range(1, 9)])
    mean, std = float(fresh.mean()), float(fresh.std(ddof=1))
    if not _is_number(first) or not first < mean - DEVIATIONS * std:
        return None
    return (
        f"warm start? The first loss is {first:.4f}, that of fresh starts {mean:.4f} ± {std:.4f}: "
        "the initial weights were already trained"
    )


def _compared(
    recorded_epochs: tuple[EpochRecord, ...], repeated_epochs: list[EpochRecord]
) -> list[tuple[int, str, Any, Any]]:
    """List epoch, name, recorded and new value of every number to compare."""
    return [
        (record.epoch, number, record.to_dict().get(number), repeated.to_dict().get(number))
        for record, repeated in zip(recorded_epochs, repeated_epochs, strict=True)
        for number in NUMBERS
    ]


def _close(recorded: Any, fresh: Any) -> bool:
    """Compare two numbers; None, the score of an epoch without validation, is never close."""
    return (
        _is_number(recorded)
        and _is_number(fresh)
        and math.isclose(recorded, fresh, rel_tol=ROUNDING)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)
