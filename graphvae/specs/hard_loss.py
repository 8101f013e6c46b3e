"""The loss of edges against a mixture of hard and uniform non-edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import Field, model_validator

from graphvae.specs.losses import Loss, LossInputs
from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import register

if TYPE_CHECKING:
    from graphvae.losses.reconstruction import Reconstruction

AnyHard = TypeVar("AnyHard", bound="HardLoss")


@register
class HardLoss(Loss):
    """Cross-entropy of edges, hard non-edges and uniform ones; for any undirected decoder."""

    name = "hard"
    negative_ratio: int = Field(5, ge=1, description="Non-edges sampled per edge.")
    hard_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Share of them drawn from the hardest partners of an end, by resource "
        "allocation, PageRank and features; the others are uniform.",
    )
    candidates: int = Field(250, ge=1, description="Hardest partners of a node to draw from.")
    graph_weight: float = Field(
        0.0,
        ge=0,
        description="Weight of −log p(A | Z) of the whole graph by the inner product of the codes.",
    )
    batch_size: int | None = Field(None, ge=1, description="Edges per step; all by default.")

    @model_validator(mode="after")
    def _check_batch(self: AnyHard) -> AnyHard:
        if self.graph_weight and self.batch_size is not None:
            raise SettingClash(
                ("loss", "graph_weight"), "is of the whole graph and does not support batches"
            )
        return self

    @property
    def edges_per_step(self) -> int | None:
        """As set."""
        return self.batch_size

    @property
    def negatives(self) -> int:
        """As set."""
        return self.negative_ratio

    def pairs_per_epoch(self, num_nodes: int, num_edges: int) -> int:
        """Return edges and non-edges, and all pairs if they count."""
        every = num_nodes * (num_nodes - 1) // 2 if self.graph_weight else 0
        return num_edges * (1 + self.negative_ratio) + every

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
            graph_weight=self.graph_weight,
        )
