"""Bounds on log p(x), which training maximises, for images and graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from graphvae_data.settings.settings import Field, Part, register

if TYPE_CHECKING:
    from image_vae.parts.objectives import Objective
    from image_vae.parts.penalties import PenaltyTerm


@dataclass(frozen=True)
class GameSettings:
    """Settings of InfoGAN's adversarial training."""

    information: float
    """λ, weight of the bound on the mutual information between code and image."""
    noise: int
    """Dimension of the noise that is concatenated with the code."""
    lr: float
    """Learning rate of the discriminator."""


class Bound(Part):
    """The bound on log p(x) that training maximises, and how it is estimated."""

    family: ClassVar[dict[str, type[Part]]] = {}
    images_only: ClassVar[bool] = False
    """Whether graph models do not support it."""
    samples: int = Field(default=1, ge=1, description="Samples of the code per example and step.")

    @property
    def analytic(self) -> bool:
        """Whether closed forms of divergences are used where they exist."""
        return False

    @property
    def importance_weighted(self) -> bool:
        """Whether it is importance-weighted and so has no divergence term to penalise."""
        return False

    @property
    def multimodal(self) -> bool:
        """Whether it bounds the density of an image and its attributes."""
        return False

    @property
    def game(self) -> GameSettings | None:
        """The settings of InfoGAN's adversarial training; None for a bound."""
        return None

    @property
    def adversarial(self) -> bool:
        """Whether training is adversarial instead of maximising a bound."""
        return self.game is not None

    def build(self, penalty: PenaltyTerm, weights: Mapping[str, float]) -> Objective:
        """Return the function of a trace that training minimises, for a model of images.

        Args:
            penalty: how the divergence enters.
            weights: weights of log p of observed variables besides the image, by name; 1 by
                default.
        """
        raise NotImplementedError


@register
class Elbo(Bound):
    """The evidence lower bound, with the divergence in closed form where it exists."""

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
    """The importance-weighted bound, log 1/K Σ_k p(x, z_k) / q(z_k | x) (Burda et al. 2015)."""

    name = "iwae"
    samples: int = Field(default=5, ge=1, description="Samples of the code per example and step.")

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
    """No bound: adversarial training of InfoGAN (Chen et al. 2016)."""

    name = "adversarial"
    images_only = True
    information: float = Field(
        default=1.0,
        ge=0,
        description="Weight of the mutual information of code and image (InfoGAN's λ).",
    )
    noise: int = Field(default=62, ge=1, description="Dimension of InfoGAN's noise.")
    lr_d: float = Field(default=2e-4, gt=0, description="Learning rate of InfoGAN's discriminator.")

    @property
    def game(self) -> GameSettings:
        """The settings."""
        return GameSettings(self.information, self.noise, self.lr_d)
