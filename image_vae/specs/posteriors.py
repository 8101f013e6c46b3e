"""Posteriors q(z | x), parametrised by the outputs of an encoder."""

from __future__ import annotations

from typing import ClassVar

from graphvae_data.core.settings import Part, register


class Posterior(Part):
    """The distribution of a code, given its input."""

    family: ClassVar[dict[str, type[Part]]] = {}
    graphs_only: ClassVar[bool] = False
    """Whether image models do not support it."""

    @property
    def heads(self) -> int:
        """Number of encoder outputs per coordinate of the code."""
        return 1

    @property
    def variational(self) -> bool:
        """Whether the code is a random variable, with a prior and a Kullback-Leibler term."""
        return False

    @property
    def gaussian(self) -> bool:
        """Whether it is N(μ, diag σ²), the only posterior that image models support."""
        return False


@register
class Gaussian(Posterior):
    """A Gaussian with independent coordinates, N(μ, diag σ²) (Kingma & Welling 2013)."""

    name = "gaussian"

    @property
    def heads(self) -> int:
        """Two: μ and log σ."""
        return 2

    @property
    def variational(self) -> bool:
        """Yes."""
        return True

    @property
    def gaussian(self) -> bool:
        """Yes."""
        return True


@register
class Point(Posterior):
    """A point: the code of a plain auto-encoder, without a prior."""

    name = "point"
    graphs_only = True
