"""Inner products with a bias, and with a part that repels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphvae.specs.decoders import EdgeDecoder
from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import register

if TYPE_CHECKING:
    import torch

    from graphvae.nn.decoders import PairDecoder


class BiasedDecoder(EdgeDecoder):
    """A product of codes with a learnt bias."""

    @property
    def products_of_codes(self) -> bool:
        """Yes."""
        return True

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True


@register
class BiasedInnerProductDecoder(BiasedDecoder):
    """z_uᵀ z_v + b: nodes with nothing in common need not get σ(0) = ½."""

    name = "biased-inner-product"

    def build(self, latent: int, generator: torch.Generator) -> PairDecoder:
        """Return the decoder."""
        from graphvae.nn.decoders import SignedProduct

        return SignedProduct(latent, repelling=0)


@register
class AttractRepelDecoder(BiasedDecoder):
    """a_uᵀ a_v − r_uᵀ r_v + b, of a code's two halves: similar nodes need not be linked."""

    name = "attract-repel"

    def build(self, latent: int, generator: torch.Generator) -> PairDecoder:
        """Return the decoder; `SettingClash` for an odd width."""
        from graphvae.nn.decoders import SignedProduct

        if latent % 2:
            raise SettingClash(("latent",), f"attract-repel needs an even number, got {latent}")
        return SignedProduct(latent, repelling=latent // 2)
