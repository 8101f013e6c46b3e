"""Decoders of edge weights: from the codes of two nodes to the distribution of a weight.

m_uv = c + aᵀ (z_u ⊙ z_v) + bᵀ (z_u + z_v): an interaction term, and a term per node, such as the
bias of a user's ratings. Initially a and b are zero and c is the mean of the training weights.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

MIN_INITIAL = 1e-3
"""Minimum initial mean and deviation of weights, as their logarithms are taken."""


class WeightModule(nn.Module):
    """A distribution of weights.

    Args:
        latent: width of the code.
    """

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.product = nn.Parameter(torch.zeros(latent))
        self.sum = nn.Parameter(torch.zeros(latent))
        self.constant = nn.Parameter(torch.zeros(()))

    def start(self, weights: Float[Tensor, " edge"]) -> None:
        """Initialise the constant from the training weights."""
        raise NotImplementedError

    def mean(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
    ) -> Float[Tensor, " pair"]:
        """Return the expected weight of each pair, if it is an edge."""
        raise NotImplementedError

    def loss(
        self,
        z: Float[Tensor, "node latent"],
        pairs: Int[Tensor, "2 pair"],
        weights: Float[Tensor, " pair"],
    ) -> Float[Tensor, ""]:
        """Return the mean of −log p(w), up to a constant."""
        raise NotImplementedError

    def forward(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
    ) -> Float[Tensor, " pair"]:
        """Return m of each pair."""
        u, v = z.index_select(0, pairs[0]), z.index_select(0, pairs[1])
        m: Tensor = self.constant + (u * v) @ self.product + (u + v) @ self.sum
        return m


class GaussianModule(WeightModule):
    """w ~ N(m, σ²); σ is learned, one for all edges.

    >>> decoder = GaussianModule(2)
    >>> decoder.start(torch.tensor([1.0, 3.0]))
    >>> decoder.mean(torch.ones(2, 2), torch.tensor([[0], [1]])).tolist()
    [2.0]
    """

    def __init__(self, latent: int) -> None:
        super().__init__(latent)
        self.log_deviation = nn.Parameter(torch.zeros(()))

    def start(self, weights: Float[Tensor, " edge"]) -> None:
        """Set the constant to the mean of the weights, and σ to their standard deviation."""
        deviation = weights.std(correction=0).clamp(min=MIN_INITIAL)
        with torch.no_grad():
            self.constant.copy_(weights.mean())
            self.log_deviation.copy_(deviation.log())

    def mean(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
    ) -> Float[Tensor, " pair"]:
        """Return m."""
        m: Tensor = self(z, pairs)
        return m

    def loss(
        self,
        z: Float[Tensor, "node latent"],
        pairs: Int[Tensor, "2 pair"],
        weights: Float[Tensor, " pair"],
    ) -> Float[Tensor, ""]:
        """Return the mean of (w − m)² / 2σ² + log σ."""
        error = (weights - self(z, pairs)) * (-self.log_deviation).exp()
        loss: Tensor = error.square().mean() / 2 + self.log_deviation
        return loss


class PoissonModule(WeightModule):
    """w ~ Poisson(exp m); the formula is also used for weights that are not integers."""

    def start(self, weights: Float[Tensor, " edge"]) -> None:
        """Set the constant to the logarithm of the mean weight."""
        with torch.no_grad():
            self.constant.copy_(weights.mean().clamp(min=MIN_INITIAL).log())

    def mean(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
    ) -> Float[Tensor, " pair"]:
        """Return exp m."""
        rate: Tensor = self(z, pairs).exp()
        return rate

    def loss(
        self,
        z: Float[Tensor, "node latent"],
        pairs: Int[Tensor, "2 pair"],
        weights: Float[Tensor, " pair"],
    ) -> Float[Tensor, ""]:
        """Return the mean of exp m − w m."""
        m = self(z, pairs)
        loss: Tensor = (m.exp() - weights * m).mean()
        return loss
