"""Checks that the stored seed reproduces the split and the first epochs of a run.

The first epochs are trained again, in memory, on the CPU. If the run was made on a CPU with the
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
LAST_DIGITS = 1e-5
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
            warnings.simplefilter("ignore", SplitWarning)  # told when the run was made
            again = make_split(run.config, run.graph)
    except InputError as error:
        return Check.skipped(name, f"cannot be made again: {error}")
    if again.fingerprint == split.fingerprint:
        return Check(
            name, True, f"seed {run.config.run.seed} makes {split.fingerprint[:12]}… again"
        )
    differ = (
        f"seed {run.config.run.seed} makes {again.fingerprint[:12]}…, the run has "
        f"{split.fingerprint[:12]}…"
    )
    return _given(run, name, differ)


def _given(run: AuditedRun, name: str, differ: str) -> Check:
    """Check a split that the seed does not reproduce: was it passed as a file?"""
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


def check_start(run: AuditedRun) -> Check:
    """The first epochs, trained again from the seed, reproduce the recorded losses and scores."""
    name = "determinism of the seed"
    wanted = run.history[:EPOCHS]
    if not wanted:
        return Check(name, False, "history.jsonl is empty")
    if uses_stored_states(run.config):
        lacking = "the encoder was passed as a module, which is not saved; its states are"
        return Check.skipped(name, lacking)
    try:
        found = trained_again(run, len(wanted))
    except TrainingError as error:
        return Check(name, False, f"training again fails: {error}")
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


def trained_again(run: AuditedRun, epochs: int, *, seed: int | None = None) -> list[EpochRecord]:
    """Train the first epochs from the run's settings and split, with its seed or another."""
    config = run.config if seed is None else with_seed(run.config, seed)
    with devices.threads(config.run.threads):
        trainer = prepare(config, run.graph, run.split).trainer
        return [trainer.run_epoch() for _ in range(epochs)]


def _incomparable(run: AuditedRun) -> str | None:
    """Return why identical numbers cannot be expected here; None if they can."""
    if run.device != "cpu":
        return f"the run was made on {run.device}; its bits are not a CPU's"
    made = (run.environment.get("versions") or {}).get("torch")
    try:
        here = version("torch")
    except PackageNotFoundError:  # a bare source tree
        here = None
    return None if made == here else f"the run was made with torch {made}, this is {here}"


def _warm(run: AuditedRun) -> str | None:
    """Return a message if the first loss is below that of fresh starts by 6 deviations."""
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
    """List epoch, name, recorded and new value of every number to compare."""
    return [
        (record.epoch, number, record.to_dict().get(number), again.to_dict().get(number))
        for record, again in zip(wanted, found, strict=True)
        for number in NUMBERS
    ]


def _close(recorded: Any, fresh: Any) -> bool:
    """Compare two numbers; None, the score of an epoch without validation, is close to nothing."""
    return _is(recorded) and _is(fresh) and math.isclose(recorded, fresh, rel_tol=LAST_DIGITS)


def _is(value: object) -> bool:
    return isinstance(value, int | float)
