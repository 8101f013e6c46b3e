"""A level of a top-down pass: maps the state above to p, q and the state below."""

from __future__ import annotations

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from image_vae.parts.distributions.posteriors import DiagonalGaussian

STATE = "state"
"""Name of the last state among the inputs of a decoder."""
State = Float[Tensor, "#k batch ..."]
"""The state of a top-down pass, which summarises the codes above."""


class Level(nn.Module):
    """One latent of a ladder; the topmost level has a prior instead of p."""

    def prepare(self, state: State) -> State:
        """Return the state for computing p and q; by default unchanged."""
        return state

    def prior(self, state: State) -> DiagonalGaussian:
        """Return p of the code, given the prepared state; not called for the topmost level."""
        raise NotImplementedError

    def posterior(
        self, state: State, features: Tensor
    ) -> tuple[DiagonalGaussian | None, DiagonalGaussian]:
        """Return p, which the topmost level does not have, and q.

        Args:
            state: the prepared state.
            features: the bottom-up features of this level, [1, batch, ...].
        """
        raise NotImplementedError

    def advance(self, state: State, z: Float[Tensor, "k batch latent"]) -> State:
        """Return the state below, given the prepared state and the code."""
        raise NotImplementedError


def over(layer: Callable[[Tensor], Tensor], value: State) -> State:
    """Apply a layer of [batch, ...] to [k, batch, ...]."""
    output: Tensor = layer(value.flatten(0, 1)).unflatten(0, value.shape[:2])
    return output
