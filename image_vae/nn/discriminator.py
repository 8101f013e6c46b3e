"""A discriminator between codes and permuted codes, which estimates log q(z) − log Π_j q(z_j).

Permuting each coordinate separately over a batch turns samples of q(z) into samples of Π_j q(z_j).
The optimal classifier D of the two has the logit difference D0 − D1 = log q(z) − Σ_j log q(z_j),
whose mean over q(z) is the total correlation. Source: Kim & Mnih 2018, "Disentangling by
Factorising", §3 and appendix D.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.nn.networks import linear
from image_vae.parts.penalties import DensityRatioEstimate

SLOPE = 0.2
"""Slope of the leaky ReLU below zero."""


class Discriminator(DensityRatioEstimate):
    """Dense layers with leaky ReLU from a code to two logits: D0 for a code, D1 for a permuted one.

    Args:
        latent: width of the code.
        hidden: width of each hidden layer; six of 1000 in the paper.
        generator: draws the weights.
    """

    def __init__(self, latent: int, hidden: tuple[int, ...], *, generator: torch.Generator) -> None:
        super().__init__()
        widths = (latent, *hidden, 2)
        self.layers = nn.ModuleList(linear(*pair, generator) for pair in pairwise(widths))

    def forward(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch 2"]:
        """Return D0 and D1."""
        *hidden, last = self.layers
        for layer in hidden:
            z = F.leaky_relu(layer(z), SLOPE)
        logits: Tensor = last(z)
        return logits

    def log_ratio(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch"]:
        """Return D0 − D1, the estimate of log q(z) − Σ_j log q(z_j), in nats."""
        logits: Tensor = self(z)
        return logits[..., 0] - logits[..., 1]

    def loss(
        self, codes: Float[Tensor, "batch latent"], permuted: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, ""]:
        """Return the cross-entropy, averaged over codes and permuted codes."""
        losses = torch.cat(
            [F.softplus(-self.log_ratio(codes)), F.softplus(self.log_ratio(permuted))]
        )
        return losses.mean()


def permute_dims(
    z: Float[Tensor, "batch latent"], generator: torch.Generator
) -> Float[Tensor, "batch latent"]:
    """Permute each coordinate separately over the batch. Source: Kim & Mnih 2018, algorithm 1."""
    order = torch.rand(z.shape, generator=generator, device=z.device).argsort(0)
    return z.gather(0, order)
