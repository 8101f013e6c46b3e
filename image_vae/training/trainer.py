"""Training on images: players take turns on each batch, and validation chooses the weights.

A *player* is a set of parameters with an optimiser and a loss. A VAE is one player; a method with a
discriminator has two. A run can be stopped and resumed at any step: the order of the images is a
function of seed and epoch, so a checkpoint only needs the step number and one generator.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from graphvae_data.core.errors import TrainingError
from graphvae_data.core.rng import seeded
from graphvae_data.runs.adam import Adam
from graphvae_data.runs.weights import Best, copy_weights
from image_vae.data.feed import Feed
from image_vae.models.vae import VAE, Data
from image_vae.parts.terms import Curve, LossTerms, Means
from image_vae.specs.recipe import ImageConfig, ImageTraining
from image_vae.training.records import EpochRecord

NOISE, VALIDATION = 2, 4
"""Names of the random streams of training and of validation."""

Loss = Callable[[Data, int, torch.Generator], LossTerms]
"""Maps a batch, the step and a generator to the loss."""


@dataclass(frozen=True)
class Player:
    """A set of parameters with an optimiser and a loss; its steps update no other parameter."""

    module: nn.Module
    """The module whose weights are saved in a checkpoint."""
    optimizer: torch.optim.Optimizer
    """The optimiser of this player's parameters only."""
    loss: Loss
    """The minimised loss."""

    @property
    def _learnt(self) -> list[Tensor]:
        """The player's parameters; no gradients are computed for those of another player."""
        return [each for group in self.optimizer.param_groups for each in group["params"]]

    def turn(self, data: Data, step: int, generator: torch.Generator) -> LossTerms:
        """Take one gradient step."""
        self.optimizer.zero_grad()
        terms = self.loss(data, step, generator)
        terms.total.backward(inputs=self._learnt)
        self.optimizer.step()
        return terms


@dataclass(frozen=True)
class Game:
    """The players, and the loss that selects the weights."""

    players: tuple[Player, ...]
    """They take turns on each batch. The loss of the first and the parts of all are recorded."""
    score: Loss
    """The objective on validation images."""
    settled: int = 0
    """The first step from which losses of different steps can be compared."""
    curves: Mapping[str, Curve] = field(default_factory=dict)
    """How plots show the loss terms."""
    estimate: str = ""
    """How the terms in the separate panel are estimated from a batch; empty if they are not."""


class Trainer:
    """Trains one model; `run` continues from the current step to the end.

    Losses are comparable once the schedules of the objective (a warm-up, a growing capacity) have
    ended. Until then the newest weights count as the best; from then on, those with the lowest
    validation loss. So the same objective is used for training and selection.

    Args:
        model: the model whose best weights are kept.
        game: the players, and the loss that selects the weights.
        train: training images.
        val: validation images.
        config: the settings.
    """

    def __init__(
        self,
        model: VAE,
        game: Game,
        train: Feed,
        val: Feed,
        config: ImageConfig,
    ) -> None:
        self.model, self.game, self.players = model, game, game.players
        self.train, self.val, self.config = train, val, config
        self.generator = seeded(config.run.seed, NOISE, device=model.device)
        self.step = 0
        self.epoch = 0
        self.best = Best(0, math.inf, copy_weights(model))
        self._means = Means(model.device)
        self._seconds = 0.0

    @property
    def steps_per_epoch(self) -> int:
        """Number of steps in an epoch."""
        return self.config.steps_per_epoch(len(self.train))

    @property
    def last_step(self) -> int:
        """Number of steps of the whole run."""
        return self.config.steps(len(self.train))

    @property
    def finished(self) -> bool:
        """Whether the last step is done and its epoch recorded; a run may stop between the two."""
        epochs = math.ceil(self.last_step / self.steps_per_epoch)
        return self.step >= self.last_step and self.epoch >= epochs

    @property
    def selection(self) -> str:
        """How the kept weights were chosen: `validation`, or `newest` within a schedule."""
        return "validation" if self.step > self.game.settled else "newest"

    def run(
        self, on_epoch: Callable[[EpochRecord], None], on_step: Callable[[], None] = lambda: None
    ) -> None:
        """Train to the end, with callbacks after each epoch and step, then load the best weights.

        Raises:
            TrainingError: the loss became NaN or infinite; `best` still holds the best weights.
        """
        while not self.finished:
            on_epoch(self.run_epoch(on_step))
        self.model.load_state_dict(self.best.weights)

    def run_epoch(self, on_step: Callable[[], None] = lambda: None) -> EpochRecord:
        """Take the remaining steps of an epoch, validate, and keep the weights if best."""
        self._set_rates()
        begun = self.epoch * self.steps_per_epoch
        size = self.config.training.batch_size
        batches = self.train.order(self.epoch).split(size)[: self.steps_per_epoch]
        for index in batches[self.step - begun : self.last_step - begun]:
            self._turns(index)
            on_step()
        return self._end_of_epoch()

    def _turns(self, index: Tensor) -> None:
        """Let each player take its step on one batch."""
        start = time.perf_counter()
        self.model.train()
        data = self.train.observed(index, self.generator)
        turns = [player.turn(data, self.step, self.generator) for player in self.players]
        self._means.add(losses_of(turns), len(index))
        self.step += 1
        self._seconds += time.perf_counter() - start

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
            val_loss=val_losses.pop("loss"),
            val_parts=val_losses,
            lr=self._rate(),
            step_seconds=self._seconds / (self.step - begun),
        )
        self._means = Means(self.model.device)
        self._seconds = 0.0
        if self.step <= self.game.settled or record.val_loss < self.best.score:
            score = record.val_loss if self.step > self.game.settled else math.inf
            self.best = Best(self.epoch, score, copy_weights(self.model))
        return record

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Return the objective, "loss", and its parts over the validation images."""
        self.model.eval()
        generator = seeded(self.config.run.seed, VALIDATION, device=self.model.device)
        means = Means(self.model.device)
        for data in self.val.observed_in_order(max(1, 1000 // self.config.bound.samples)):
            terms = self.game.score(data, self.step, generator)
            means.add(losses_of([terms]), len(data["x"]))
        return means.over(len(self.val))

    def _finite(self, losses: dict[str, float]) -> dict[str, float]:
        if all(math.isfinite(loss) for loss in losses.values()):
            return losses
        raise TrainingError(
            f"the loss became NaN or infinite in epoch {self.epoch} (lr {self._rate():g}); "
            f"the best weights so far are those of epoch {self.best.epoch}; try a smaller lr"
        )

    def _rate(self) -> float:
        """Return the learning rate of the current epoch, or of the last."""
        return learning_rate(self.config.training, max(1, self.epoch))

    def _set_rates(self) -> None:
        training = self.config.training
        rate = learning_rate(training, self.epoch + 1) / training.lr
        for player in self.players:
            for group in player.optimizer.param_groups:
                group["lr"] = rate * group["initial_lr"]

    def state_dict(self) -> dict[str, Any]:
        """Return the state that determines all further steps: tensors and plain values only."""
        return {
            "step": self.step,
            "epoch": self.epoch,
            "losses": list(self._means.names),
            "sums": self._means.sums.clone(),
            "seconds": self._seconds,
            "modules": [copy_weights(player.module) for player in self.players],
            "optimizers": [player.optimizer.state_dict() for player in self.players],
            "generator": self.generator.get_state(),
            "best": {**vars(self.best)},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` returned."""
        self.step, self.epoch = state["step"], state["epoch"]
        self._means.names = tuple(state["losses"])
        self._means.sums = state["sums"].to(self.model.device)
        self._seconds = state["seconds"]
        saved = zip(self.players, state["modules"], state["optimizers"], strict=True)
        for player, weights, optimizer in saved:
            player.module.load_state_dict(weights)
            player.optimizer.load_state_dict(optimizer)
        self.generator.set_state(state["generator"].cpu())
        self.best = Best(**state["best"])


def losses_of(turns: Sequence[LossTerms]) -> dict[str, Tensor]:
    """Return the first player's loss as "loss", and the parts of all players' losses by name."""
    parts = {name: value for turn in turns for name, value in turn.parts.items()}
    return {"loss": turns[0].total, **parts}


def learning_rate(training: ImageTraining, epoch: int) -> float:
    """Return the learning rate of an epoch, counted from 1.

    With `burda` the i-th stage, i = 0, …, 7, lasts 3^i epochs at lr · 10^(−i/7): 3,280 in all.
    Source: Burda et al. 2015, §5, whose code starts at lr = 1e-3.
    """
    if training.rates == "constant":
        return training.lr
    stage, end = 0, 1
    while epoch > end and stage < 7:
        stage += 1
        end += 3**stage
    return float(training.lr * 10 ** (-stage / 7))


def adam(
    parameters: Iterable[nn.Parameter], lr: float, *, betas: tuple[float, float] = (0.9, 0.999)
) -> Adam:
    """Return Adam in its fused form, one kernel for all parameters that require gradients."""
    learnt = [each for each in parameters if each.requires_grad]
    fused = learnt[0].device.type in ("cpu", "cuda")
    optimizer = Adam(learnt, lr=lr, betas=betas, fused=fused)
    for group in optimizer.param_groups:
        group["initial_lr"] = lr
    return optimizer
