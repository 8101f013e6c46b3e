"""Loss terms: the minimised number, and its parts by name.

The parts stay tensors on the device, so that recording them needs no synchronisation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Curve:
    """How a plot shows a loss term over the epochs."""

    label: str
    """Its label in the plot."""
    apart: bool = False
    """Whether it has a separate panel, because it is estimated from training batches."""


@dataclass(frozen=True)
class LossTerms:
    """The loss of a batch, or the term that a penalty adds to it."""

    total: Float[Tensor, ""]
    """The minimised number."""
    parts: Mapping[str, Float[Tensor, ""]] = field(default_factory=dict)
    """Unweighted means over the batch, in nats, by their names in `history.jsonl`."""


def weighted_sum(rows: Iterable[tuple[float, LossTerms]]) -> LossTerms:
    """Return the weighted sum of losses and of their parts; missing parts count as 0.

    >>> one, two = LossTerms(torch.tensor(1.0)), LossTerms(torch.tensor(3.0))
    >>> weighted_sum([(0.5, one), (0.5, two)]).total
    tensor(2.)
    """
    parts, totals = dict[str, Tensor](), list[Tensor]()
    for weight, terms in rows:
        totals.append(weight * terms.total)
        for name, value in terms.parts.items():
            parts[name] = parts[name] + weight * value if name in parts else weight * value
    return LossTerms(reduce(torch.add, totals), parts)


class Means:
    """Running means of losses by name, over images; kept on the device.

    Args:
        device: the device of the losses.
    """

    def __init__(self, device: torch.device) -> None:
        self.names: tuple[str, ...] = ()
        """The losses, in the order of `sums`."""
        self.sums = torch.zeros(0, device=device)
        """The sum of each loss over the images so far."""

    def add(self, losses: Mapping[str, Float[Tensor, ""]], images: int) -> None:
        """Add the means over a batch of `images` images."""
        more = torch.stack(list(losses.values())).detach() * images
        self.sums = self.sums + more if self.names else more
        self.names = tuple(losses)

    def over(self, images: int) -> dict[str, float]:
        """Return the means over all images; synchronises with the device."""
        return dict(zip(self.names, (self.sums / images).tolist(), strict=True))
