"""Callbacks: objects that are told when a run starts, after each epoch, and when it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from graphvae_data.training.records import EpochRecord


@dataclass(frozen=True)
class RunStart:
    """A run that starts or continues."""

    model: str
    """The name of the model."""
    settings: Mapping[str, Any]
    """Every setting, resolved: the content of `config.json`."""
    folder: Path | None
    """The run folder; None for a run in memory."""

    @property
    def name(self) -> str:
        """The name of the run in dashboards: that of its folder, else of its model."""
        return self.model if self.folder is None else self.folder.name


class Callback:
    """Called by a run; override the methods that you need.

    Pass it to a run in `FitOptions(callbacks=(…,))`. One object may be passed to several runs, one
    after the other. With several workers, only worker 0 calls it. An exception ends the run.
    """

    def start(self, run: RunStart) -> None:
        """Called before the first epoch.

        Args:
            run: the model, the settings and the folder of the run.
        """

    def epoch(self, record: EpochRecord) -> None:
        """Called once for each epoch, in order; a resumed run starts with its earlier epochs.

        On graphs, several epochs may be reported together after one that is validated.

        Args:
            record: the losses and validation scores.
        """

    def end(self, metrics: Mapping[str, Any]) -> None:
        """Called at the end, also of a run that failed or was interrupted.

        Args:
            metrics: the content of `metrics.json`; empty if the run did not finish.
        """


class Watched:
    """Calls the callbacks of a run; a context manager.

    Args:
        callbacks: the callbacks.
        run: the run.
    """

    def __init__(self, callbacks: Sequence[Callback], run: RunStart) -> None:
        self.callbacks, self.run = tuple(callbacks), run
        self.metrics: Mapping[str, Any] = {}
        """The scores with which `end` is called."""
        self._ends = ExitStack()

    def __enter__(self) -> Watched:
        """Start every callback; if one fails, those before it are ended."""
        with self._ends:
            for callback in self.callbacks:
                callback.start(self.run)
                self._ends.callback(self._end, callback)
            self._ends = self._ends.pop_all()
        return self

    def epoch(self, record: EpochRecord) -> None:
        """Pass an epoch on."""
        for callback in self.callbacks:
            callback.epoch(record)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every callback, the last first."""
        self._ends.close()

    def _end(self, callback: Callback) -> None:
        callback.end(self.metrics)
