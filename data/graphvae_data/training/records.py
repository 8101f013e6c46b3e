"""The record of an epoch, a line of `history.jsonl`, for every trainer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphvae_data.core.errors import InputError

VAL = "val_"
"""Prefix of the names of validation scores in a line."""
FIELDS = ("epoch", "loss", "step", "lr", "step_seconds")
"""The names in a line other than loss terms and validation scores."""


@dataclass(frozen=True)
class EpochRecord:
    """One line of `history.jsonl`; losses are means over an epoch.

    >>> record = EpochRecord(1, 3.5, {"recon": 3.0, "kl": 0.5}, {"auc": 0.9}, step_seconds=0.1)
    >>> EpochRecord.from_dict(record.to_dict()) == record
    True

    Raises:
        InputError: a loss term with the name of another field.
    """

    epoch: int
    """Counted from 1; the last may be shorter because of a limit on steps."""
    loss: float
    """The training objective."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Its parts by name, and a discriminator's loss. For images in nats per image, `recon`, `kl`
    and what a penalty adds. For graphs as scaled in the loss, and the parts of a penalty as
    unweighted means over the nodes, in nats."""
    validation: Mapping[str, float | None] = field(default_factory=dict)
    """The scores on validation data, with the weights at the end of the epoch, without the prefix
    `val_` that they have in the file. For images the loss and its parts. For graphs `auc`, `ap` and
    `score`, the selection metric, higher is better; None in an epoch that was not validated."""
    step_seconds: float = 0.0
    """Mean wall time of a training step. On graphs, over the epochs read in one transfer; on a GPU,
    a checkpoint within an epoch takes over part of the waiting time."""
    step: int | None = None
    """Steps taken up to its end, if recorded."""
    lr: float | None = None
    """The learning rate at its end, if recorded."""

    def __post_init__(self) -> None:
        for name in self.parts:
            if name in FIELDS or name.startswith(VAL):
                raise InputError(
                    f"loss terms: expected names other than {', '.join(FIELDS)}, and none that "
                    f"starts with {VAL}, got {name!r}"
                )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, every part and score under its own name: `kl`, `val_kl`."""
        values: dict[str, Any] = {
            "epoch": self.epoch,
            "step": self.step,
            "loss": self.loss,
            **self.parts,
            **{VAL + name: value for name, value in self.validation.items()},
            "lr": self.lr,
            "step_seconds": self.step_seconds,
        }
        return {
            name: value
            for name, value in values.items()
            if value is not None or name not in ("step", "lr")
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EpochRecord:
        """Return the record that `to_dict` turned into these values.

        Raises:
            TypeError: a field is missing, or a value is not a number.
        """
        known, parts, validation = dict[str, Any](), dict[str, float](), dict[str, float | None]()
        for name, value in values.items():
            scored = name.startswith(VAL)
            if not (_number(value) or (scored and value is None)):
                raise TypeError(f"{name}: expected a number, got {value!r}")
            if scored:
                validation[name.removeprefix(VAL)] = value
            elif name in FIELDS:
                known[name] = value
            else:
                parts[name] = value
        for name in ("epoch", "loss", "step_seconds"):
            if name not in known:
                raise TypeError(f"expected {name}, got {', '.join(values)}")
        return cls(**known, parts=parts, validation=validation)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
