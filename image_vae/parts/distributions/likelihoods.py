"""Likelihoods p(x | z) of an image, or of its label: what a decoder returns.

Parameters have the axes [k, batch, *event], with k samples of the code per example; an image has
[batch, *event]. A log-density is summed over the event and fully normalised: nats per example.
Pixels lie in [0, 1].
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from graphvae_data.core.errors import InputError

LEVELS = 256
"""Number of values of an 8-bit pixel."""


@runtime_checkable
class ImageDistribution(Protocol):
    """A distribution of images: what a decoder returns.

    `log_prob` takes whole images, so that pixels may depend on each other. `WithMean` and
    `WithSamples` are optional abilities.
    """

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(x | z) in nats, from images [batch, *event] to [k, batch]."""
        ...


@runtime_checkable
class WithMean(Protocol):
    """A distribution whose expectation is known."""

    @property
    def mean(self) -> Tensor:
        """The expected images [k, batch, *event]."""
        ...


@runtime_checkable
class WithSamples(Protocol):
    """A distribution that can be sampled."""

    def sample(self, generator: torch.Generator) -> Tensor:
        """Draw images [k, batch, *event]."""
        ...


def picture(px: ImageDistribution, generator: torch.Generator) -> Float[Tensor, "k batch *event"]:
    """Return the expected images, or samples of a distribution without a mean.

    Raises:
        InputError: the distribution has neither a mean nor samples.
    """
    if isinstance(px, WithMean):
        return px.mean
    if isinstance(px, WithSamples):
        return px.sample(generator)
    raise InputError(f"likelihood: {type(px).__name__} has neither a mean nor samples")


@dataclass(frozen=True)
class Bernoulli:
    """Binary pixels, p(x_i = 1 | z) = σ(l_i).

    Source: Kingma & Welling 2013, appendix C.1. Grey values between 0 and 1 are allowed, as in
    much published code; the result is then a cross-entropy, not a log-probability.
    """

    logits: Float[Tensor, "k batch *event"]
    """l."""

    def log_prob(self, x: Float[Tensor, " batch *event"]) -> Float[Tensor, "k batch"]:
        """Return Σ_i x_i l_i − softplus(l_i)."""
        logits = self.logits.flatten(2)
        result: Tensor = _LogBernoulli.apply(logits, x.flatten(1))  # type: ignore[no-untyped-call]
        return result

    @property
    def mean(self) -> Float[Tensor, "k batch *event"]:
        """The expected image."""
        return self.logits.sigmoid()

    def sample(self, generator: torch.Generator) -> Float[Tensor, "k batch *event"]:
        """Draw images."""
        return torch.bernoulli(self.mean, generator=generator)


class _LogBernoulli(torch.autograd.Function):
    """Σ_i x_i l_i − softplus(l_i), with its derivative x − σ(l) computed in one tensor.

    Plain automatic differentiation allocates four tensors of the size of l, which takes a third of
    a small model's step.
    """

    @staticmethod
    def forward(
        ctx: Any, logits: Float[Tensor, "k batch pixel"], x: Float[Tensor, "batch pixel"]
    ) -> Float[Tensor, "k batch"]:
        """Return the log-probability of each sample."""
        ctx.save_for_backward(logits, x)
        return (x * logits).sub_(F.softplus(logits)).sum(-1)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, gradient: Float[Tensor, "k batch"]
    ) -> tuple[Float[Tensor, "k batch pixel"], Float[Tensor, "batch pixel"] | None]:
        """Return g (x − σ(l)), and Σ_k g l if the image requires a gradient."""
        logits, x = ctx.saved_tensors
        each = gradient.unsqueeze(-1)
        of_x = (each * logits).sum(0) if ctx.needs_input_grad[1] else None
        probability = logits.sigmoid()
        return torch.sub(x, probability, out=probability).mul_(each), of_x


@dataclass(frozen=True)
class PixelGaussian:
    """Real-valued pixels, p(x_i | z) = N(m_i, σ²), with one σ for all pixels.

    Source: Kingma & Welling 2013, appendix C.2; one learnt σ as in Rybkin et al. 2021, "Simple and
    Effective VAE Training with Calibrated Decoders". A density may exceed one.
    """

    mean: Float[Tensor, "k batch *event"]
    """m, the expected image."""
    log_std: Float[Tensor, ""]
    """log σ."""

    def log_prob(self, x: Float[Tensor, " batch *event"]) -> Float[Tensor, "k batch"]:
        """Return the log-density, in nats per example."""
        standardised = (x - self.mean) * torch.exp(-self.log_std)
        terms = 0.5 * (standardised.square() + math.log(2 * math.pi)) + self.log_std
        return -terms.flatten(2).sum(-1)

    def sample(self, generator: torch.Generator) -> Float[Tensor, "k batch *event"]:
        """Draw images; they may leave [0, 1]."""
        noise = torch.empty_like(self.mean).normal_(generator=generator)
        return self.mean + self.log_std.exp() * noise


@dataclass(frozen=True)
class DiscretisedLogistic:
    """Pixels of 256 levels: a logistic distribution, discretised to 0, 1/255, …, 1.

    p(x) = σ((x + ½δ − m) / s) − σ((x − ½δ − m) / s) with δ = 1/255; the outermost bins extend to
    infinity, so the probabilities of the 256 levels sum to one. Source: Kingma et al. 2016,
    "Improving Variational Inference with Inverse Autoregressive Flow", §5; open outermost bins as
    in Salimans et al. 2017, "PixelCNN++".
    """

    location: Float[Tensor, "k batch *event"]
    """m, the centre of the density."""
    log_scale: Float[Tensor, "#k #batch *#event"]
    """log s."""

    def log_prob(self, x: Float[Tensor, " batch *event"]) -> Float[Tensor, "k batch"]:
        """Return the log-probability of the levels, in nats per example.

        With a above b, log (σ(a) − σ(b)) = −softplus(−a) − softplus(b) + log (1 − e^(b−a)).
        """
        half, rate = 0.5 / (LEVELS - 1), torch.exp(-self.log_scale)
        above, below = (x + half - self.location) * rate, (x - half - self.location) * rate
        inner = -F.softplus(-above) - F.softplus(below) + torch.log(-torch.expm1(-2 * half * rate))
        lowest = torch.where(x < half, -F.softplus(-above), inner)
        return torch.where(x > 1 - half, -F.softplus(below), lowest).flatten(2).sum(-1)

    @property
    def mean(self) -> Float[Tensor, "k batch *event"]:
        """The centre m; the expected image if the clipping at 0 and 1 is ignored."""
        return self.location.clamp(0.0, 1.0)

    def sample(self, generator: torch.Generator) -> Float[Tensor, "k batch *event"]:
        """Draw images of 256 levels."""
        uniform = torch.empty_like(self.location).uniform_(generator=generator)
        drawn = self.location + self.log_scale.exp() * torch.logit(uniform, eps=1e-6)
        return (drawn.clamp(0.0, 1.0) * (LEVELS - 1)).round() / (LEVELS - 1)


@dataclass(frozen=True)
class Categorical:
    """One of C values, p(y = c | z) = softmax(l)_c."""

    logits: Float[Tensor, "k batch category"]
    """l."""

    def log_prob(self, y: Int[Tensor, " batch"]) -> Float[Tensor, "k batch"]:
        """Return log p(y | z); 0 where y < 0, which means not observed."""
        log_p = self.logits.log_softmax(-1)
        index = y.clamp(min=0).expand(len(log_p), -1).unsqueeze(-1)
        return log_p.gather(-1, index).squeeze(-1).masked_fill(y < 0, 0.0)

    @property
    def mean(self) -> Float[Tensor, "k batch category"]:
        """The probability of each value."""
        return self.logits.softmax(-1)


RAREST = 0.001
"""A pixel's mean is clamped to [RAREST, 1 − RAREST] before its logit is taken."""


class LikelihoodHead(nn.Module):
    """Maps values at each pixel, for most heads one per channel, to p(x | z).

    A decoder adds `start` to the output of its network, so that training starts from the mean
    image, as in the code of Burda et al. 2015.

    Args:
        start: [output, height, width].
    """

    start: Tensor

    def __init__(self, start: Float[Tensor, "*event"]) -> None:
        super().__init__()
        self.register_buffer("start", start)

    def forward(self, values: Float[Tensor, "k batch *event"]) -> ImageDistribution:
        """Return the likelihood."""
        raise NotImplementedError


class BernoulliHead(LikelihoodHead):
    """Values are logits.

    Args:
        mean: the mean image, in [0, 1].
    """

    def __init__(self, mean: Float[Tensor, "*event"]) -> None:
        super().__init__(mean.clamp(RAREST, 1 - RAREST).logit())

    def forward(self, values: Float[Tensor, "k batch *event"]) -> Bernoulli:
        """Return the likelihood."""
        return Bernoulli(values)


class GaussianHead(LikelihoodHead):
    """Values are means; one log σ for all pixels is learnt.

    Args:
        mean: the mean image, in [0, 1].
    """

    def __init__(self, mean: Float[Tensor, "*event"]) -> None:
        super().__init__(mean.clone())
        self.log_scale = nn.Parameter(torch.full((1,) * mean.dim(), -2.0))

    def forward(self, values: Float[Tensor, "k batch *event"]) -> PixelGaussian:
        """Return the likelihood."""
        return PixelGaussian(values, self.log_scale.squeeze())


class LogisticHead(LikelihoodHead):
    """Values are centres; log s is learnt for every pixel.

    Args:
        mean: the mean image, in [0, 1].
    """

    def __init__(self, mean: Float[Tensor, "*event"]) -> None:
        super().__init__(mean.clone())
        self.log_scale = nn.Parameter(torch.full(mean.shape, -2.0))

    def forward(self, values: Float[Tensor, "k batch *event"]) -> DiscretisedLogistic:
        """Return the likelihood."""
        return DiscretisedLogistic(values, self.log_scale[None, None])
