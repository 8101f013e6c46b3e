"""Loss terms: the number that is minimised, and its parts by name for the record.

The parts stay tensors on the device, so that recording them makes no step wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Curve:
    """How a picture shows a loss term over the epochs."""

    label: str
    """What the picture calls it."""
    apart: bool = False
    """Whether it stands in a panel apart, as measured on the batches of training."""


@dataclass(frozen=True)
class LossTerms:
    """What one batch costs, or what a penalty adds to it."""

    total: Float[Tensor, ""]
    """What is minimised."""
    parts: Mapping[str, Float[Tensor, ""]] = field(default_factory=dict)
    """Unweighted means over the batch, in nats, by the names that `history.jsonl` gives them."""


class Means:
    """Running means of losses by name, over images; kept on the device.

    Args:
        device: where the losses are.
    """

    def __init__(self, device: torch.device) -> None:
        self.names: tuple[str, ...] = ()
        """The losses, in the order of `sums`."""
        self.sums = torch.zeros(0, device=device)
        """Of each loss, over the images so far."""

    def add(self, losses: Mapping[str, Float[Tensor, ""]], images: int) -> None:
        """Add the means over a batch of `images` images."""
        more = torch.stack(list(losses.values())).detach() * images
        self.sums = self.sums + more if self.names else more
        self.names = tuple(losses)

    def over(self, images: int) -> dict[str, float]:
        """Return the means over all images; waits for the device."""
        return dict(zip(self.names, (self.sums / images).tolist(), strict=True))
