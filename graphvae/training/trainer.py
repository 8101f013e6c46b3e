"""The training loop: steps over all edges or batches of them, selection by validation.

The loop holds everything that decides what comes next (weights, optimiser, generator, best epoch)
in one state, so that a run continued from a checkpoint gives the same bits as an unbroken one. It
waits for the device only where something is due: in an epoch that is validated, the last among
them, and where a checkpoint is saved. Other epochs' losses stay on the device until then.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.graph.masking import EdgeMasking
from graphvae.graph.propagation import MessageGraph
from graphvae.losses.adversary import Adversary
from graphvae.losses.objective import LossTerms, Objective
from graphvae.metrics import selection_metric
from graphvae.nn.models import GAE
from graphvae.specs.recipe import FitConfig
from graphvae.splits.edge_split import EdgeSplit
from graphvae.training.batches import EdgeBatches, Progress
from graphvae.training.cuda_graph import CapturedStep
from graphvae.training.propagated import encodes_ends, loss_of_ends
from graphvae.training.records import EpochRecord, Pending, ValidationScores, settled
from graphvae_data.core.errors import InputError, TrainingError, WorkerLost
from graphvae_data.runs.adam import Adam
from graphvae_data.runs.weights import Best, copy_weights
from graphvae_data.runs.workers import ALONE, Workers

NO_NUMBERS = ValidationScores(math.nan, math.nan, math.nan)


class Trainer:
    """Trains one model on one split; `run` goes from wherever the state stands to the end."""

    def __init__(
        self,
        model: GAE,
        objective: Objective,
        graph: MessageGraph,
        split: EdgeSplit,
        config: FitConfig,
        generator: torch.Generator,
        *,
        masking: EdgeMasking | None = None,
        adversary: Adversary | None = None,
        workers: Workers = ALONE,
    ) -> None:
        self.model = model
        self.objective = objective
        self.graph = graph
        self.config = config
        self.generator = generator
        self.masking = masking
        self.workers = workers
        self.edges = objective.reconstruction.edges
        self.batches = EdgeBatches(self.edges.size(1), config.loss.edges_per_step)
        self.progress: Progress | None = None
        self.waiting: list[Pending] = []
        self.adversary = adversary
        self.epoch = 0
        self.best = Best(0, -math.inf, copy_weights(model))
        device = model.device
        self._val = torch.cat([split.val, split.val_negatives], 1).to(device)
        self._num_val = split.val.size(1)
        self._per_positive = split.per_positive
        self._select = selection_metric(config.split.select)
        # Adam's fused form is one kernel instead of a dozen small ones a parameter.
        self.optimizer = Adam(
            model.parameters(),
            lr=config.training.lr,
            fused=device.type in ("cpu", "cuda"),
            capturable=config.training.capture,
        )
        self._captured = self._capture()

    @property
    def finished(self) -> bool:
        """Whether the last epoch is done, or patience has run out in a validated one."""
        patience = self.config.training.patience
        waited = self.epoch - self.best.epoch
        return self.epoch >= self.config.training.epochs or (
            patience is not None and waited >= patience and self._validates(self.epoch)
        )

    def _validates(self, epoch: int) -> bool:
        every, last = self.config.training.validate_every, self.config.training.epochs
        return epoch % every == 0 or epoch == last

    def run(
        self,
        on_epoch: Callable[[EpochRecord], None],
        on_step: Callable[[], None] | None = None,
    ) -> None:
        """Train to the end, telling `on_epoch` of each epoch, then load the best weights.

        Args:
            on_epoch: called once for each epoch, in order: for those that were not validated when
                the next one is, or Ctrl-C or a lost worker breaks training off.
            on_step: called between two steps and after the last, where the state may be saved too;
                first tell of what `settle` returns.

        Raises:
            TrainingError: the loss or the validation scores became NaN or infinite; `best` still
                holds the best weights up to then.
        """
        try:
            while not self.finished:
                for record in self.advance(on_step):
                    on_epoch(record)
                if on_step is not None:
                    on_step()
        except (KeyboardInterrupt, WorkerLost):
            for record in self.settle():
                if not self._validates(record.epoch):  # else its scores are still to come
                    on_epoch(record)
            raise
        self.model.load_state_dict(self.best.weights)

    def run_epoch(self) -> EpochRecord:
        """Take one epoch, wait for it and return its record."""
        return [*self.advance(), *self.settle()][-1]

    def advance(self, on_step: Callable[[], None] | None = None) -> Iterator[EpochRecord]:
        """Take an epoch's steps; if it is to be validated, yield its record after those that wait.

        The weights are kept if they are the best.
        """
        progress = self._take_steps(on_step)
        self.epoch, self.progress = self.epoch + 1, None
        self.waiting.append(
            Pending(
                self.epoch,
                self._losses(progress),
                progress.names,
                progress.step,
                progress.seconds,
            )
        )
        if self._validates(self.epoch):
            for record in self.settle():
                yield self._judged(record) if record.epoch == self.epoch else record

    def settle(self) -> Iterator[EpochRecord]:
        """Wait for the device and yield the records of epochs that wait, as not validated.

        Raises:
            TrainingError: the losses of one are not finite; those before it have been yielded.
        """
        for record in settled(self.waiting):
            if not record.finite:
                raise self._failure("loss", record.epoch)
            yield record

    def _losses(self, progress: Progress) -> Float[Tensor, " part"]:
        """Return a finished epoch's sums and, after them, its discriminator's loss."""
        if self.adversary is None:
            return progress.sums
        return torch.cat([progress.sums, self.adversary.loss.unsqueeze(0)])

    def _judged(self, record: EpochRecord) -> EpochRecord:
        """Validate, keep the weights if they are best, and add the scores to the record."""
        found = self._validate()
        if found.score > self.best.score:
            self.best = Best(self.epoch, found.score, copy_weights(self.model))
        return replace(record, val_auc=found.auc, val_ap=found.ap, val_score=found.score)

    def _take_steps(self, on_step: Callable[[], None] | None) -> Progress:
        """Take what is left of an epoch's steps, without waiting for their losses."""
        start = time.perf_counter()
        if self.progress is None:
            self.progress = Progress.begin(self.batches, self.generator)
        progress = self.progress
        while progress.step < self.batches.count:
            if progress.step and on_step is not None:
                progress.seconds += time.perf_counter() - start
                on_step()
                start = time.perf_counter()
            progress.add(self.step(), self.batches.share(progress.step))
        progress.seconds += time.perf_counter() - start
        return progress

    def check_losses(self) -> None:
        """Raise `TrainingError` if a loss of this epoch was NaN or infinite; waits for a device."""
        if self.progress is not None and not bool(self.progress.sums.isfinite().all()):
            raise self._failure("loss", self.epoch + 1)

    def step(self) -> LossTerms:
        """One gradient step, over all edges or over the batch that is next."""
        return self.descend() if self._captured is None else self._captured()

    def _capture(self) -> CapturedStep | None:
        """Return a step that is yet to be captured, if the configuration asks for one."""
        if not self.config.training.capture:
            return None
        if self.workers.count > 1:
            raise InputError("capture: workers cannot share a captured step; start one alone")
        return CapturedStep(lambda: self.descend(in_place=True), self.generator)

    def descend(self, *, in_place: bool = False) -> LossTerms:
        """Take the step as it is; `in_place` keeps each gradient where it lies in memory."""
        self.model.train()
        self.optimizer.zero_grad(set_to_none=not in_place)
        terms, pull = self._loss(*self._drawn())
        (terms.total if pull is None else terms.total + pull).backward()
        parts = torch.stack([terms.reconstruction, terms.kl, *terms.parts.values()]).detach()
        losses = self.workers.add_up(self.model.parameters(), parts)
        limit = self.config.training.clip_grad
        if limit is not None:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), limit)
        self.optimizer.step()
        reconstruction, kl, *others = losses.unbind()
        return LossTerms(reconstruction, kl, dict(zip(terms.parts, others, strict=True)))

    def _loss(
        self, graph: MessageGraph, objective: Objective
    ) -> tuple[LossTerms, Float[Tensor, ""] | None]:
        """Return the objective, and what an adversary adds to what the encoder minimises.

        All nodes are encoded, or only those needed where their rows do not depend on others.
        """
        if encodes_ends(self.config, graph):
            return loss_of_ends(self.model, graph, objective, self.generator), None
        posterior = self.model.encode(graph, self.generator)
        terms = objective(
            posterior,
            self.model.decoder,
            self.generator,
            prior=self.model.prior_distribution(self.generator),
            step=self._steps_taken,
        )
        if self.adversary is None:
            return terms, None
        pull = self.adversary.play(posterior.sample(self.generator), self.generator)
        return terms, pull / self.workers.count

    @property
    def _steps_taken(self) -> int:
        """Steps of the whole run so far, which the schedules of a penalty go by."""
        within = 0 if self.progress is None else self.progress.step
        return self.epoch * self.batches.count + within

    def _drawn(self) -> tuple[MessageGraph, Objective]:
        """Return the messages and the targets of a step: all edges as both, or parts of them.

        With masking the targets pass no messages: a batch's edges, or those drawn for a full step.
        """
        targets = self._targets()
        if targets is None:
            return self.graph, self.objective
        graph = self.graph if self.masking is None else self.masking.without(targets)
        return graph, self.objective.on(self.edges.index_select(1, targets))

    def _targets(self) -> Int[Tensor, " target"] | None:
        """Return the numbers of the edges that a step predicts; None for all."""
        if self.progress is not None and self.progress.order is not None:
            return self.batches.of(self.progress.order, self.progress.step)
        return None if self.masking is None else self.masking.draw(self.generator)

    def _validate(self) -> ValidationScores:
        """Judge the weights as worker 0 finds them, so that all workers stop in the same epoch."""
        found = self._judge() if self.workers.leads else NO_NUMBERS
        found = ValidationScores(*self.workers.told(astuple(found)))
        if math.isnan(found.score):
            raise self._failure("embedding", self.epoch)
        return found

    def _judge(self) -> ValidationScores:
        scores = self.validation_scores()
        if not np.isfinite(scores).all():
            return NO_NUMBERS
        positives, negatives = scores[: self._num_val], scores[self._num_val :]
        return ValidationScores.of(self._select, positives, negatives, self._per_positive)

    def validation_scores(self) -> Float[np.ndarray, " pair"]:
        """Logits of the validation edges, then of their negatives."""
        with torch.no_grad():
            logits = self.model.decoder(self.model.embed(self.graph), self._val)
        scores: np.ndarray[Any, Any] = logits.double().cpu().numpy()
        return scores

    def state_dict(self) -> dict[str, Any]:
        """Return all that decides what comes next: tensors and plain values only."""
        assert not self.waiting, "an epoch without its line in the history; settle first"
        second = {} if self.adversary is None else {"adversary": self.adversary.state_dict()}
        return {
            **second,
            "epoch": self.epoch,
            "model": copy_weights(self.model),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "progress": None if self.progress is None else self.progress.state_dict(),
            "best": {
                "epoch": self.best.epoch,
                "score": self.best.score,
                "weights": self.best.weights,
            },
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` returned."""
        self.epoch = state["epoch"]
        self.waiting.clear()
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        progress = state["progress"]
        if progress is not None:
            progress = Progress.of_state(progress, self.batches, self.generator)
        self.progress = progress
        self.generator.set_state(state["generator"].cpu())
        self.best = Best(**state["best"])
        if self.adversary is not None:
            self.adversary.load_state_dict(state["adversary"])
        self._captured = self._capture()  # the optimiser's tensors are others now

    def _failure(self, what: str, epoch: int) -> TrainingError:
        lr = self.config.training.lr
        return TrainingError(
            f"the {what} became NaN or infinite in epoch {epoch} (lr {lr:g}); "
            f"the best weights so far are those of epoch {self.best.epoch}; try a smaller lr"
        )
