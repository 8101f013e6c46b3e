"""The dense networks of a ladder VAE.

Bottom-up, d_l = MLP(d_{l−1}) gives μ̂_l and σ̂_l of each code. Top-down, MLP(z_{l+1}) gives p.
q is the precision-weighted combination of both, with the bottom-up Gaussian as a likelihood:

    1/σ_q² = 1/σ̂² + 1/σ_p²,   μ_q = σ_q² (μ̂/σ̂² + μ_p/σ_p²)

Source: Sønderby et al. 2016, "Ladder Variational Autoencoders", §2.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.nn.ladder.level import Level, State
from image_vae.nn.networks import Dense, Shape, linear
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.specs.encoders import Activation


def combined(one: DiagonalGaussian, other: DiagonalGaussian) -> DiagonalGaussian:
    """Return the normalised product of two Gaussians: precisions add.

    >>> q = DiagonalGaussian(torch.zeros(1), torch.zeros(1))
    >>> combined(q, DiagonalGaussian(torch.ones(1), torch.zeros(1))).mean
    tensor([0.5000])
    """
    log_precisions = -2 * torch.stack(torch.broadcast_tensors(one.log_std, other.log_std))
    weights = log_precisions.softmax(0)
    mean = weights[0] * one.mean + weights[1] * other.mean
    return DiagonalGaussian(mean, -0.5 * log_precisions.logsumexp(0))


class DenseTower(nn.Module):
    """A stack of dense blocks, which returns the output of each block.

    Args:
        shape: channels, height, width of an image.
        hidden: width of each block, of two layers with batch normalisation, from the image upwards.
        activation: activation of each layer.
        generator: draws the weights.
    """

    def __init__(
        self,
        shape: Shape,
        hidden: Sequence[int],
        activation: Activation,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            _block(below, width, activation, generator)
            for below, width in pairwise((prod(shape), *hidden))
        )

    def forward(self, image: Float[Tensor, "1 batch *event"]) -> list[Tensor]:
        """Return the output of each block, from the topmost down."""
        features, hidden = list[Tensor](), image
        for block in self.blocks:
            hidden = block(hidden)
            features.append(hidden)
        return features[::-1]


class DenseLevel(Level):
    """A level of a ladder VAE: q from bottom-up features and p, p from the code above.

    Args:
        latent: dimension of the code.
        features: width of the bottom-up features.
        above: dimension of the code above; 0 for the topmost.
        hidden: width of the two layers from the code above to p.
        activation: activation of each layer.
        generator: draws the weights.
    """

    def __init__(
        self,
        latent: int,
        features: int,
        above: int,
        *,
        hidden: int,
        activation: Activation,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.q_heads = _heads(features, latent, generator)
        self.block, self.p_heads = None, None
        if above:
            self.block = _block(above, hidden, activation, generator)
            self.p_heads = _heads(hidden, latent, generator)

    def prepare(self, state: State) -> State:
        """Return the hidden layers above p."""
        if self.block is None:
            return state
        prepared: Tensor = self.block(state)
        return prepared

    def prior(self, state: State) -> DiagonalGaussian:
        """Return p."""
        assert self.p_heads is not None
        return DiagonalGaussian(*(head(state) for head in self.p_heads))

    def posterior(
        self, state: State, features: Tensor
    ) -> tuple[DiagonalGaussian | None, DiagonalGaussian]:
        """Return p, and the precision-weighted q."""
        upward = DiagonalGaussian(*(head(features) for head in self.q_heads))
        if self.p_heads is None:
            return None, upward
        prior = self.prior(state)
        return prior, combined(upward, prior)

    def advance(self, state: State, z: Float[Tensor, "k batch latent"]) -> State:
        """Return the code, the only input of the level below."""
        return z


def _block(
    inputs: int, width: int, activation: Activation, generator: torch.Generator
) -> nn.Module:
    return Dense((inputs,), (width, width), activation, normalised=True, generator=generator)


def _heads(inputs: int, latent: int, generator: torch.Generator) -> nn.ModuleList:
    return nn.ModuleList(linear(inputs, latent, generator) for _ in range(2))
