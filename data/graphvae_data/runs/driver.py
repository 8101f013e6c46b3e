"""The driver of a run: it creates the folder, trains, scores, and writes the outcome.

It works with any `Trainer`. The caller supplies the parts of a run and the function that scores it.
The order of the files makes a killed process harmless: the new folder has all files that a
resumption needs, a checkpoint is written after the lines of history that precede it, and
`metrics.json` last.

    experiment = ...                                # a model, its data and its trainer
    with claimed(path, overwrite=False) as claim:
        folder = create_folder(claim, settings, files)
        outcome = train(experiment.trainer, score, folder, options, about)
        finish(folder, experiment.trainer, outcome.metrics, options)
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from graphvae_data.core.errors import InputError, TrainingError, WorkerLost
from graphvae_data.files.files import json_bytes, sha256_of, sync
from graphvae_data.machine.workers import Workers
from graphvae_data.runs.checkpoint import FILES, read_state, save_state
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.recorder import Recorder, digests_of, load_checkpoint
from graphvae_data.runs.results import read_records
from graphvae_data.runs.run_folder import (
    Claim,
    RunFolder,
    clear_temporary,
    environment,
    read_json,
    truncate_history,
    write_json,
)
from graphvae_data.runs.weights import save_weights
from graphvae_data.tracking.callbacks import RunStart, Watched
from graphvae_data.training.records import EpochRecord
from graphvae_data.training.trainer import Trainer


@dataclass(frozen=True)
class About:
    """What the driver reports of a run."""

    model: str
    """The name of the model, for the progress bar."""
    split: str
    """The fingerprint of the split."""
    load_seconds: float
    """Time until training began."""
    settings: Mapping[str, Any]
    """Every setting, resolved."""
    tracked: Path | None = None
    """The folder for the files of trackers; None takes the run folder."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a run."""

    metrics: Mapping[str, Any]
    """The content of `metrics.json`; empty on workers other than worker 0."""
    history: tuple[EpochRecord, ...]
    """One record per epoch."""


def create_folder(
    claim: Claim,
    settings: Mapping[str, Any],
    files: Mapping[str, Callable[[Path], None]],
    *,
    kind: str | None = None,
) -> RunFolder:
    """Create the folder of a run, complete enough to be resumed at once.

    Args:
        claim: the right to write the folder.
        settings: every setting, resolved.
        files: the first files besides settings and environment, each written by its function.
        kind: recorded in the environment, if given.

    Raises:
        InputError: the folder cannot be written.
    """
    run = settings["run"]
    about = environment() if kind is None else {**environment(), "kind": kind}
    about = {**about, "device": run["device"], "seed": run["seed"]}
    first = {"config.json": lambda target: write_json(target, settings), **files}

    def describe(target: Path) -> None:
        digests = {name: sha256_of(target.with_name(name)) for name in first}
        write_json(target, {**about, FILES: digests})

    return RunFolder.create(claim, files={**first, "environment.json": describe})


@contextmanager
def owned(folder: RunFolder | None) -> Iterator[None]:
    """Own the folder of a run, if there is one, while it is trained and written.

    Raises:
        InputError: another process is training the run.
    """
    with nullcontext() if folder is None else folder.lock():
        yield


def train(
    trainer: Trainer[Any],
    score: Callable[[], Mapping[str, Any]],
    folder: RunFolder | None,
    options: FitOptions,
    about: About,
) -> Outcome:
    """Train to the end, load the best weights and, on worker 0, score them.

    Args:
        trainer: the trainer; it continues from its state.
        score: returns the scores of the model as plain values.
        folder: where history and checkpoints are written; None keeps nothing.
        options: progress bars, checkpoints, callbacks.
        about: what is reported of the run.

    Raises:
        TrainingError: the loss became NaN or infinite; the folder keeps the best weights.
        WorkerLost: another worker ended.
    """
    path = about.tracked or (None if folder is None else folder.path)
    start = RunStart(about.model, about.settings, path)
    callbacks = options.callbacks if trainer.workers.leads else ()
    with Watched(callbacks, start) as watched:
        outcome = _train_and_score(trainer, score, folder, options, about, watched)
        watched.metrics = outcome.metrics
    return outcome


def _train_and_score(
    trainer: Trainer[Any],
    score: Callable[[], Mapping[str, Any]],
    folder: RunFolder | None,
    options: FitOptions,
    about: About,
    watched: Watched,
) -> Outcome:
    history = _train(trainer, folder, options, about.model, watched)
    trainer.load_best()
    if not trainer.workers.leads:
        return Outcome({}, history)
    start = time.perf_counter()
    scores = score()
    seconds = {
        "load": about.load_seconds,
        "train": trainer.elapsed,
        "evaluate": time.perf_counter() - start,
        "step_median": sorted(r.step_seconds for r in history)[len(history) // 2],
    }
    lengths = {"best_epoch": trainer.best.epoch, **trainer.counts}
    return Outcome({**scores, **lengths, "split": about.split, "seconds": seconds}, history)


def _train(
    trainer: Trainer[Any],
    folder: RunFolder | None,
    options: FitOptions,
    model: str,
    watched: Watched,
) -> tuple[EpochRecord, ...]:
    """Train to the end, with history and checkpoints in the folder if there is one."""
    history = list(read_records(folder)) if folder is not None else []
    for record in history:
        watched.epoch(record)
    recorder = Recorder(folder, trainer, options.checkpoint_seconds)
    with recorder, _bar(trainer, options, model) as bar:

        def on_epoch(record: EpochRecord) -> None:
            history.append(record)
            recorder.append(record.to_dict())
            bar.update(trainer.done - bar.n)
            watched.epoch(record)

        def on_step() -> None:
            bar.update(trainer.done - bar.n)
            if recorder.due:
                for record in trainer.settle():  # history first, then the checkpoint
                    on_epoch(record)
                recorder.save()

        try:
            trainer.run_to_end(on_epoch, on_step)
            recorder.save()
        except TrainingError as error:
            raise recorder.keep_best(error) from error
        except WorkerLost as error:
            raise _with_advice(error, folder, trainer.workers) from error
    return tuple(history)


def _bar(trainer: Trainer[Any], options: FitOptions, model: str) -> Any:
    """Return the progress bar; silent if stderr is not a terminal."""
    return tqdm(
        total=trainer.total,
        initial=trainer.done,
        desc=model,
        unit=trainer.unit,
        leave=False,
        disable=None if options.progress else True,
    )


def _with_advice(error: WorkerLost, folder: RunFolder | None, workers: Workers) -> WorkerLost:
    """Add how to continue the run; only worker 0 knows its folder."""
    if folder is None and workers.leads:
        return error
    path = "RUN" if folder is None else folder.path
    return WorkerLost(f"{error}; continue with `torchrun … graphvae fit --out {path} --resume`")


def finish(
    folder: RunFolder,
    trainer: Trainer[Any],
    metrics: Mapping[str, Any],
    options: FitOptions,
    write: Callable[[], object] = lambda: None,
) -> None:
    """Write the files of a finished run: the best weights, those of `write`, and `metrics.json`.

    The checkpoint is removed, unless `options` keep it: the run can then be trained further.
    """
    weights = save_weights(folder.model, trainer.best.weights, durable=True)
    write()
    sync(folder.path)
    first = {name: allowed[-1] for name, allowed in digests_of(folder).items()}
    digests = {**first, folder.history.name: sha256_of(folder.history), folder.model.name: weights}
    write_json(folder.metrics, {**metrics, FILES: digests}, durable=True)
    sync(folder.path)  # the checkpoint goes after the outcome is on the disk
    if not options.keep_checkpoint:
        folder.resume.unlink(missing_ok=True)


def check_same(folder: RunFolder, settings: Mapping[str, Any]) -> None:
    """Raise `InputError` if a run has other settings."""
    if read_json(folder.config) != settings:
        raise InputError(f"{folder.path}: contains a run with other settings; choose another --out")


def check_extensible(folder: RunFolder) -> None:
    """Raise `InputError` if a run is finished and has no checkpoint to be trained further from."""
    if folder.metrics.is_file() and not folder.resume.is_file():
        raise InputError(
            f"epochs: {folder.path} is finished and kept no checkpoint, so it cannot be trained "
            f"further; fit again with --keep-checkpoint"
        )


def restore(folder: RunFolder, trainer: Trainer[Any], settings: Mapping[str, Any]) -> None:
    """Load the last checkpoint of a run, if there is one, and prepare its folder to continue.

    Args:
        folder: the folder of the run, finished or not.
        trainer: the untrained trainer, which continues from the checkpoint.
        settings: the settings of the trainer, which may have more epochs than those of the folder.

    Raises:
        InputError: a damaged file, or a state that cannot be trained to the end of the settings;
            the folder is unchanged.
    """
    load_checkpoint(folder, trainer)
    read_records(folder)  # raises if damaged, before truncating it
    trainer.check_length(read_json(folder.config)["training"]["epochs"])
    trainer.workers.meet()  # wait until all workers have read the folder
    if not trainer.workers.leads:
        return
    _allow(folder, trainer, settings)
    folder.metrics.unlink(missing_ok=True)  # before the rest: with it the run would be finished
    write_json(folder.config, settings, durable=True)
    clear_temporary(folder.path)
    truncate_history(folder.history, trainer.epoch)


def _allow(folder: RunFolder, trainer: Trainer[Any], settings: Mapping[str, Any]) -> None:
    """Allow the checkpoint with the present and with the new settings, until the next one."""
    digest = hashlib.sha256(json_bytes(settings)).hexdigest()
    digests = digests_of(folder)
    if digest in digests[folder.config.name]:
        return
    digests[folder.config.name].append(digest)
    state = read_state(folder.resume) if folder.resume.is_file() else trainer.state_dict()
    save_state(folder.resume, {**state, FILES: digests})
    sync(folder.path)
