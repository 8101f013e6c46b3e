"""The code of InfoGAN: uniform categories, then coordinates uniform on [−1, 1].

A code vector is the concatenation of the one-hot categories and the coordinates. Source: Chen et
al. 2016, "InfoGAN", §4 and appendix C.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from image_vae.parts.distributions.priors import Encode, PriorModule


@dataclass(frozen=True)
class UniformCode:
    """p(c).

    >>> UniformCode((10,), 2, torch.zeros(())).width
    12
    """

    categories: tuple[int, ...]
    """Number of values of each category."""
    continuous: int
    """Number of coordinates in [−1, 1]."""
    origin: Float[Tensor, ""]
    """A tensor with the device and dtype of the codes."""

    @property
    def width(self) -> int:
        """Dimension of a code."""
        return sum(self.categories) + self.continuous

    @property
    def entropy(self) -> float:
        """H(c) in nats: Σ log K, plus the differential entropy log 2 of each coordinate."""
        return sum(map(math.log, self.categories)) + self.continuous * math.log(2)

    def in_double(self, device: torch.device) -> UniformCode:
        """Return the distribution with codes in double precision, on a device."""
        return UniformCode(self.categories, self.continuous, self.origin.to(device).double())

    def split(self, code: Float[Tensor, "*batch latent"]) -> tuple[Float[Tensor, "*batch _"], ...]:
        """Return the one-hot vector of each category, then the coordinates."""
        parts: tuple[Tensor, ...] = code.split((*self.categories, self.continuous), -1)
        return parts

    def sample(self, count: int, generator: torch.Generator) -> Float[Tensor, "count latent"]:
        """Draw codes."""
        device, dtype = self.origin.device, self.origin.dtype
        parts = list[Tensor]()
        for values in self.categories:
            drawn = torch.randint(values, (count,), generator=generator, device=device)
            parts.append(F.one_hot(drawn, values).to(dtype))
        rest = torch.empty(count, self.continuous, device=device, dtype=dtype)
        return torch.cat([*parts, rest.uniform_(-1, 1, generator=generator)], -1)

    def log_prob(self, code: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch"]:
        """Return log p(c) = −H(c), in nats, if the coordinates lie in [−1, 1], else −∞.

        The one-hot vectors are not checked.
        """
        inside = (self.split(code)[-1].abs() <= 1).all(-1)
        log_density = code.new_full(inside.shape, -self.entropy)
        return torch.where(inside, log_density, log_density.new_tensor(-math.inf))


class StandardUniform(PriorModule):
    """`UniformCode` as a module without weights.

    Args:
        categories: number of values of each category.
        continuous: number of coordinates in [−1, 1].
    """

    origin: Tensor

    def __init__(self, categories: tuple[int, ...], continuous: int) -> None:
        super().__init__()
        self.categories, self.continuous = categories, continuous
        self.register_buffer("origin", torch.zeros(()), persistent=False)

    def forward(self, encode: Encode) -> UniformCode:
        """Return the distribution; `encode` is not used."""
        return UniformCode(self.categories, self.continuous, self.origin)
