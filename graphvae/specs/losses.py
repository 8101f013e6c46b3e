"""Losses: comparison of the decoded graph with the training edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from graphvae_data.settings.search import Search
from graphvae_data.settings.settings import Part, register

if TYPE_CHECKING:
    from torch import Tensor

    from graphvae.losses.reconstruction import Reconstruction
    from graphvae_data.machine.workers import Workers


@dataclass(frozen=True)
class LossInputs:
    """Training edges and sizes that a loss is built for."""

    edges: Tensor
    """Training edges [2, edge], each once; on the device."""
    num_nodes: int
    """N."""
    directed: bool
    """Whether edges are directed."""
    workers: Workers
    """The processes that share the work of a step."""
    sides: Tensor | None = None
    """0 or 1 for each node of a bipartite graph, where pairs within a side are excluded."""
    features: Tensor | None = None
    """Node features, for losses that look for similar nodes."""


class Loss(Part):
    """The reconstruction term.

    User-defined losses declare their settings and build a `Reconstruction`.
    """

    family: ClassVar[dict[str, type[Part]]] = {}

    @property
    def all_pairs(self) -> bool:
        """Whether all pairs of nodes are scored, which requires an inner-product decoder."""
        return False

    @property
    def likelihood(self) -> bool:
        """Whether it is −log p(A | Z) of the whole graph, which the IWAE bound requires."""
        return False

    @property
    def of_pairs(self) -> bool:
        """Whether it builds a `SampledPairs`, for which encoding the ends of the pairs suffices.

        See `graphvae.training.propagated`.
        """
        return False

    @property
    def edges_per_step(self) -> int | None:
        """Training edges in a step; None for all."""
        return None

    @property
    def negatives(self) -> int:
        """Non-edges drawn for each edge of a step."""
        return 0

    @property
    def nodes_per_step(self) -> int | None:
        """Number of nodes whose pairs a step decodes; None for all."""
        return None

    @property
    def capturable(self) -> bool:
        """Whether a step can be captured as a CUDA graph: every step has the same shapes."""
        return False

    def pairs_per_epoch(self, num_nodes: int, num_edges: int) -> int:
        """Return the number of pairs that an epoch scores.

        Args:
            num_nodes: N.
            num_edges: edges that are scored as positives.
        """
        raise NotImplementedError

    def build(self, inputs: LossInputs) -> Reconstruction:
        """Return the function of codes and decoder."""
        raise NotImplementedError


@register
class PaperLoss(Loss):
    """Weighted cross-entropy over all pairs, with the KL scaled as in Kipf & Welling's code."""

    name = "paper"
    decode_nodes: int | None = Field(
        default=None,
        ge=2,
        description="Decode only pairs among this many nodes per step (FastGAE).",
    )
    decode_alpha: float = Field(
        default=1.0,
        ge=0,
        description="Sample these nodes in proportion to this power of the degree.",
    )

    @property
    def all_pairs(self) -> bool:
        """Yes."""
        return True

    @property
    def nodes_per_step(self) -> int | None:
        """The setting `decode_nodes`."""
        return self.decode_nodes

    @property
    def capturable(self) -> bool:
        """True if all pairs are decoded."""
        return self.decode_nodes is None

    def pairs_per_epoch(self, num_nodes: int, num_edges: int) -> int:
        """Return N², or the square of the decoded nodes."""
        return (self.decode_nodes or num_nodes) ** 2

    def build(self, inputs: LossInputs) -> Reconstruction:
        """Return the loss."""
        from graphvae.losses.fastgae import NodeSampler
        from graphvae.losses.weighted import WeightedPairs

        nodes = None
        if self.decode_nodes is not None:
            nodes = NodeSampler(
                inputs.edges, inputs.num_nodes, count=self.decode_nodes, alpha=self.decode_alpha
            )
        return WeightedPairs(
            inputs.edges, inputs.num_nodes, inputs.workers, nodes=nodes, sides=inputs.sides
        )


@register
class ElboLoss(Loss):
    """−log p(A | Z) over all unordered pairs; with the KL it is the negative ELBO."""

    name = "elbo"

    @property
    def all_pairs(self) -> bool:
        """Yes."""
        return True

    @property
    def likelihood(self) -> bool:
        """Yes."""
        return True

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True

    def pairs_per_epoch(self, num_nodes: int, num_edges: int) -> int:
        """Return N (N − 1) / 2."""
        return num_nodes * (num_nodes - 1) // 2

    def build(self, inputs: LossInputs) -> Reconstruction:
        """Return the loss."""
        from graphvae.losses.likelihood import PairLikelihood

        return PairLikelihood(inputs.edges, inputs.num_nodes, inputs.workers, sides=inputs.sides)


@register
class SampledLoss(Loss):
    """Cross-entropy of edges and sampled non-edges; for any decoder and for large graphs."""

    name = "sampled"
    negative_ratio: Annotated[int, Search(1, 8, log=True)] = Field(
        default=1, ge=1, description="Non-edges sampled per edge."
    )
    batch_size: int | None = Field(
        default=None, ge=1, description="Edges per step; all by default."
    )

    @property
    def of_pairs(self) -> bool:
        """Yes."""
        return True

    @property
    def edges_per_step(self) -> int | None:
        """The setting `batch_size`."""
        return self.batch_size

    @property
    def negatives(self) -> int:
        """The setting `negative_ratio`."""
        return self.negative_ratio

    @property
    def capturable(self) -> bool:
        """True if all edges are in one step."""
        return self.batch_size is None

    def pairs_per_epoch(self, num_nodes: int, num_edges: int) -> int:
        """Return edges and non-edges."""
        return num_edges * (1 + self.negative_ratio)

    def build(self, inputs: LossInputs) -> Reconstruction:
        """Return the loss."""
        from graphvae.losses.sampled import SampledPairs

        return SampledPairs(
            inputs.edges,
            inputs.num_nodes,
            inputs.workers,
            directed=inputs.directed,
            negatives=self.negative_ratio,
            sides=inputs.sides,
        )


@register
class BprLoss(Loss):
    """Bayesian personalised ranking: edges above non-edges of a source (Rendle et al. 2009)."""

    name = "bpr"
    batch_size: int | None = Field(
        default=None, ge=1, description="Edges per step; all by default."
    )
    decay: Annotated[float, Search(1e-6, 1e-1, log=True)] = Field(
        default=1e-4,
        ge=0,
        description="Weight of the squared norms of the codes that a step scores.",
    )

    @property
    def edges_per_step(self) -> int | None:
        """The setting `batch_size`."""
        return self.batch_size

    @property
    def negatives(self) -> int:
        """One."""
        return 1

    def pairs_per_epoch(self, num_nodes: int, num_edges: int) -> int:
        """Return edges and as many non-edges."""
        return 2 * num_edges

    def build(self, inputs: LossInputs) -> Reconstruction:
        """Return the loss."""
        from graphvae.losses.bpr import BprPairs

        return BprPairs(
            inputs.edges,
            inputs.num_nodes,
            inputs.workers,
            directed=inputs.directed,
            sides=inputs.sides,
            decay=self.decay,
        )
