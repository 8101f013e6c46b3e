"""Mini-batches over edges: an epoch is one pass over the training edges in random order.

Notation: E training edges, B the batch size; an epoch takes ⌈E / B⌉ steps, the last of which may be
smaller. Each step encodes the whole graph, or as much of it as it needs, and scores only its own
edges. Without a batch size one step takes all edges, and their order is not shuffled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from image_vae.parts.terms import LossTerms


@dataclass(frozen=True)
class EdgeBatches:
    """Division of the training edges into the steps of an epoch.

    >>> batches = EdgeBatches(num_edges=5, size=2)
    >>> order = batches.draw(torch.Generator().manual_seed(0))
    >>> [len(batches.of(order, number)) for number in range(batches.count)]
    [2, 2, 1]
    """

    num_edges: int
    """E."""
    size: int | None
    """B; None takes all edges in one step."""

    @property
    def count(self) -> int:
        """Steps in an epoch."""
        return 1 if self.size is None else -(-self.num_edges // self.size)

    def share(self, number: int) -> float:
        """Return a batch's share of the edges, its weight in the means of the epoch."""
        if self.size is None:
            return 1.0
        return (min(self.num_edges, (number + 1) * self.size) - number * self.size) / self.num_edges

    def draw(self, generator: torch.Generator) -> Int[Tensor, " edge"] | None:
        """Draw the order of an epoch, on the generator's device; None without a batch size."""
        if self.size is None:
            return None
        return torch.randperm(self.num_edges, generator=generator, device=generator.device)

    def of(self, order: Int[Tensor, " edge"], number: int) -> Int[Tensor, " target"]:
        """Return the indices of a batch's edges."""
        assert self.size is not None, "without a batch size there is no order"
        return order[number * self.size : (number + 1) * self.size]


@dataclass
class Progress:
    """Progress within an epoch, enough to resume between two steps with identical results."""

    start: Tensor
    """State of the generator before the epoch's order was drawn, to draw it again."""
    order: Int[Tensor, " edge"] | None
    """The order of the edges; None without a batch size."""
    sums: Float[Tensor, " loss"]
    """The loss and its parts so far, each step weighted by its share of the edges; empty before the
    first."""
    names: tuple[str, ...] = ()
    """Names of the parts."""
    step: int = 0
    """Steps taken."""
    seconds: float = 0.0
    """Wall time of those steps."""

    @classmethod
    def begin(cls, batches: EdgeBatches, generator: torch.Generator) -> Progress:
        """Draw the order of a new epoch."""
        start = generator.get_state()
        return cls(start, batches.draw(generator), torch.zeros(0, device=generator.device))

    def add(self, terms: LossTerms, share: float) -> None:
        """Add the losses of a step, weighted by its share of the edges."""
        weighted = share * torch.stack([terms.total, *terms.parts.values()])
        self.sums = self.sums + weighted if self.step else weighted
        self.names = tuple(terms.parts)
        self.step += 1

    def state_dict(self) -> dict[str, Any]:
        """Return all but the order, which is drawn again from the generator's state."""
        return {
            "start": self.start,
            "sums": self.sums.clone(),
            "step": self.step,
            "seconds": self.seconds,
        }

    @classmethod
    def of_state(
        cls, state: dict[str, Any], batches: EdgeBatches, generator: torch.Generator
    ) -> Progress:
        """Rebuild from a state; the generator is left as just after the order was drawn."""
        generator.set_state(state["start"].cpu())
        progress = cls.begin(batches, generator)
        progress.sums = state["sums"].to(progress.sums.device)
        progress.step, progress.seconds = state["step"], state["seconds"]
        return progress
