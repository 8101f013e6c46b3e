"""The result of a run: the experiment, its scores and its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from graphvae_data.core.errors import InputError
from graphvae_data.runs.run_folder import RunFolder, read_history
from graphvae_data.training.records import EpochRecord


@runtime_checkable
class Named(Protocol):
    """Settings with the names of a model and of its data."""

    @property
    def model(self) -> str:
        """The name of the model."""

    @property
    def dataset(self) -> str:
        """The name of the data."""


@runtime_checkable
class Configured(Protocol):
    """An experiment with its settings."""

    @property
    def config(self) -> Named:
        """The settings."""


E = TypeVar("E", bound=Configured)


@dataclass(frozen=True)
class RunResult(Generic[E]):
    """What the results of `fit` and `load` have on both sides."""

    experiment: E
    """The data and the trained model."""
    metrics: Mapping[str, Any]
    """The content of `metrics.json`: val, test, best_epoch, seconds, …; empty on workers other than
    worker 0."""
    history: tuple[EpochRecord, ...]
    """One record per epoch."""
    folder: Path | None
    """The run folder, if the run is saved."""

    def __repr__(self) -> str:
        config, auc = self.experiment.config, self.metrics.get("test", {}).get("auc")
        score = "" if auc is None else f", test AUC {auc:.3f}"
        name, epochs = type(self).__name__, len(self.history)
        return f"{name}({config.model} on {config.dataset}, {epochs} epochs{score})"


def read_records(folder: RunFolder) -> tuple[EpochRecord, ...]:
    """Return the history of a run.

    Raises:
        InputError: a damaged line.
    """
    try:
        return tuple(EpochRecord.from_dict(line) for line in read_history(folder.history))
    except TypeError as error:
        raise InputError(
            f"{folder.history}: damaged, not the records of epochs ({error})"
        ) from error
