"""Bounds on log p(x): what training maximises. For images and for graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from graphvae_data.core.settings import Field, Part, register

if TYPE_CHECKING:
    from image_vae.parts.objectives import Objective
    from image_vae.parts.penalties import PenaltyTerm


@dataclass(frozen=True)
class GameSettings:
    """What the game of InfoGAN's generator and discriminator needs."""

    information: float
    """λ, weight of the bound on the information between code and image."""
    noise: int
    """Width of the noise beside the code."""
    lr: float
    """Step size of the discriminator."""


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
    def game(self) -> GameSettings | None:
        """The settings of InfoGAN's game, which has no bound; None where there is one."""
        return None

    @property
    def adversarial(self) -> bool:
        """Whether there is no bound but a game of two networks."""
        return self.game is not None

    def build(self, penalty: PenaltyTerm, weights: Mapping[str, float]) -> Objective:
        """Return the function of a trace that training minimises, for a model of images.

        Args:
            penalty: how the divergence enters.
            weights: of observed variables beside the image, by name; 1 for those left out.
        """
        raise NotImplementedError


@register
class Elbo(Bound):
    """The evidence lower bound, with the divergence in closed form where there is one."""

    name = "elbo"

    @property
    def analytic(self) -> bool:
        """Yes."""
        return True

    def build(self, penalty: PenaltyTerm, weights: Mapping[str, float]) -> Objective:
        """Return the negative bound, with the penalty for the divergence."""
        from image_vae.parts.objectives import ElboObjective

        return ElboObjective(penalty, analytic=True, weights=weights)


@register
class ElboMonteCarlo(Bound):
    """The evidence lower bound, estimated from samples alone (Kingma & Welling 2013, A)."""

    name = "elbo-mc"

    def build(self, penalty: PenaltyTerm, weights: Mapping[str, float]) -> Objective:
        """Return the negative bound, with the penalty for the divergence."""
        from image_vae.parts.objectives import ElboObjective

        return ElboObjective(penalty, analytic=False, weights=weights)


@register
class Iwae(Bound):
    """The importance-weighted bound (Burda et al. 2015)."""

    name = "iwae"
    samples: int = Field(5, ge=1, description="Draws of the code for each example and step.")

    @property
    def importance_weighted(self) -> bool:
        """Yes."""
        return True

    def build(self, penalty: PenaltyTerm, weights: Mapping[str, float]) -> Objective:
        """Return the negative bound, which has no divergence to penalise."""
        from image_vae.parts.objectives import IwaeObjective

        return IwaeObjective()


@register
class Adversarial(Bound):
    """No bound: InfoGAN's game of a generator and a discriminator (Chen et al. 2016)."""

    name = "adversarial"
    images_only = True
    information: float = Field(
        1.0, ge=0, description="Weight of the information of an image about its code (InfoGAN's λ)."
    )
    noise: int = Field(62, ge=1, description="Width of the noise beside InfoGAN's code.")
    lr_d: float = Field(2e-4, gt=0, description="Step size of InfoGAN's discriminator.")

    @property
    def game(self) -> GameSettings:
        """The settings."""
        return GameSettings(self.information, self.noise, self.lr_d)
