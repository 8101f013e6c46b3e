"""Decoders that see the message graph around a pair beside the codes of its nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from graphvae.specs.decoders import EdgeDecoder
from graphvae_data.settings.settings import register

if TYPE_CHECKING:
    import torch

    from graphvae.nn.decoders import GraphDecoder


class MessageDecoder(EdgeDecoder):
    """A decoder of codes and message graph."""

    @property
    def uses_edges(self) -> bool:
        """Yes."""
        return True


@register
class CommonNeighboursDecoder(MessageDecoder):
    """An MLP of z_u ⊙ z_v and of the summed codes of common neighbours (Wang et al. 2024)."""

    name = "common-neighbours"
    hidden: int = Field(default=256, ge=1, description="Width of the decoder's hidden layer.")

    def build(self, latent: int, generator: torch.Generator) -> GraphDecoder:
        """Return the decoder."""
        from graphvae.nn.graph_decoders import CommonNeighbours

        return CommonNeighbours(latent, self.hidden, generator)


@register
class DegreeCorrectedDecoder(MessageDecoder):
    """z_uᵀ z_v, a learnt multiple of both log degrees and a bias (after Karrer & Newman 2011)."""

    name = "degree-corrected"

    @property
    def products_of_codes(self) -> bool:
        """Yes."""
        return True

    def build(self, latent: int, generator: torch.Generator) -> GraphDecoder:
        """Return the decoder."""
        from graphvae.nn.graph_decoders import DegreeCorrected

        return DegreeCorrected()


@register
class StructuralDecoder(MessageDecoder):
    """An MLP of the logits of the codes and of heuristics of the message graph; with loss hard."""

    name = "structural"
    hidden: int = Field(default=64, ge=1, description="Width of the decoder's hidden layers.")
    dropout: float = Field(
        default=0.2, ge=0, lt=1, description="Dropout rate of each layer's outputs."
    )
    signatures: int | None = Field(
        default=None,
        ge=1,
        description="Dimension of random node signatures that estimate common neighbours and "
        "walks (Dong et al. 2024), for dense graphs; exact by default.",
    )

    def build(self, latent: int, generator: torch.Generator) -> GraphDecoder:
        """Return the decoder."""
        from graphvae.nn.graph_decoders import Structural

        return Structural(
            latent, self.hidden, generator, dropout=self.dropout, signatures=self.signatures
        )
