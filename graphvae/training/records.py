"""What is recorded of an epoch, and how finished epochs wait for their records.

To read a number from a device, the host waits until all that was launched before is done. So an
epoch leaves its sums where they are (`Pending`), and the host launches the next; when something is
due, the sums of all epochs that wait come over in one transfer (`settled`).
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
    """One line of `history.jsonl`; its losses are means over the steps, weighted by their edges.

    Raises:
        InputError: a part of the penalty has the name of another field.
    """

    epoch: int
    """Counted from 1."""
    loss: float
    """The objective at the start of each step."""
    recon: float
    """Its reconstruction term."""
    kl: float
    """Its Kullback-Leibler term, as scaled and weighed in the loss."""
    val_auc: float | None
    """Validation AUC after the last step; None in an epoch that was not validated."""
    val_ap: float | None
    """Validation AP, likewise."""
    val_score: float | None
    """What selection compares, likewise; higher is better. By default the mean of validation AUC
    and AP."""
    step_seconds: float
    """Mean wall time of a training step alone, over the epochs that were waited for together; on a
    GPU a checkpoint within an epoch takes part of that wait."""
    discriminator: float | None = None
    """The discriminator's loss before its step, where the model has one; no part of `loss`."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """What the penalty tells for the record, by name: means over the nodes, in nats, unweighted."""

    def __post_init__(self) -> None:
        for name in self.parts:
            if name in FIELDS:
                raise InputError(
                    f"penalty: expected loss terms with names other than {', '.join(FIELDS)}, got "
                    f"{name!r}"
                )

    @property
    def finite(self) -> bool:
        """Whether the losses are numbers."""
        return all(math.isfinite(part) for part in (self.loss, self.recon, self.kl))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, every part by its own name; without a discriminator, none of it."""
        values = {name: getattr(self, name) for name in FIELDS}
        if self.discriminator is None:
            del values["discriminator"]
        return values | dict(self.parts)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EpochRecord:
        """Return the record that `to_dict` turned into these values.

        Raises:
            TypeError: a field is missing, or a part of the penalty is no number.
        """
        known = {name: values[name] for name in FIELDS if name in values}
        parts = {name: value for name, value in values.items() if name not in FIELDS}
        for name, value in parts.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"{name}: expected a number, got {value!r}")
        return cls(**known, parts=parts)


FIELDS = tuple(each.name for each in fields(EpochRecord) if each.name != "parts")
"""The fields of a line beside the parts of the penalty."""


@dataclass(frozen=True)
class ValidationScores:
    """The scores of an epoch on the validation pairs."""

    auc: float
    """Area under the ROC curve."""
    ap: float
    """Average precision."""
    score: float
    """What selection compares; higher is better."""

    @classmethod
    def of(
        cls,
        select: Metric,
        positives: Float[np.ndarray, " positive"],
        negatives: Float[np.ndarray, " negative"],
        per_positive: int,
    ) -> ValidationScores:
        """Compute them; the arguments after `select` are those of `Metric.score`."""
        curve = RankingCurve.of(positives, negatives)
        auc, ap = float(Auc().of_ranking(curve)), float(AveragePrecision().of_ranking(curve))
        score = select.from_auc_ap(auc, ap)
        if score is None:
            score = select.score(positives, negatives, per_positive)
        return cls(auc, ap, select.gain(score))


@dataclass(frozen=True)
class Pending:
    """An epoch whose steps are launched, and whose losses nobody has waited for."""

    epoch: int
    """Counted from 1."""
    losses: Float[Tensor, " part"]
    """Loss, reconstruction, KL, the parts of the penalty and, where there is one, the
    discriminator's; on the device."""
    names: tuple[str, ...]
    """Of the parts of the penalty."""
    steps: int
    """How many steps it took."""
    seconds: float
    """How long the host took over them."""


def settled(waiting: list[Pending]) -> Iterator[EpochRecord]:
    """Wait for the device once, then take epochs off the list, oldest first, as records.

    An epoch stays on the list until its record is asked for, so that none is lost if the caller
    breaks off between two. The wait is shared out among the steps.
    """
    if not waiting:
        return
    start = time.perf_counter()
    rows = torch.stack([one.losses for one in waiting]).tolist()
    seconds = time.perf_counter() - start + sum(one.seconds for one in waiting)
    step_seconds = seconds / sum(one.steps for one in waiting)
    for loss, recon, kl, *others in rows:
        one = waiting.pop(0)
        parts, rest = others[: len(one.names)], others[len(one.names) :]
        yield EpochRecord(
            epoch=one.epoch,
            loss=loss,
            recon=recon,
            kl=kl,
            val_auc=None,
            val_ap=None,
            val_score=None,
            step_seconds=step_seconds,
            discriminator=rest[0] if rest else None,
            parts=dict(zip(one.names, parts, strict=True)),
        )
