"""The trials of a search in an Optuna study, stored in SQLite and shared by several processes.

A process holds a lock on a folder of its own while it works. A trial that is marked as running and
whose process is gone, because it was killed, is tried again with the same values, or chosen anew if
not all of them were chosen. The seed of the sampler depends on the number of trials only, finished
and running, so that a search by one process continues after a kill as if it had not been
interrupted, and no two processes draw the same values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from graphvae_data.core.errors import InputError
from graphvae_data.core.imports import optional
from graphvae_data.files.locks import FolderLock, InUse
from graphvae_data.settings.search import Choices, Space
from graphvae_data.settings.values import spell

if TYPE_CHECKING:
    import optuna

STORAGE = "study.db"
"""The SQLite file of a study, in its folder."""
WORKERS = ".workers"
"""The folder of the locked folders of the running processes."""
PATIENCE = 120.0
"""Seconds to wait for another process, which takes its next trial."""
RANDOM_TRIALS = 10
"""Trials with random values, before values are chosen by the scores so far."""
UNPRUNED, EARLIEST = 5, 4
"""Finished trials before any is pruned; the first report at which a trial may be."""
REPORTS = 20
"""Validation scores that a trial reports, evenly spaced over its run."""

State = Literal["complete", "pruned", "running"]


class Pruned(Exception):
    """A trial is ended because others scored better after the same share of a run."""


@dataclass(frozen=True)
class Trial:
    """One trial of a study."""

    number: int
    """Its number, from 0."""
    state: State
    """`pruned` too if its settings could not be used or its loss became infinite."""
    score: float | None
    """Its best validation score; None if it has none."""
    model: str
    """The model."""
    settings: Mapping[str, Any]
    """The chosen values by name."""
    parameters: Mapping[str, Any]
    """The values in the form in which the study stores them."""
    seconds: float
    """Wall time."""
    note: str = ""
    """Why it was ended early."""


class OpenTrial:
    """A trial in progress.

    Args:
        trial: the trial of the study.
    """

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial, self._step = trial, 0

    @property
    def number(self) -> int:
        """Its number."""
        return int(self._trial.number)

    def suggest(self, name: str, space: Space, start: Any) -> Any:
        """Return a value of a space."""
        if isinstance(space, Choices):
            texts = [spell(value) for value in space.values]
            return space.values[texts.index(self._trial.suggest_categorical(name, texts))]
        if isinstance(space.low, int) and isinstance(space.high, int):
            step = space.step or 1
            low, high = -(-space.low // step), space.high // step
            return step * self._trial.suggest_int(name, low, high, log=space.log)
        return self._trial.suggest_float(name, space.low, space.high, log=space.log)

    def record(self, **attributes: Any) -> None:
        """Store attributes of the trial."""
        for name, value in attributes.items():
            self._trial.set_user_attr(name, value)

    def report(self, score: float, share: float) -> None:
        """Report the best score after a share of the run.

        Raises:
            Pruned: others scored better after the same share.
        """
        step = math.floor(REPORTS * share)
        if step <= self._step:
            return
        self._step = step
        self._trial.report(score, step)
        if self._trial.should_prune():
            raise Pruned(f"after {share:.0%} of the run")


class Study:
    """A study in a folder; see `opened`.

    Args:
        study: the study.
        folder: its folder.
        worker: the locked folder of this process.
        seed: the seed of the sampler.
    """

    def __init__(self, study: optuna.Study, folder: Path, worker: Path, seed: int) -> None:
        self._study, self._folder, self._worker, self._seed = study, folder, worker, seed

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from taking a trial inside the block."""
        lock = FolderLock(self._folder, PATIENCE)
        try:
            yield
        finally:
            lock.release()

    def begin(self, starts: Sequence[Mapping[str, Any]]) -> None:
        """Put the first trials into an empty study."""
        with self.alone():
            if not self._study.get_trials(deepcopy=False):
                for parameters in starts:
                    self._study.enqueue_trial(dict(parameters))

    def take(self, most: int) -> OpenTrial | None:
        """Take the next trial; None if there are `most`, finished or in progress.

        Trials of processes that were killed are queued again.
        """
        optuna: Any = optional("optuna", "tune", "tune")
        with self.alone():
            self._retry_lost()
            begun = len(self.trials())
            if begun >= most:
                return None
            self._study.sampler = optuna.samplers.TPESampler(
                seed=(self._seed * 1_000_003 + begun) % 2**32,
                n_startup_trials=RANDOM_TRIALS,
                constant_liar=True,
            )
            trial = self._study.ask()
            trial.set_user_attr("worker", self._worker.name)
            return OpenTrial(trial)

    def tell(self, trial: OpenTrial, score: float | None) -> None:
        """Finish a trial; without a score it counts as pruned."""
        optuna: Any = optional("optuna", "tune", "tune")
        states = optuna.trial.TrialState
        if score is None:
            self._study.tell(trial.number, state=states.PRUNED)
        else:
            self._study.tell(trial.number, score)

    def trials(self) -> tuple[Trial, ...]:
        """Return the trials, finished and running, by number."""
        stored = self._study.get_trials(deepcopy=False)
        wanted = {"COMPLETE", "PRUNED", "RUNNING"}
        return tuple(_trial(each) for each in stored if each.state.name in wanted)

    @property
    def busy(self) -> bool:
        """Whether a process is still at work on a trial."""
        with self.alone():
            self._retry_lost()
            return any(each.state == "running" for each in self.trials())

    def importances(self, prefix: str, parameters: Sequence[str]) -> dict[str, float]:
        """Return the share of the variance of the scores that each parameter explains (fANOVA).

        Over the complete trials that have these parameters; empty if they are too few or equal.

        Args:
            prefix: left out of the names in the result.
            parameters: the parameters.
        """
        optuna: Any = optional("optuna", "tune", "tune")
        scores = {
            trial.score
            for trial in self.trials()
            if trial.state == "complete" and set(parameters) <= trial.parameters.keys()
        }
        if len(scores) < 2:
            return {}
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        try:
            shares = optuna.importance.get_param_importances(
                self._study, evaluator=evaluator, params=list(parameters)
            )
        except (ValueError, RuntimeError):  # fewer than two trials, or the same score in all
            return {}
        return {name.removeprefix(prefix): float(share) for name, share in shares.items()}

    def _retry_lost(self) -> None:
        """Queue the running trials of processes that are gone again.

        A process may be killed while it still chooses values, and values chosen without the others
        would differ. Such a trial is queued with the values that it was queued with, if any.
        """
        optuna: Any = optional("optuna", "tune", "tune")
        for trial in self._study.get_trials(deepcopy=False):
            if trial.state.name == "RUNNING" and not self._alive(trial.user_attrs.get("worker")):
                self._study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
                queued = trial.system_attrs.get("fixed_params")
                parameters = trial.params if "settings" in trial.user_attrs else queued
                if parameters is not None:
                    self._study.enqueue_trial(parameters)

    def _alive(self, worker: str | None) -> bool:
        if worker == self._worker.name:
            return True
        try:
            lock = FolderLock(self._worker.parent / str(worker), patience=0.0)
        except InUse:
            return True
        except OSError:  # the folder is gone
            return False
        lock.release()
        with suppress(OSError):
            (self._worker.parent / str(worker)).rmdir()
        return False


@contextmanager
def opened(folder: Path, *, maximize: bool, seed: int) -> Iterator[Study]:
    """Open the study of a folder, or create one, and work on it inside the block.

    Args:
        folder: an existing folder.
        maximize: whether a higher score is better.
        seed: the seed of the sampler.

    Raises:
        InputError: Optuna is not installed, or the file of the study is damaged.
    """
    optuna: Any = optional("optuna", "tune", "tune")
    from sqlalchemy.exc import DatabaseError

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    worker = folder / WORKERS / uuid4().hex
    worker.mkdir(parents=True)
    lock, made = FolderLock(worker), FolderLock(folder, PATIENCE)
    storage: Any = None
    try:
        storage = optuna.storages.RDBStorage(
            f"sqlite:///{folder.resolve() / STORAGE}",
            engine_kwargs={"connect_args": {"timeout": PATIENCE}},
        )
        study = optuna.create_study(
            storage=storage,
            study_name="graphvae",
            direction="maximize" if maximize else "minimize",
            pruner=optuna.pruners.MedianPruner(UNPRUNED, EARLIEST),
            load_if_exists=True,
        )
        made.release()
        yield Study(study, folder, worker, seed)
    except DatabaseError as error:
        raise InputError(
            f"{folder / STORAGE}: cannot be used as a study ({error.orig}); restore the file, or "
            "search in another folder"
        ) from error
    finally:
        made.release()
        if storage is not None:
            storage.remove_session()
            storage.engine.dispose()
        lock.release()
        worker.rmdir()


def stored(space: Space, value: Any) -> Any:
    """Return a value of a space in the form in which `OpenTrial.suggest` stores it."""
    if isinstance(space, Choices):
        return spell(value)
    return value // (space.step or 1) if isinstance(space.low, int) else float(value)


def _trial(stored: Any) -> Trial:
    attributes = stored.user_attrs
    reports = list(stored.intermediate_values.values())
    score = stored.value if stored.value is not None else (reports[-1] if reports else None)
    seconds = 0.0 if stored.duration is None else stored.duration.total_seconds()
    return Trial(
        stored.number,
        stored.state.name.lower(),
        score,
        attributes.get("model", ""),
        attributes.get("settings", {}),
        stored.params,
        seconds,
        attributes.get("note", ""),
    )
