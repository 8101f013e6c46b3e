"""Recording of a training run in its folder: a line of history per epoch, periodic checkpoints.

A checkpoint is written atomically, after the history, and never from a state with non-finite
losses: the last valid one is kept. A run without a folder is not recorded.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from graphvae_data.core.errors import InputError, TrainingError
from graphvae_data.files.files import sha256_of
from graphvae_data.runs.checkpoint import FILES, HISTORY, first_digests, read_state, save_state
from graphvae_data.runs.history import HistoryWriter
from graphvae_data.runs.run_folder import RunFolder
from graphvae_data.runs.weights import save_weights
from graphvae_data.training.trainer import Trainer


class Recorder:
    """Writes the history and the checkpoints of a run, as a context manager.

    Args:
        folder: of the run; None records nothing.
        trainer: the trainer whose states are saved.
        seconds: write a checkpoint at most this often.
    """

    def __init__(self, folder: RunFolder | None, trainer: Trainer[Any], seconds: float) -> None:
        self.folder, self.trainer, self.seconds = folder, trainer, seconds
        self.writer = None if folder is None else HistoryWriter(folder.history)
        self.digests = {} if folder is None else digests_of(folder)
        self.last = time.monotonic()

    def __enter__(self) -> Recorder:
        """Return the recorder; nothing is written yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the buffered lines, also if training raised."""
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
        """
        if self.folder is None or self.writer is None:
            return
        self.trainer.check_losses()
        self.writer.flush(durable=True)  # the checkpoint has its digest
        about = {FILES: self.digests, HISTORY: self.writer.mark}
        save_checkpoint(self.folder, self.trainer, about)
        self.last = time.monotonic()

    def keep_best(self, fault: TrainingError) -> TrainingError:
        """Save the best weights of a failed training; return the error with their path."""
        if self.folder is None:
            return fault
        save_weights(self.folder.model, self.trainer.best.weights)  # the last checkpoint is kept
        return TrainingError(f"{fault}; they are kept in {self.folder.model}")


def save_checkpoint(folder: RunFolder, trainer: Trainer[Any], about: Mapping[str, Any]) -> None:
    """Write the state for resuming with what it belongs to, and the best weights so far."""
    save_state(folder.resume, {**trainer.state_dict(), **about})
    save_weights(folder.model, trainer.best.weights)


def digests_of(folder: RunFolder) -> dict[str, list[str]]:
    """Return the digests of the files that a run began with, and of its settings today."""
    return {**first_digests(folder), folder.config.name: [str(sha256_of(folder.config))]}


def load_checkpoint(folder: RunFolder, trainer: Trainer[Any]) -> None:
    """Restore a trainer from the checkpoint, if there is one.

    Raises:
        InputError: a damaged checkpoint, or one of another model.
    """
    if not folder.resume.is_file():
        return
    state = read_state(folder.resume)
    try:
        trainer.load_state_dict(state)
    except Exception as fault:  # whatever a state of another form leads to
        raise InputError(
            f"{folder.resume}: damaged checkpoint; start again with --overwrite"
        ) from fault
