"""What a loss is made of: the number that is minimised, and others by name for the record.

The parts of a batch's loss stay tensors on the device, so that recording them makes no step wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

PARTS: dict[str, str] = {
    "recon": "reconstruction, −log p(x | z)",
    "kl": "divergence, KL",
    "capacity": "its capacity, C(t)",
    "floored_kl": "with free bits, Σ max(λ, KL)",
    "label": "label, −log p(y | z₁)",
    "generator": "−log D of made images",
    "information": "what an image tells of its code, L_I",
    "mutual_information": "mutual information",
    "total_correlation": "total correlation",
    "total_correlation_within": "total correlation inside groups",
    "dimension_kl": "dimension-wise KL",
    "discriminator": "the discriminator's loss",
}
"""Every part by the name it has in `history.jsonl`, and what a picture calls it; all unweighed, in
nats. Of groups of coordinates, `total_correlation` is that between them. `label` is a mean over all
images, those whose label is not known as 0."""


@dataclass(frozen=True)
class LossTerms:
    """What one batch costs, or what a penalty adds to it."""

    total: Float[Tensor, ""]
    """What is minimised."""
    parts: Mapping[str, Float[Tensor, ""]] = field(default_factory=dict)
    """Means over the batch, by names of `PARTS`."""


class Means:
    """Running means of losses by name, over images; kept on the device, where nothing waits.

    Args:
        device: where the losses are.
    """

    def __init__(self, device: torch.device) -> None:
        self.names: tuple[str, ...] = ()
        """The losses, in the order of `sums`."""
        self.sums = torch.zeros(0, device=device)
        """Of each loss, over the images so far."""

    def add(self, losses: Mapping[str, Float[Tensor, ""]], images: int) -> None:
        """Take in the means over a batch of so many images."""
        more = torch.stack(list(losses.values())).detach() * images
        self.sums = self.sums + more if self.names else more
        self.names = tuple(losses)

    def over(self, images: int) -> dict[str, float]:
        """Return the means over all images; waits for the device."""
        return dict(zip(self.names, (self.sums / images).tolist(), strict=True))
