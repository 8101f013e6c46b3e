"""The loss of edges against a mixture of hard and uniform non-edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from graphvae.specs.losses import Loss, LossInputs
from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import register

if TYPE_CHECKING:
    from graphvae.losses.reconstruction import Reconstruction


@register
class HardLoss(Loss):
    """Cross-entropy of edges, hard non-edges and uniform ones; for any undirected decoder."""

    name = "hard"
    negative_ratio: int = Field(default=10, ge=1, description="Non-edges sampled per edge.")
    hard_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of them drawn from the hardest partners of an end, by resource "
        "allocation, PageRank and features; the others are uniform.",
    )
    candidates: int = Field(
        default=250, ge=1, description="Hardest partners of a node to draw from."
    )
    batch_size: int | None = Field(
        default=None, ge=1, description="Edges per step; all by default."
    )

    @property
    def edges_per_step(self) -> int | None:
        """As set."""
        return self.batch_size

    @property
    def negatives(self) -> int:
        """As set."""
        return self.negative_ratio

    def pairs_per_epoch(self, num_nodes: int, num_edges: int) -> int:
        """Return edges and non-edges."""
        return num_edges * (1 + self.negative_ratio)

    def build(self, inputs: LossInputs) -> Reconstruction:
        """Return the loss; `SettingClash` for a directed graph."""
        from graphvae.losses.hard import HardNonEdges, HardPairs

        if inputs.directed:
            raise SettingClash(("loss",), "hard does not support directed graphs; choose sampled")
        non_edges = HardNonEdges(
            inputs.edges,
            inputs.num_nodes,
            share=self.hard_share,
            candidates=self.candidates,
            features=inputs.features,
            sides=inputs.sides,
        )
        return HardPairs(
            inputs.edges,
            inputs.num_nodes,
            inputs.workers,
            non_edges=non_edges,
            negatives=self.negative_ratio,
        )
