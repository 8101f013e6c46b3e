"""Decoders of edge weights, in addition to the decoder of links."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from graphvae_data.settings.settings import Part, register

if TYPE_CHECKING:
    from graphvae.nn.weight_decoders import WeightModule


class WeightDecoder(Part):
    """The distribution of the weight of an edge, given the codes of its ends.

    User-defined ones build a `graphvae.nn.weight_decoders.WeightModule`.
    """

    family: ClassVar[dict[str, type[Part]]] = {}

    @property
    def present(self) -> bool:
        """Whether weights are predicted."""
        return True

    @property
    def capturable(self) -> bool:
        """Whether a step can be captured as a CUDA graph."""
        return False

    def build(self, latent: int) -> WeightModule | None:
        """Return the module, or None; `latent` is the width of the code."""
        raise NotImplementedError


@register
class NoWeightDecoder(WeightDecoder):
    """No prediction of weights."""

    name = "none"

    @property
    def present(self) -> bool:
        """No."""
        return False

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True

    def build(self, latent: int) -> None:
        """Return None."""


@register
class GaussianWeights(WeightDecoder):
    """w ~ N(m, σ²), with m a function of the codes and one σ."""

    name = "gaussian"

    def build(self, latent: int) -> WeightModule:
        """Return the module."""
        from graphvae.nn.weight_decoders import GaussianModule

        return GaussianModule(latent)


@register
class PoissonWeights(WeightDecoder):
    """w ~ Poisson(exp m), with m a function of the codes: for counts."""

    name = "poisson"

    def build(self, latent: int) -> WeightModule:
        """Return the module."""
        from graphvae.nn.weight_decoders import PoissonModule

        return PoissonModule(latent)
