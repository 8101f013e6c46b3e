"""Decoders: from the codes of two nodes to the logit of an edge between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from graphvae_data.settings.search import Search
from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import Part, register

if TYPE_CHECKING:
    import torch

    from graphvae.nn.decoders import GraphDecoder, PairDecoder


class EdgeDecoder(Part):
    """The function from two codes to a logit.

    User-defined decoders declare their settings and build a `graphvae.nn.decoders.PairDecoder`.
    """

    family: ClassVar[dict[str, type[Part]]] = {}

    @property
    def inner_product(self) -> bool:
        """Whether logits are zᵀz, so that the exact losses over all pairs apply."""
        return False

    @property
    def bilinear(self) -> bool:
        """Whether logits are linear in the code of either node."""
        return self.inner_product

    @property
    def products_of_codes(self) -> bool:
        """Whether logits need the products of codes alone, and no row for each pair on a CPU."""
        return self.bilinear

    @property
    def directed(self) -> bool:
        """Whether u → v and v → u get different logits."""
        return False

    @property
    def uses_edges(self) -> bool:
        """Whether it uses the message graph beside the codes, such as common neighbours."""
        return False

    @property
    def capturable(self) -> bool:
        """Whether a step can be captured as a CUDA graph."""
        return False

    def build(self, latent: int, generator: torch.Generator) -> PairDecoder | GraphDecoder:
        """Return the decoder.

        Args:
            latent: width of the code.
            generator: initialises the weights; on the CPU.
        """
        raise NotImplementedError


@register
class InnerProductDecoder(EdgeDecoder):
    """z_uᵀ z_v (Kipf & Welling 2016)."""

    name = "inner-product"

    @property
    def inner_product(self) -> bool:
        """Yes."""
        return True

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True

    def build(self, latent: int, generator: torch.Generator) -> PairDecoder:
        """Return the decoder, which has no weights."""
        from graphvae.nn.decoders import InnerProduct

        return InnerProduct()


@register
class SourceTargetDecoder(EdgeDecoder):
    """s_uᵀ t_v for directed graphs: a code is a source and a target half (Salha et al. 2019)."""

    name = "source-target"

    @property
    def bilinear(self) -> bool:
        """Yes."""
        return True

    @property
    def directed(self) -> bool:
        """Yes."""
        return True

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True

    def build(self, latent: int, generator: torch.Generator) -> PairDecoder:
        """Return the decoder, which has no weights."""
        from graphvae.nn.decoders import SourceTarget

        if latent % 2:
            raise SettingClash(("latent",), f"source-target needs an even number, got {latent}")
        return SourceTarget()


@register
class HadamardMlpDecoder(EdgeDecoder):
    """z_uᵀ z_v plus an MLP of the product z_u ⊙ z_v (after Ma et al. 2024)."""

    name = "hadamard-mlp"
    hidden: Annotated[int, Search(8, 128, log=True, step=8)] = Field(
        default=32, ge=1, description="Width of the decoder's hidden layer."
    )

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True

    def build(self, latent: int, generator: torch.Generator) -> PairDecoder:
        """Return the decoder."""
        from graphvae.nn.decoders import HadamardMLP

        return HadamardMLP(latent, generator, hidden=self.hidden)


@register
class ResidualMlpDecoder(EdgeDecoder):
    """An MLP of the product z_u ⊙ z_v, which is added to each layer (Ma et al. 2024)."""

    name = "residual-mlp"
    layers: Annotated[int, Search(1, 4)] = Field(
        default=1, ge=1, description="Layers of the decoder before the last."
    )
    dropout: Annotated[float, Search(0.0, 0.8)] = Field(
        default=0.0, ge=0, lt=1, description="Dropout rate of each layer's outputs."
    )

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True

    def build(self, latent: int, generator: torch.Generator) -> PairDecoder:
        """Return the decoder."""
        from graphvae.nn.decoders import ResidualMLP

        return ResidualMLP(latent, generator, layers=self.layers, dropout=self.dropout)
