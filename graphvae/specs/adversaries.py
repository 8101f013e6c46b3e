"""Adversaries: a discriminator that regularises the codes of the nodes towards the prior."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from graphvae_data.settings.search import Search
from graphvae_data.settings.settings import Part, register

if TYPE_CHECKING:
    import torch

    from graphvae.losses.adversary import CodeAdversary as Player


class Adversary(Part):
    """An adversary that is trained with the model."""

    family: ClassVar[dict[str, type[Part]]] = {}

    @property
    def present(self) -> bool:
        """Whether the model has an adversary."""
        return True

    def build(self, latent: int, generator: torch.Generator, device: torch.device) -> Player | None:
        """Return the adversary, or None.

        Args:
            latent: width of the code.
            generator: initialises the weights; on the CPU.
            device: the device of the codes.
        """
        raise NotImplementedError


@register
class NoAdversary(Adversary):
    """No adversary."""

    name = "none"

    @property
    def present(self) -> bool:
        """No."""
        return False

    def build(self, latent: int, generator: torch.Generator, device: torch.device) -> None:
        """Return None."""


@register
class DiscriminatorAdversary(Adversary):
    """A network that distinguishes codes from samples of N(0, I) (ARGA, Pan et al. 2018)."""

    name = "discriminator"
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        default=(64, 32), min_length=1, description="Widths of the discriminator's hidden layers."
    )
    lr: Annotated[float, Search(1e-4, 1e-2, log=True)] = Field(
        default=1e-3, gt=0, description="Learning rate of the discriminator."
    )

    def build(self, latent: int, generator: torch.Generator, device: torch.device) -> Player:
        """Return the adversary."""
        from graphvae.losses.adversary import CodeAdversary as Player

        return Player(latent, generator, hidden=self.hidden, lr=self.lr, device=device)
