"""Bounds on log p(x): what training maximises. For images and for graphs."""

from __future__ import annotations

from typing import ClassVar

from graphvae_data.core.settings import Field, Part, register


class Bound(Part):
    """The bound on log p(x) that training maximises, and how it is estimated."""

    family: ClassVar[dict[str, type[Part]]] = {}
    images_only: ClassVar[bool] = False
    """Whether graphs have no use for it."""
    samples: int = Field(1, ge=1, description="Draws of the code for each example and step.")

    @property
    def analytic(self) -> bool:
        """Whether divergences are taken in closed form where there is one."""
        return False

    @property
    def importance_weighted(self) -> bool:
        """Whether it has no divergence of its own that a penalty could change."""
        return False

    @property
    def adversarial(self) -> bool:
        """Whether there is no bound but a game of two networks."""
        return False


@register
class Elbo(Bound):
    """The evidence lower bound, with the divergence in closed form where there is one."""

    name = "elbo"

    @property
    def analytic(self) -> bool:
        """Yes."""
        return True


@register
class ElboMonteCarlo(Bound):
    """The evidence lower bound, estimated from samples alone (Kingma & Welling 2013, A)."""

    name = "elbo-mc"


@register
class Iwae(Bound):
    """The importance-weighted bound (Burda et al. 2015)."""

    name = "iwae"
    samples: int = Field(5, ge=1, description="Draws of the code for each example and step.")

    @property
    def importance_weighted(self) -> bool:
        """Yes."""
        return True


@register
class Adversarial(Bound):
    """No bound: InfoGAN's game of a generator and a discriminator (Chen et al. 2016)."""

    name = "adversarial"
    images_only = True
    information: float = Field(
        1.0, ge=0, description="Weight of what an image tells about its code (InfoGAN's λ)."
    )
    noise: int = Field(62, ge=1, description="Width of the noise beside InfoGAN's code.")
    lr_d: float = Field(2e-4, gt=0, description="Step size of InfoGAN's discriminator.")

    @property
    def adversarial(self) -> bool:
        """Yes."""
        return True
