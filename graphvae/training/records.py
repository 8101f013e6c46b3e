"""Records of epochs, and pending epochs whose losses are still on the device.

Reading a number from a device blocks the host until all work launched before is done. So an epoch
leaves its sums on the device (`Pending`) while the host launches the next; the sums of all
pending epochs are later read in one transfer (`settled`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from graphvae.metrics import Auc, AveragePrecision, Metric
from graphvae.metrics.ranking_curve import RankingCurve
from graphvae_data.training.records import EpochRecord

UNSCORED: Mapping[str, None] = {"auc": None, "ap": None, "score": None}
"""The validation scores of an epoch that was not validated."""


@dataclass(frozen=True)
class ValidationScores:
    """The scores of an epoch on the validation pairs."""

    auc: float
    """Area under the ROC curve."""
    ap: float
    """Average precision."""
    score: float
    """The selection metric; higher is better."""

    @classmethod
    def of(
        cls,
        select: Metric,
        positives: Float[np.ndarray, " positive"],
        negatives: Float[np.ndarray, " negative"],
        per_positive: int,
    ) -> ValidationScores:
        """Compute the scores; the arguments after `select` are those of `Metric.score`."""
        curve = RankingCurve.of(positives, negatives)
        auc, ap = float(Auc().of_ranking(curve)), float(AveragePrecision().of_ranking(curve))
        score = select.from_auc_ap(auc, ap)
        if score is None:
            score = select.score(positives, negatives, per_positive)
        return cls(auc, ap, select.gain(score))


@dataclass(frozen=True)
class Pending:
    """An epoch whose steps are launched and whose losses have not been read."""

    epoch: int
    """Counted from 1."""
    losses: Float[Tensor, " part"]
    """The loss, its parts and, where there is one, the discriminator's loss; on the device."""
    names: tuple[str, ...]
    """Names of the parts."""
    steps: int
    """Number of steps."""
    seconds: float
    """Time that the host took to launch them."""
    lr: float | None = None
    """The learning rate, if it varies."""


def settled(waiting: list[Pending]) -> Iterator[EpochRecord]:
    """Wait for the device once, then remove epochs from the list and yield them, oldest first.

    An epoch stays in the list until its record is requested, so that none is lost if the caller
    stops early. The waiting time is divided among the steps.
    """
    if not waiting:
        return
    start = time.perf_counter()
    rows = torch.stack([epoch.losses for epoch in waiting]).tolist()
    seconds = time.perf_counter() - start + sum(epoch.seconds for epoch in waiting)
    step_seconds = seconds / sum(epoch.steps for epoch in waiting)
    for loss, *terms in rows:
        epoch = waiting.pop(0)
        names = (*epoch.names, "discriminator")[: len(terms)]
        yield EpochRecord(
            epoch=epoch.epoch,
            loss=loss,
            parts=dict(zip(names, terms, strict=True)),
            validation=UNSCORED,
            step_seconds=step_seconds,
            lr=epoch.lr,
        )
