"""Distributions of one pixel, given the outputs of an autoregressive network.

Outputs have the shape [*pixel, output]; the channels of a pixel are [*pixel, channel], in [0, 1].
Log-probabilities are in nats, summed over the channels.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from image_vae.parts.distributions.likelihoods import LEVELS

LEAST_LOG_SCALE = -7.0
"""Lower bound of log-scales, as in Salimans et al. 2017."""


@runtime_checkable
class PixelHead(Protocol):
    """A family of distributions of one pixel."""

    @property
    def outputs(self) -> int:
        """Number of network outputs per pixel."""
        ...

    def log_prob(
        self, outputs: Float[Tensor, "*pixel output"], x: Float[Tensor, "*pixel channel"]
    ) -> Float[Tensor, "*pixel"]:
        """Return log p(x) of each pixel."""
        ...

    def sample(
        self, outputs: Float[Tensor, "*pixel output"], generator: torch.Generator
    ) -> Float[Tensor, "*pixel channel"]:
        """Draw each pixel."""
        ...


class BinaryPixel:
    """Independent binary channels; the outputs are logits.

    Args:
        channels: number of channels.
    """

    def __init__(self, channels: int) -> None:
        self.outputs = channels

    def log_prob(
        self, outputs: Float[Tensor, "*pixel output"], x: Float[Tensor, "*pixel channel"]
    ) -> Float[Tensor, "*pixel"]:
        """Return Σ_c x_c l_c − softplus(l_c)."""
        return (x * outputs - F.softplus(outputs)).sum(-1)

    def sample(
        self, outputs: Float[Tensor, "*pixel output"], generator: torch.Generator
    ) -> Float[Tensor, "*pixel channel"]:
        """Draw 0 or 1."""
        return torch.bernoulli(outputs.sigmoid(), generator=generator)


class LogisticMixturePixel:
    """Channels of 256 levels: a mixture of discretised logistics, in the order R, G, B.

    The mean of a channel is linear in the previous ones: μ_g + α r, μ_b + β r + γ g, with
    coefficients bounded by tanh. Source: Salimans et al. 2017, "PixelCNN++", §2.1 and §2.2; pixels
    lie in [0, 1] here, and in [−1, 1] there.

    Args:
        channels: C.
        components: K, number of logistics.
    """

    def __init__(self, channels: int, components: int) -> None:
        self.channels, self.components = channels, components
        self.pairs = channels * (channels - 1) // 2
        self.sizes = (1, channels, channels, self.pairs)

    @property
    def outputs(self) -> int:
        """For each of K: a weight, C means, C log-scales and C (C − 1) / 2 coefficients."""
        return self.components * sum(self.sizes)

    def _parameters_of(self, outputs: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        by_component = outputs.unflatten(-1, (self.components, -1))
        weight, mean, log_scale, coefficients = by_component.split(self.sizes, -1)
        return (
            weight.squeeze(-1).log_softmax(-1),
            mean,
            log_scale.clamp(min=LEAST_LOG_SCALE),
            torch.tanh(coefficients),
        )

    def _mean_of(
        self, channel: int, mean: Tensor, coefficients: Tensor, before: Tensor
    ) -> Float[Tensor, "*pixel component"]:
        """Return a channel's mean, given the previous ones, [*pixel, channel] in [−1, 1]."""
        shifted = mean[..., channel]
        first = channel * (channel - 1) // 2
        for other in range(channel):
            shifted = shifted + coefficients[..., first + other] * before[..., other].unsqueeze(-1)
        return shifted

    def log_prob(
        self, outputs: Float[Tensor, "*pixel output"], x: Float[Tensor, "*pixel channel"]
    ) -> Float[Tensor, "*pixel"]:
        """Return the log-probability of the levels; the outermost bins extend to infinity."""
        log_weight, mean, log_scale, coefficients = self._parameters_of(outputs)
        scaled = 2 * x - 1
        total = log_weight
        half = 1.0 / (LEVELS - 1)
        for channel in range(self.channels):
            value = scaled[..., channel].unsqueeze(-1)
            centre = self._mean_of(channel, mean, coefficients, scaled)
            rate = torch.exp(-log_scale[..., channel])
            above, below = (value + half - centre) * rate, (value - half - centre) * rate
            inner = torch.log(-torch.expm1(-2 * half * rate)) - F.softplus(-above)
            inner = inner - F.softplus(below)
            lowest = torch.where(value < -1 + half, -F.softplus(-above), inner)
            total = total + torch.where(value > 1 - half, -F.softplus(below), lowest)
        return torch.logsumexp(total, -1)

    def sample(
        self, outputs: Float[Tensor, "*pixel output"], generator: torch.Generator
    ) -> Float[Tensor, "*pixel channel"]:
        """Draw a component, then the channels in order."""
        log_weight, mean, log_scale, coefficients = self._parameters_of(outputs)
        flat = log_weight.exp().flatten(0, -2)
        chosen = torch.multinomial(flat, 1, generator=generator).view(*log_weight.shape[:-1], 1)
        drawn = outputs.new_zeros(*outputs.shape[:-1], self.channels)
        for channel in range(self.channels):
            centre = self._mean_of(channel, mean, coefficients, drawn).gather(-1, chosen)
            scale = log_scale[..., channel].gather(-1, chosen).exp()
            uniform = torch.empty_like(centre).uniform_(1e-5, 1 - 1e-5, generator=generator)
            value = (centre + scale * torch.logit(uniform)).clamp(-1, 1)
            level = ((value + 1) / 2 * (LEVELS - 1)).round() / (LEVELS - 1)
            drawn[..., channel] = 2 * level.squeeze(-1) - 1
        return (drawn + 1) / 2

    def mean(self, outputs: Float[Tensor, "*pixel output"]) -> Float[Tensor, "*pixel channel"]:
        """Return the weighted mean of the components' centres.

        Each channel's centre is computed from the centres of the previous channels. This is the
        expectation if clipping at 0 and 1 is ignored.
        """
        log_weight, mean, _, coefficients = self._parameters_of(outputs)
        centres = list[Tensor]()
        for channel in range(self.channels):
            shifted, first = mean[..., channel], channel * (channel - 1) // 2
            for other, centre in enumerate(centres):
                shifted = shifted + coefficients[..., first + other] * centre
            centres.append(shifted.clamp(-1, 1))
        expected = (log_weight.exp().unsqueeze(-1) * torch.stack(centres, -1)).sum(-2)
        return (expected + 1) / 2
