"""Records of epochs, and pending epochs whose losses are still on the device.

Reading a number from a device blocks the host until all work launched before is done. So an epoch
leaves its sums on the device (`Pending`) while the host launches the next; the sums of all
pending epochs are later read in one transfer (`settled`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from graphvae.metrics import Auc, AveragePrecision, Metric
from graphvae.metrics.ranking_curve import RankingCurve
from graphvae_data.core.errors import InputError


@dataclass(frozen=True)
class EpochRecord:
    """One line of `history.jsonl`; losses are means over the steps, weighted by their edges.

    Raises:
        InputError: a part of the penalty has the name of another field.
    """

    epoch: int
    """Counted from 1."""
    loss: float
    """The objective."""
    recon: float
    """Its reconstruction term."""
    kl: float
    """Its Kullback-Leibler term, as scaled and weighted in the loss."""
    val_auc: float | None
    """Validation AUC after the last step; None in an epoch that was not validated."""
    val_ap: float | None
    """Validation AP, likewise."""
    val_score: float | None
    """The selection metric, likewise; higher is better. By default the mean of validation AUC and
    AP."""
    step_seconds: float
    """Mean wall time of a training step, over the epochs read in one transfer. On a GPU, a
    checkpoint within an epoch takes over part of the waiting time."""
    discriminator: float | None = None
    """The discriminator's loss before its step, if the model has one; not part of `loss`."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Terms that the penalty reports, by name: unweighted means over the nodes, in nats."""

    def __post_init__(self) -> None:
        for name in self.parts:
            if name in FIELDS:
                raise InputError(
                    f"penalty: expected loss terms with names other than {', '.join(FIELDS)}, got "
                    f"{name!r}"
                )

    @property
    def finite(self) -> bool:
        """Whether the losses are finite."""
        return all(math.isfinite(part) for part in (self.loss, self.recon, self.kl))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, each part under its name, without an absent discriminator."""
        values = {name: getattr(self, name) for name in FIELDS}
        if self.discriminator is None:
            del values["discriminator"]
        return values | dict(self.parts)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EpochRecord:
        """Return the record that `to_dict` turned into these values.

        Raises:
            TypeError: a field is missing, or a part of the penalty is not a number.
        """
        known = {name: values[name] for name in FIELDS if name in values}
        parts = {name: value for name, value in values.items() if name not in FIELDS}
        for name, value in parts.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"{name}: expected a number, got {value!r}")
        return cls(**known, parts=parts)


FIELDS = tuple(each.name for each in fields(EpochRecord) if each.name != "parts")
"""The fields of a record other than the parts of the penalty."""


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
    """Loss, reconstruction, KL, the parts of the penalty and, where there is one, the
    discriminator's; on the device."""
    names: tuple[str, ...]
    """Names of the parts of the penalty."""
    steps: int
    """Number of steps."""
    seconds: float
    """Time that the host took to launch them."""


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
    for loss, recon, kl, *others in rows:
        epoch = waiting.pop(0)
        parts, discriminator = others[: len(epoch.names)], others[len(epoch.names) :]
        yield EpochRecord(
            epoch=epoch.epoch,
            loss=loss,
            recon=recon,
            kl=kl,
            val_auc=None,
            val_ap=None,
            val_score=None,
            step_seconds=step_seconds,
            discriminator=discriminator[0] if discriminator else None,
            parts=dict(zip(epoch.names, parts, strict=True)),
        )
