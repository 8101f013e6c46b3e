"""Training on images: players alternate on each batch, and validation selects the weights.

A VAE has one player; a model with a discriminator has two. A run can be stopped and resumed at any
step: the order of the images is a function of seed and epoch, so a checkpoint needs only the step
number and one generator state.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.core.rng import seeded
from graphvae_data.machine.workers import ALONE, Workers
from graphvae_data.training.players import Player
from graphvae_data.training.records import EpochRecord
from graphvae_data.training.trainer import OnStep, Trainer
from image_vae.data.feed import Feed
from image_vae.models.latent_model import Data, LatentModel
from image_vae.parts.terms import Curve, LossTerms, Means
from image_vae.specs.recipe import ImageConfig
from image_vae.training.division import shared
from image_vae.training.own_draws import SCORES, STEP, own_draws

NOISE, VALIDATION = 2, 4
"""Indices of the random streams of training and validation."""

Loss = Callable[[Data, int, torch.Generator], LossTerms]
"""Maps a batch, the step and a generator to the loss."""


ImagePlayer = Player[[Data, int, torch.Generator], LossTerms]
"""A player that trains on images."""


@dataclass(frozen=True)
class Game:
    """The players, and the loss that selects the weights."""

    players: tuple[ImagePlayer, ...]
    """They alternate on each batch. The loss of the first and the parts of all are recorded."""
    score: Loss
    """The objective on validation images."""
    settled: int = 0
    """The first step from which losses of different steps can be compared."""
    curves: Mapping[str, Curve] = field(default_factory=dict)
    """How plots show the loss terms."""
    estimate: str = ""
    """How the terms in the separate panel are estimated from a batch; "" for no estimates."""
    select: str = "loss"
    """The validation term whose minimum selects the weights; "loss" is the total."""


class ImageTrainer(Trainer[LatentModel]):
    """Trains a model of images.

    Losses are comparable after the schedules of the objective (a warm-up, a growing capacity).
    Until then the newest weights count as the best; afterwards, those with the lowest validation
    loss, or with the lowest value of another term that the game selects by, such as the error rate.

    Args:
        model: the model whose best weights are kept.
        game: the players, and the loss that selects the weights.
        train: training images.
        val: validation images.
        config: the settings.
        workers: the processes that share each step; each of them validates.
    """

    unit = "step"

    def __init__(
        self,
        model: LatentModel,
        game: Game,
        train: Feed,
        val: Feed,
        config: ImageConfig,
        workers: Workers = ALONE,
    ) -> None:
        training, length = config.training, config.length(len(train))
        generator = seeded(config.run.seed, NOISE, device=model.device)
        super().__init__(
            model,
            game.players,
            generator if workers.count == 1 else shared(generator),
            worst=math.inf,
            ema=training.ema,
            share=training.schedule(config.rates, length),
            workers=workers,
        )
        self.game, self.train, self.val, self.config = game, train, val, config
        self.step = 0
        self._length = length
        self._means = Means(model.device)
        self._seconds = 0.0
        self._has_user_parts = config.has_user_parts

    @property
    def steps_per_epoch(self) -> int:
        """Number of steps in an epoch."""
        return self.config.steps_per_epoch(len(self.train))

    @property
    def finished(self) -> bool:
        """Whether the last step is done and its epoch recorded, or patience is exhausted.

        A run may stop between a step and its record. Patience counts from the end of the schedules:
        until then the newest weights are the best.
        """
        epochs = math.ceil(self.total / self.steps_per_epoch)
        last = self.step >= self.total and self.epoch >= epochs
        return last or self.exhausted(self.config.training.patience)

    @property
    def selection(self) -> str:
        """How the kept weights were chosen: `validation`, or `newest` within a schedule."""
        return "validation" if self.step > self.game.settled else "newest"

    @property
    def done(self) -> int:
        """Steps taken."""
        return self.step

    @property
    def total(self) -> int:
        """Steps of the whole run."""
        return self._length.steps

    @property
    def counts(self) -> Mapping[str, int]:
        """The epochs and steps so far."""
        return {"epochs": self.epoch, "steps": self.step}

    def check_length(self, before: int) -> None:
        """Raise `InputError` if the state cannot be trained to the end of the settings.

        Args:
            before: the number of epochs that the state was meant for.
        """
        epochs = self.config.training.epochs
        if epochs < self.epoch:
            raise InputError(f"epochs: the run has {self.epoch} already, got {epochs}")
        if before < epochs and self.step < self.epoch * self.steps_per_epoch:
            raise InputError(
                f"epochs: the run ended inside epoch {self.epoch}, after {self.step} steps, and "
                "its images of that epoch are lost; fit again"
            )

    def advance(self, on_step: OnStep | None = None) -> Iterator[EpochRecord]:
        """Take the remaining steps of an epoch, validate, and keep the weights if best."""
        begun = self.epoch * self.steps_per_epoch
        size = self.config.training.batch_size
        batches = self.train.order(self.epoch).split(size)[: self.steps_per_epoch]
        for index in batches[self.step - begun : self.total - begun]:
            self._turns(index)
            if on_step is not None:
                on_step()
        yield self._end_of_epoch()

    def _turns(self, index: Tensor) -> None:
        """Let each player take its step on one batch."""
        start = time.perf_counter()
        self.model.train()
        self.rates.set(self.step)
        data = self.train.observed(index, self.generator)
        with self._own_draws(STEP, self.step, self.workers.rank):
            turns = [player.turn(data, self.step, self.generator) for player in self.players]
        self._means.add(losses_of(turns), len(index))
        self.averages.update()
        self.step += 1
        self._seconds += time.perf_counter() - start

    def _own_draws(self, *stream: int) -> AbstractContextManager[None]:
        """Seed the draws of a user's own parts; see `own_draws`."""
        return own_draws(self.config, *stream) if self._has_user_parts else nullcontext()

    def check_losses(self) -> None:
        """Raise `TrainingError` if a loss of this epoch was NaN or infinite; synchronises."""
        self._finite(self._means.over(1))

    def _end_of_epoch(self) -> EpochRecord:
        begun = self.epoch * self.steps_per_epoch
        size = self.config.training.batch_size
        seen = min((self.step - begun) * size, len(self.train))
        self.epoch += 1
        losses = self._finite(self._means.over(seen))
        val_losses = self._finite(self.validate())
        record = EpochRecord(
            epoch=self.epoch,
            step=self.step,
            loss=losses.pop("loss"),
            parts=losses,
            validation=val_losses,
            lr=self._lr(),
            step_seconds=self._seconds / (self.step - begun),
        )
        self._means = Means(self.model.device)
        self._seconds = 0.0
        val_loss = val_losses[self.game.select]
        if self.step <= self.game.settled or val_loss < self.best.score:
            score = val_loss if self.step > self.game.settled else math.inf
            self.keep(score)
        return record

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Return the objective, "loss", and its parts over the validation images.

        With the averages of the weights, if the settings ask for them.
        """
        with self.averages.applied(), self._own_draws(SCORES):
            return self._validate()

    def _validate(self) -> dict[str, float]:
        self.model.eval()
        generator = seeded(self.config.run.seed, VALIDATION, device=self.model.device)
        means = Means(self.model.device)
        most = min(1_000, self.model.at_once)
        for data in self.val.observed_in_order(max(1, most // self.config.bound.samples)):
            terms = self.game.score(data, self.step, generator)
            means.add(losses_of([terms]), len(data["x"]))
        return means.over(len(self.val))

    def _finite(self, losses: dict[str, float]) -> dict[str, float]:
        if all(math.isfinite(loss) for loss in losses.values()):
            return losses
        raise self.failure("loss", self.epoch, self._lr())

    def _lr(self) -> float:
        """Return the learning rate of the last step, or of the first before it."""
        return self.rates.at(max(0, self.step - 1))

    def state_dict(self) -> dict[str, Any]:
        """Return the trainer's state, with the place in the epoch and its losses and seconds."""
        state = super().state_dict()
        return {
            **state,
            "step": self.step,
            "losses": list(self._means.names),
            "sums": self._means.sums.clone(),
            "seconds": {**state["seconds"], "epoch": self._seconds},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` returned."""
        super().load_state_dict(state)
        self.step = state["step"]
        self._means.names = tuple(state["losses"])
        self._means.sums = state["sums"].to(self.model.device)
        self._seconds = state["seconds"]["epoch"]


def losses_of(turns: Sequence[LossTerms]) -> dict[str, Tensor]:
    """Return the first player's loss as "loss", and the parts of all players' losses by name."""
    parts = {name: value for turn in turns for name, value in turn.parts.items()}
    return {"loss": turns[0].total, **parts}
