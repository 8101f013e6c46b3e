"""Options of a run that do not affect its result."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from graphvae_data.core.errors import InputError
from graphvae_data.tracking.callbacks import Callback

CHECKPOINT_SECONDS = 10.0


@dataclass(frozen=True)
class FitOptions:
    """Progress, checkpoints, notices and callbacks."""

    progress: bool = False
    """Show progress bars on stderr if it is a terminal."""
    checkpoint_seconds: float = CHECKPOINT_SECONDS
    """Write a checkpoint at most this often."""
    keep_checkpoint: bool = False
    """Keep the checkpoint of a finished run, so that it can be trained further."""
    announce: Callable[[str], None] = logging.getLogger("graphvae").warning
    """Called before the run with a line for each setting chosen by the size of the graph."""
    callbacks: tuple[Callback, ...] = ()
    """Called at the start of a run, after each epoch and at the end: trackers, or your own."""

    def __post_init__(self) -> None:
        if not self.checkpoint_seconds >= 0:
            seconds = self.checkpoint_seconds
            raise InputError(f"checkpoint-every: expected seconds of at least 0, got {seconds:g}")
