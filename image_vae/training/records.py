"""The history of a training run on images: a line per epoch, with losses by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from graphvae_data.core.errors import InputError

VAL = "val_"
"""Prefix of the names of loss terms on validation images."""


@dataclass(frozen=True)
class EpochRecord:
    """One line of `history.jsonl`; losses are means over an epoch, in nats per image.

    Raises:
        InputError: a loss term with the name of another field.
    """

    epoch: int
    """Counted from 1; the last may be shorter because of a limit on steps."""
    step: int
    """Steps taken up to its end."""
    loss: float
    """The training objective."""
    parts: Mapping[str, float]
    """Its parts, and those of a discriminator's loss, by name. Parts of a decomposed divergence are
    estimates from the training batches."""
    val_loss: float
    """The same objective on the validation images, with the weights at the end of the epoch."""
    val_parts: Mapping[str, float]
    """Its parts; those estimated from batches use larger batches than in training."""
    lr: float
    """The learning rate."""
    step_seconds: float
    """Mean wall time of a training step."""

    def __post_init__(self) -> None:
        for name in (*self.parts, *self.val_parts):
            if name in FIELDS or name.startswith(VAL):
                raise InputError(
                    f"loss terms: expected names other than {', '.join(FIELDS)}, and none that "
                    f"starts with {VAL}, got {name!r}"
                )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, every part under its own name: `kl`, `val_kl`."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "loss": self.loss,
            **self.parts,
            "val_loss": self.val_loss,
            **{VAL + name: value for name, value in self.val_parts.items()},
            "lr": self.lr,
            "step_seconds": self.step_seconds,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EpochRecord:
        """Return the record that `to_dict` turned into these values.

        Raises:
            TypeError: a field is missing, or a value is not a number.
        """
        for name, value in values.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"{name}: expected a number, got {value!r}")
        known = {name: values[name] for name in FIELDS if name in values}
        others = {name: value for name, value in values.items() if name not in FIELDS}
        return cls(
            **known,
            parts={name: value for name, value in others.items() if not name.startswith(VAL)},
            val_parts={
                name.removeprefix(VAL): value
                for name, value in others.items()
                if name.startswith(VAL)
            },
        )


FIELDS = tuple(
    field.name for field in fields(EpochRecord) if field.name not in ("parts", "val_parts")
)
"""The fields of a line other than the loss terms."""
