"""The training loop: steps over all edges or batches of them, selection by validation.

The full state (weights, optimiser, generator, best epoch) can be saved, so that a run continued
from a checkpoint gives the same bits as an uninterrupted one. The loop waits for the device only in
epochs that are validated, which includes the last, and when a checkpoint is saved. Other epochs'
losses stay on the device until then.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, astuple, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.evaluation.selection import Selection
from graphvae.graph.masking import EdgeMasking
from graphvae.graph.propagation import MessageGraph
from graphvae.losses.adversary import CodeAdversary
from graphvae.losses.objective import GraphObjective, stacked, unstacked
from graphvae.metrics import selection_metric
from graphvae.nn.models import GAE
from graphvae.specs.recipe import FitConfig
from graphvae.splits.edge_split import EdgeSplit
from graphvae.training.batches import EdgeBatches, Progress
from graphvae.training.cuda_graph import CapturedStep
from graphvae.training.label_task import LabelTask
from graphvae.training.propagated import encodes_ends, loss_of_ends
from graphvae.training.records import Pending, ValidationScores, settled
from graphvae.training.validation import Validator
from graphvae.training.weight_task import WeightTask
from graphvae_data.core.errors import InputError, TrainingError
from graphvae_data.core.rng import global_stream
from graphvae_data.machine.workers import ALONE, Workers
from graphvae_data.training.players import Player
from graphvae_data.training.records import EpochRecord
from graphvae_data.training.trainer import Trainer
from image_vae.parts.distributions.posteriors import Distribution
from image_vae.parts.terms import LossTerms
from image_vae.specs.rates import Length

USER_PARTS = 4
"""The random stream of PyTorch's global generator in steps with user-defined parts."""
NO_NUMBERS = ValidationScores(math.nan, math.nan, math.nan)


class GraphTrainer(Trainer[GAE]):
    """Trains a graph auto-encoder on the training edges of a split."""

    def __init__(
        self,
        model: GAE,
        objective: GraphObjective,
        graph: MessageGraph,
        split: EdgeSplit,
        config: FitConfig,
        generator: torch.Generator,
        *,
        masking: EdgeMasking | None = None,
        adversary: CodeAdversary | None = None,
        workers: Workers = ALONE,
        weight_task: WeightTask | None = None,
        label_task: LabelTask | None = None,
        choose_selection: Callable[[], Selection] | None = None,
    ) -> None:
        training = config.training
        self.edges = objective.reconstruction.edges
        self.batches = EdgeBatches(self.edges.size(1), config.loss.edges_per_step)
        length = Length(self.batches.count, training.epochs * self.batches.count)
        optimizer = config.optimizer.build(
            model.parameters(), training.lr, captured=training.capture
        )
        player = Player(
            model,
            optimizer,
            self._loss,
            training.clip_grad,
            reduce=self._reduce,
            in_place=training.capture,
        )
        self.player: Player[[Int[Tensor, " target"] | None], LossTerms] = player
        super().__init__(
            model,
            [player],
            generator,
            worst=-math.inf,
            ema=training.ema,
            share=training.schedule(config.rates, length),
            workers=workers,
        )
        self.objective, self.graph, self.config = objective, graph, config
        self.masking, self.adversary, self.weight_task = masking, adversary, weight_task
        self.label_task = label_task
        self._has_user_parts = config.has_user_parts
        self.progress: Progress | None = None
        self.waiting: list[Pending] = []
        self.validator = Validator(
            model, graph, split, selection_metric(config.split.select), choose_selection
        )
        self._captured = self._capture()
        self._encoded: Distribution | None = None

    @property
    def finished(self) -> bool:
        """Whether the last epoch is done, or patience ran out in a validated one."""
        training = self.config.training
        return self.epoch >= training.epochs or (
            self.exhausted(training.patience) and self.validates(self.epoch)
        )

    @property
    def done(self) -> int:
        """Finished epochs."""
        return self.epoch

    @property
    def total(self) -> int:
        """The maximum number of epochs."""
        return self.config.training.epochs

    @property
    def counts(self) -> Mapping[str, int]:
        """The finished epochs."""
        return {"epochs": self.epoch}

    def check_length(self, before: int) -> None:
        """Raise `InputError` if the state cannot be trained to the end of the settings.

        Args:
            before: the number of epochs that the state was meant for.
        """
        epochs, every = self.config.training.epochs, self.config.training.validate_every
        if epochs < self.epoch:
            raise InputError(f"epochs: the run has {self.epoch} already, got {epochs}")
        if before < epochs and self.epoch == before and before % every:
            raise InputError(
                f"epochs: the run ended with a validation after {before}, which is no multiple of "
                f"validate_every, {every}; fit again"
            )

    def validates(self, epoch: int) -> bool:
        """Return whether an epoch is validated: every few, and the last."""
        every, last = self.config.training.validate_every, self.config.training.epochs
        return epoch % every == 0 or epoch == last

    def advance(self, on_step: Callable[[], None] | None = None) -> Iterator[EpochRecord]:
        """Train one epoch; if it is validated, yield all pending records, its own last.

        The weights are kept if they are the best so far.
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
                self.rates.at(self._steps_taken - 1) if self.rates.vary else None,
            )
        )
        if self.validates(self.epoch):
            for record in self.settle():
                yield self._with_validation(record) if record.epoch == self.epoch else record
        if on_step is not None:
            on_step()

    def settle(self) -> Iterator[EpochRecord]:
        """Wait for the device and yield the records of pending epochs, without validation scores.

        Raises:
            TrainingError: the losses of an epoch are not finite; those before it were yielded.
        """
        for record in settled(self.waiting):
            if not np.isfinite([record.loss, record.parts["recon"], record.parts["kl"]]).all():
                raise self._failure("loss", record.epoch)
            yield record

    def _losses(self, progress: Progress) -> Float[Tensor, " part"]:
        """Return the sums of an epoch, followed by the discriminator's loss if there is one."""
        if self.adversary is None:
            return progress.sums
        return torch.cat([progress.sums, self.adversary.loss.unsqueeze(0)])

    def _with_validation(self, record: EpochRecord) -> EpochRecord:
        """Validate, keep the weights if they are the best, and add the scores to the record."""
        scores = self._validate()
        if scores.score > self.best.score:
            self.keep(scores.score)
        if self.finished:
            self._encoded = None
        return replace(record, validation=asdict(scores))

    def _take_steps(self, on_step: Callable[[], None] | None) -> Progress:
        """Take the remaining steps of an epoch, without waiting for their losses."""
        start = time.perf_counter()
        progress = self.progress or Progress.begin(self.batches, self.generator)
        self.progress = progress
        while progress.step < self.batches.count:
            if progress.step and on_step is not None:
                progress.seconds += time.perf_counter() - start
                on_step()
                start = time.perf_counter()
            progress.add(self.step(), self.batches.share(progress.step))
        progress.seconds += time.perf_counter() - start
        return progress

    def check_losses(self) -> None:
        """Raise `TrainingError` if a loss of this epoch is not finite; waits for the device."""
        if self.progress is not None and not bool(self.progress.sums.isfinite().all()):
            raise self._failure("loss", self.epoch + 1)

    def step(self) -> LossTerms:
        """Take one gradient step, over all edges or the next batch."""
        self.rates.set(self._steps_taken)
        terms = self.descend() if self._captured is None else self._captured()
        self.averages.update()
        return terms

    def _capture(self) -> CapturedStep | None:
        """Return a step to capture if the configuration asks for one."""
        if not self.config.training.capture:
            return None
        if self.workers.count > 1:
            raise InputError("capture: not supported with several workers; start a single one")
        return CapturedStep(self.descend, self.generator)

    def descend(self) -> LossTerms:
        """Take a step without capture."""
        self._set_training()
        with self._seeded():
            return self.player.turn(self._targets())

    def _seeded(self) -> AbstractContextManager[None]:
        """Seed what user-defined parts draw from PyTorch's global generator, such as dropout."""
        if not self._has_user_parts or self.config.training.capture:
            return nullcontext()
        stream = (USER_PARTS, self._steps_taken, self.workers.rank)
        return global_stream(self.config.run.seed, *stream, device=self.generator.device)

    def _set_training(self) -> None:
        if not self.model.training:  # the call visits every module
            self.model.train()

    def _reduce(self, learnt: Sequence[Tensor], terms: LossTerms) -> LossTerms:
        """Sum gradients and terms over the workers; the recorded loss is without further terms."""
        return unstacked(terms.parts, self.workers.add_up(learnt, stacked(terms)))

    def _loss(self, targets: Int[Tensor, " target"] | None) -> LossTerms:
        """Return the objective, with the adversarial, weight or label loss if any added.

        Only the ends of the scored pairs are encoded if their rows do not depend on others.
        """
        graph, objective = self._inputs(targets)
        if encodes_ends(self.config, graph):
            return loss_of_ends(self.model, graph, objective, self.generator)
        posterior = self._encoded or self.model.encode(graph, self.generator)
        self._encoded = None
        terms = objective(
            posterior,
            self.model.decoder_on(graph),
            self.generator,
            prior=self.model.prior_distribution(self.generator),
            step=self._steps_taken,
        )
        further: list[Tensor] = []
        parts = terms.parts
        if self.adversary is not None:
            adversarial = self.adversary.play(posterior.sample(self.generator), self.generator)
            further.append(adversarial / self.workers.count)
        if self.weight_task is not None:
            loss = self.weight_task.loss(posterior.sample(self.generator), targets)
            parts = {**parts, "weight": loss.detach()}
            further.append(loss)
        if self.label_task is not None:
            loss = self.label_task.loss(posterior.sample(self.generator))
            parts = {**parts, "label": loss.detach()}
            further.append(self.label_task.weight * loss)
        if not further:
            return terms
        return LossTerms(terms.total + sum(further[1:], further[0]), parts)

    @property
    def _steps_taken(self) -> int:
        """Steps of the whole run so far, for the schedules of a penalty."""
        within = 0 if self.progress is None else self.progress.step
        return self.epoch * self.batches.count + within

    def _inputs(
        self, targets: Int[Tensor, " target"] | None
    ) -> tuple[MessageGraph, GraphObjective]:
        """Return the message graph of a step and the objective with its target edges.

        With masking, the targets (a batch, or edges drawn for a full step) pass no messages.
        """
        if targets is None:
            return self.graph, self.objective
        graph = self.graph if self.masking is None else self.masking.without(targets)
        return graph, self.objective.on(self.edges.index_select(1, targets))

    def _targets(self) -> Int[Tensor, " target"] | None:
        """Return the indices of the edges that a step predicts; None for all."""
        if self.progress is not None and self.progress.order is not None:
            return self.batches.of(self.progress.order, self.progress.step)
        return None if self.masking is None else self.masking.draw(self.generator)

    def _validate(self) -> ValidationScores:
        """Return the scores computed by worker 0, so that all workers stop in the same epoch."""
        scores = self._own_scores() if self.workers.leads else NO_NUMBERS
        scores = ValidationScores(*self.workers.broadcast(astuple(scores)))
        if math.isnan(scores.score):
            if math.isnan(scores.auc):
                raise self._failure("embedding", self.epoch)
            raise TrainingError(
                f"select: {self.config.split.select} is not a number on the validation pairs of "
                f"epoch {self.epoch}; select by another metric"
            )
        return scores

    def _own_scores(self) -> ValidationScores:
        with self.averages.applied():
            scores = self.validator.scores(self._encode_ahead())
            if scores is None:
                return NO_NUMBERS
            if self.weight_task is not None:
                explained = self.weight_task.explained(self.model.embed(self.graph))
                scores = replace(scores, score=scores.score + explained)
        return scores

    def _encode_ahead(self) -> Float[Tensor, "node latent"] | None:
        """Encode the graph for the next step and return the embedding, which validation needs too.

        None if the two differ: by dropout, masking, averaged weights, or in what is encoded.
        """
        config = self.config
        if (
            not config.encoder.repeatable
            or self.masking is not None
            or config.training.ema
            or config.training.capture
            or self.workers.count > 1
            or self.validator.graph is not self.graph
            or encodes_ends(config, self.graph)
        ):
            return None
        self._set_training()
        with torch.enable_grad():
            self._encoded = self.model.encode(self.graph, self.generator)
        return self._encoded.point

    def state_dict(self) -> dict[str, Any]:
        """Return the state as tensors and plain values."""
        assert not self.waiting, "pending epochs without a record; call settle first"
        adversary = {} if self.adversary is None else {"adversary": self.adversary.state_dict()}
        progress = None if self.progress is None else self.progress.state_dict()
        return {**super().state_dict(), **adversary, "progress": progress}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` returned."""
        self.waiting.clear()
        self._encoded = None
        progress = state["progress"]
        if progress is not None:
            progress = Progress.of_state(progress, self.batches, self.generator)
        self.progress = progress
        super().load_state_dict(state)
        if self.adversary is not None:
            self.adversary.load_state_dict(state["adversary"])
        self._captured = self._capture()  # the optimiser's tensors were replaced

    def _failure(self, what: str, epoch: int) -> TrainingError:
        early = epoch == 1 and self.graph.features is not None
        hint = "; or scale the features (--feature-prep auto)" if early else ""
        return self.failure(what, epoch, self.config.training.lr, hint)
