"""The encoder of LightGCN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from graphvae.specs.encoders import EncoderInputs, GraphEncoder
from graphvae_data.settings.search import Search
from graphvae_data.settings.settings import register

if TYPE_CHECKING:
    from torch import nn


@register
class LightGcnEncoder(GraphEncoder):
    """Learnable node embeddings, averaged over linear hops (He et al. 2020); no features."""

    name = "lightgcn"
    hops: Annotated[int, Search(1, 4)] = Field(3, ge=1, description="Steps of propagation.")

    def build(self, inputs: EncoderInputs) -> nn.Module:
        """Return the embeddings and their propagation."""
        from graphvae.nn.lightgcn import LightGCN

        return LightGCN(
            inputs.num_nodes,
            inputs.heads * inputs.latent,
            hops=self.hops,
            generator=inputs.generator,
        )
