"""Adversaries: a discriminator that pulls the codes of the nodes towards the prior."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from graphvae_data.core.settings import Part, register

if TYPE_CHECKING:
    import torch

    from graphvae.losses.adversary import Adversary as Player


class Adversary(Part):
    """A second player beside the model."""

    family: ClassVar[dict[str, type[Part]]] = {}

    @property
    def present(self) -> bool:
        """Whether there is one."""
        return True

    def build(self, latent: int, generator: torch.Generator, device: torch.device) -> Player | None:
        """Return the player, or None.

        Args:
            latent: width of the code.
            generator: draws the weights; on the CPU.
            device: where the codes are.
        """
        raise NotImplementedError


@register
class NoAdversary(Adversary):
    """None: the model is the only player."""

    name = "none"

    @property
    def present(self) -> bool:
        """No."""
        return False

    def build(self, latent: int, generator: torch.Generator, device: torch.device) -> None:
        """Return None."""


@register
class Discriminator(Adversary):
    """A network that tells codes from draws of N(0, I) (ARGA, Pan et al. 2018)."""

    name = "discriminator"
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (64, 32), min_length=1, description="Widths of its hidden layers."
    )
    lr: float = Field(1e-3, gt=0, description="Its step size.")

    def build(self, latent: int, generator: torch.Generator, device: torch.device) -> Player:
        """Return the player."""
        from graphvae.losses.adversary import Adversary as Player

        return Player(latent, generator, hidden=self.hidden, lr=self.lr, device=device)
