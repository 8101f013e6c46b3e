"""The training loop: players take steps, validation chooses the weights, a state can be resumed.

A subclass implements an epoch (`advance`): the batches for the players, and the validation scores.
Everything else is the same for graphs and images. A run resumed from a saved state gives the same
bits as an uninterrupted one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import torch
from torch import nn

from graphvae_data.core.errors import TrainingError, WorkerLost
from graphvae_data.machine.workers import ALONE, Workers
from graphvae_data.training.averages import Averages
from graphvae_data.training.players import Player
from graphvae_data.training.records import EpochRecord
from graphvae_data.training.weights import Best, copy_weights

M = TypeVar("M", bound=nn.Module)
OnEpoch = Callable[[EpochRecord], None]
"""Called once for each epoch, in order."""
OnStep = Callable[[], None]
"""Called after each step; it may save the state."""


class LearningRates:
    """The learning rates of players over a run, as a share of the rates they were built with.

    Args:
        players: the players.
        share: maps a step, counted from 0, to its share; None keeps the rates.
    """

    def __init__(
        self, players: Sequence[Player[Any, Any]], share: Callable[[int], float] | None
    ) -> None:
        self._players, self._share = players, share
        self._initial = [float(group["lr"]) for group in self._groups()]

    def _groups(self) -> Iterator[dict[str, Any]]:
        return (group for each in self._players for group in each.optimizer.param_groups)

    @property
    def vary(self) -> bool:
        """Whether they change during a run."""
        return self._share is not None

    def at(self, step: int) -> float:
        """Return the first player's rate at a step."""
        return self._initial[0] * (1.0 if self._share is None else self._share(step))

    def set(self, step: int) -> None:
        """Set the rates of a step."""
        if self._share is None:
            return
        share = self._share(step)
        for group, initial in zip(self._groups(), self._initial, strict=True):
            group["lr"] = initial * share


class Trainer(ABC, Generic[M]):
    """Trains one model.

    Args:
        model: the model whose best weights are kept.
        players: they take the steps; the first trains the model.
        generator: the source of all random numbers of training, on the model's device.
        worst: a validation score that any other improves on.
        ema: the decay of the average of the weights; 0 for none.
        share: maps a step to its share of the learning rate; None for a constant rate.
        workers: the processes that share the training.

    The caller of the training loop counts its seconds in `elapsed`, a part of the state, so a run
    that was interrupted and continued has the seconds of all its processes.
    """

    unit: ClassVar[str] = "epoch"
    """What the progress bar counts: `epoch` or `step`."""

    def __init__(
        self,
        model: M,
        players: Sequence[Player[Any, Any]],
        generator: torch.Generator,
        *,
        worst: float,
        ema: float = 0.0,
        share: Callable[[int], float] | None = None,
        workers: Workers = ALONE,
    ) -> None:
        self.model, self.players, self.generator = model, tuple(players), generator
        self.workers = workers
        self.epoch = 0
        self.elapsed = 0.0
        self.best = Best(0, worst, copy_weights(model))
        self.averages = Averages(model, ema)
        self.rates = LearningRates(self.players, share)

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether the run is at its end."""

    @property
    @abstractmethod
    def done(self) -> int:
        """Units done so far."""

    @property
    @abstractmethod
    def total(self) -> int:
        """Units of the whole run."""

    @property
    @abstractmethod
    def counts(self) -> Mapping[str, int]:
        """The length of the run so far, for `metrics.json`: epochs, steps."""

    @abstractmethod
    def check_length(self, before: int) -> None:
        """Raise `InputError` if the state cannot be trained to the end of the settings.

        Args:
            before: the number of epochs that the state was meant for.
        """

    @abstractmethod
    def check_losses(self) -> None:
        """Raise `TrainingError` if a loss of this epoch is not finite; waits for the device."""

    @abstractmethod
    def advance(self, on_step: OnStep | None = None) -> Iterator[EpochRecord]:
        """Train one epoch; yield the records that are complete, oldest first."""

    def settle(self) -> Iterator[EpochRecord]:
        """Yield the records of epochs whose losses have not been read; none by default."""
        return iter(())

    def run(self, on_epoch: OnEpoch, on_step: OnStep | None = None) -> None:
        """Train to the end, then load the best weights; see `run_to_end`."""
        self.run_to_end(on_epoch, on_step)
        self.load_best()

    def run_to_end(self, on_epoch: OnEpoch, on_step: OnStep | None = None) -> None:
        """Train to the end; the model then has the last weights.

        Args:
            on_epoch: called once for each epoch, in order.
            on_step: called after each step. It may save the state, after it has recorded the epochs
                that `settle` yields.

        Raises:
            TrainingError: the loss or the validation scores became NaN or infinite; `best` still
                has the best weights so far.
        """
        try:
            while not self.finished:
                for record in self.advance(on_step):
                    on_epoch(record)
        except (KeyboardInterrupt, WorkerLost):
            for record in self.settle():
                if not self.validates(record.epoch):  # its scores are not known yet
                    on_epoch(record)
            raise

    def run_epoch(self, on_step: OnStep | None = None) -> EpochRecord:
        """Train one epoch, wait for it and return its record."""
        return [*self.advance(on_step), *self.settle()][-1]

    def validates(self, epoch: int) -> bool:
        """Return whether an epoch, counted from 1, is validated; all are by default."""
        return True

    def load_best(self) -> None:
        """Load the best weights into the model."""
        self.model.load_state_dict(self.best.weights)

    def exhausted(self, patience: int | None) -> bool:
        """Whether the best validation score has not improved for this number of epochs."""
        return patience is not None and self.epoch - self.best.epoch >= patience

    def keep(self, score: float) -> None:
        """Keep the current weights, or their averages, as the best."""
        self.best = Best(self.epoch, score, self.averages.weights())

    def state_dict(self) -> dict[str, Any]:
        """Return the state that determines all further steps, and the seconds spent so far.

        It consists of tensors and plain values only.
        """
        return {
            "epoch": self.epoch,
            "seconds": {"training": self.elapsed},
            "players": [player.state_dict() for player in self.players],
            "averages": self.averages.state_dict(),
            "generator": self.generator.get_state(),
            "best": {**vars(self.best)},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` returned."""
        self.epoch, self.elapsed = state["epoch"], state["seconds"]["training"]
        for player, saved in zip(self.players, state["players"], strict=True):
            player.load_state_dict(saved)
        self.averages.load_state_dict(state["averages"])
        self.generator.set_state(state["generator"].cpu())
        self.best = Best(**state["best"])

    def failure(self, what: str, epoch: int, lr: float, hint: str = "") -> TrainingError:
        """Return the error for a quantity of an epoch that is not finite."""
        return TrainingError(
            f"the {what} became NaN or infinite in epoch {epoch} (lr {lr:g}); the best "
            f"weights so far are those of epoch {self.best.epoch}; try a smaller lr{hint}"
        )
