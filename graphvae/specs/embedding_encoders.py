"""Encoders of learnable node embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from graphvae.specs.encoders import Dropout, EncoderInputs, GraphEncoder, Hidden
from graphvae_data.settings.search import Search
from graphvae_data.settings.settings import register

if TYPE_CHECKING:
    from torch import nn


@register
class EmbeddingEncoder(GraphEncoder):
    """Learnable orthogonal node embeddings and linear hops (Ma et al. 2024)."""

    name = "embedding"
    hidden: Hidden = Field(
        default=32, ge=1, description="Width of the node embeddings, for graphs with features."
    )
    dropout: Dropout = Field(default=0.0, ge=0, lt=1, description="Dropout rate of the features.")
    state_dropout: Annotated[float, Search(0.0, 0.5)] = Field(
        default=0.0, ge=0, lt=1, description="Dropout rate of the node states after the hops."
    )
    hops: Annotated[int, Search(1, 4)] = Field(default=2, ge=1, description="Steps of propagation.")

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True

    def build(self, inputs: EncoderInputs) -> nn.Module:
        """Return the embeddings and their propagation."""
        from graphvae.nn.node_embeddings import NodeEmbedding

        return NodeEmbedding(
            inputs.num_features,
            self.hidden,
            inputs.latent,
            num_nodes=inputs.num_nodes,
            heads=inputs.heads,
            hops=self.hops,
            dropout=self.dropout,
            state_dropout=self.state_dropout,
            generator=inputs.generator,
        )


@register
class LightGcnEncoder(GraphEncoder):
    """Learnable node embeddings, averaged over linear hops (He et al. 2020); no features."""

    name = "lightgcn"
    hops: Annotated[int, Search(1, 4)] = Field(default=3, ge=1, description="Steps of propagation.")

    def build(self, inputs: EncoderInputs) -> nn.Module:
        """Return the embeddings and their propagation."""
        from graphvae.nn.lightgcn import LightGCN

        return LightGCN(
            inputs.num_nodes,
            inputs.heads * inputs.latent,
            hops=self.hops,
            generator=inputs.generator,
        )
