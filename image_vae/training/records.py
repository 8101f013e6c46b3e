"""The record of a training run on images: a line an epoch, its losses by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from image_vae.parts.terms import PARTS

OF_VALIDATION = "val_"
"""What stands before the name of a loss on validation images."""


@dataclass(frozen=True)
class EpochRecord:
    """One line of `history.jsonl`; losses are means over an epoch, in nats per image."""

    epoch: int
    """Counted from 1; the last may be cut short by a limit on steps."""
    step: int
    """Steps taken by its end."""
    loss: float
    """The training objective."""
    parts: Mapping[str, float]
    """Its parts and those of a discriminator's, by names of `terms.PARTS`. Of a decomposed
    divergence they are estimates from the batches of training, by the weights that were chosen."""
    val_loss: float
    """The same objective on the validation images, with the weights of the epoch's end."""
    val_parts: Mapping[str, float]
    """Its parts; those estimated from a batch are of larger batches than in training."""
    lr: float
    """The step size."""
    step_seconds: float
    """Wall time of a training step, on average."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, every part under its own name: `kl`, `val_kl`."""
        of_validation = {OF_VALIDATION + name: value for name, value in self.val_parts.items()}
        return {
            "epoch": self.epoch,
            "step": self.step,
            "loss": self.loss,
            **self.parts,
            "val_loss": self.val_loss,
            **of_validation,
            "lr": self.lr,
            "step_seconds": self.step_seconds,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EpochRecord:
        """Return the record that `to_dict` turned into these values.

        Raises:
            TypeError: one of them is missing, or not known.
        """
        rest = dict(values)
        parts = {name: rest.pop(name) for name in PARTS if name in rest}
        of_validation = {
            name: rest.pop(OF_VALIDATION + name) for name in PARTS if OF_VALIDATION + name in rest
        }
        return cls(**rest, parts=parts, val_parts=of_validation)
