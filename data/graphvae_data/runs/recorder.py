"""Recording of a training run in its folder: a line of history per epoch, periodic checkpoints.

A checkpoint is written atomically, after the history, and never from a state with non-finite
losses: the last valid one is kept. Training waits until the files are written, but not until they
are on the disk: another thread flushes them, and then puts the checkpoint in place. A run without a
folder is not recorded.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

from graphvae_data.core.errors import InputError, TrainingError
from graphvae_data.files.files import put_in_place, sha256_of
from graphvae_data.runs.checkpoint import FILES, HISTORY, initial_digests, read_state, stage_state
from graphvae_data.runs.history import HistoryWriter
from graphvae_data.runs.run_folder import RunFolder
from graphvae_data.runs.weights import save_weights
from graphvae_data.training.trainer import Trainer


class Recorder:
    """Writes the history and the checkpoints of a run, as a context manager.

    Args:
        folder: the run folder; None records nothing.
        trainer: the trainer whose states are saved.
        seconds: write a checkpoint at most this often.
    """

    def __init__(self, folder: RunFolder | None, trainer: Trainer[Any], seconds: float) -> None:
        self.folder, self.trainer, self.seconds = folder, trainer, seconds
        self.writer = None if folder is None else HistoryWriter(folder.history)
        self.digests = {} if folder is None else digests_of(folder)
        self.last = self._counted = time.monotonic()
        self._thread = ThreadPoolExecutor(1, "checkpoint")
        self._flushing: Future[None] | None = None

    def __enter__(self) -> Recorder:
        """Return the recorder; nothing is written yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the buffered lines and wait for the last checkpoint, also if training raised."""
        self._thread.shutdown()
        self._wait()
        if self.writer is not None:
            self.writer.flush()

    def append(self, record: Mapping[str, Any]) -> None:
        """Add an epoch to the history."""
        if self.writer is not None:
            self.writer.append(record)

    @property
    def due(self) -> bool:
        """Whether there is a folder and its last checkpoint is old enough."""
        return self.folder is not None and time.monotonic() - self.last >= self.seconds

    def save(self) -> None:
        """Save a checkpoint, if there is a folder.

        Raises:
            TrainingError: a loss of the current epoch was NaN or infinite; nothing is saved.
            InputError: this checkpoint or the one before cannot be written.
        """
        self._count()
        if self.folder is None or self.writer is None:
            return
        self._wait()
        self.trainer.check_losses()
        self.writer.flush()  # the checkpoint has its digest
        digests = {FILES: self.digests, HISTORY: self.writer.mark}
        staged = stage_state(self.folder.resume, {**self.trainer.state_dict(), **digests})
        self._flushing = self._thread.submit(_put_in_place, staged, self.folder, self.writer)
        save_weights(self.folder.model, self.trainer.best.weights)
        self.last = time.monotonic()

    def _count(self) -> None:
        """Add the seconds since this was last called to those of the training."""
        now = time.monotonic()
        self.trainer.elapsed += now - self._counted
        self._counted = now

    def _wait(self) -> None:
        """Wait until the last checkpoint is in place; raise what prevented it."""
        if self._flushing is not None:
            flushing, self._flushing = self._flushing, None
            flushing.result()

    def keep_best(self, error: TrainingError) -> TrainingError:
        """Save the best weights of a failed training; return the error with their path."""
        if self.folder is None:
            return error
        save_weights(self.folder.model, self.trainer.best.weights)  # the last checkpoint is kept
        return TrainingError(f"{error}; they are kept in {self.folder.model}")


def _put_in_place(staged: Path, folder: RunFolder, writer: HistoryWriter) -> None:
    """Flush the history and then a checkpoint to disk, and put the checkpoint in place."""
    writer.sync()
    put_in_place(staged, folder.resume, durable=True)


def digests_of(folder: RunFolder) -> dict[str, list[str]]:
    """Return the digests of the initial files of a run, and of its current settings."""
    return {**initial_digests(folder), folder.config.name: [str(sha256_of(folder.config))]}


def load_checkpoint(folder: RunFolder, trainer: Trainer[Any]) -> None:
    """Restore a trainer from the checkpoint, if there is one.

    Raises:
        InputError: a damaged checkpoint, or one for another model.
    """
    if not folder.resume.is_file():
        return
    state = read_state(folder.resume)
    try:
        trainer.load_state_dict(state)
    except Exception as error:  # a state of another structure may raise anything
        raise InputError(
            f"{folder.resume}: damaged checkpoint; start again with --overwrite"
        ) from error
