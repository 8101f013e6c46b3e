"""The steps of normalizing flows: invertible maps of codes whose Jacobians are known."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

Mapped = tuple[Float[Tensor, "*example latent"], Float[Tensor, "*example"]]
"""The transformed code, and log |det| of the Jacobian."""


FARTHEST = 1e4
"""Coordinates of an autoregressive inverse are clamped to ± this value."""


class FlowStep(nn.Module):
    """An invertible map, which may depend on a context.

    Args:
        latent: D, width of the code.
    """

    context: int = 0
    """Width of the context."""
    invertible: bool = True
    """Whether `inverse` is implemented."""

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.latent = latent

    def forward(
        self, x: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return y and log |det ∂y/∂x|."""
        raise NotImplementedError

    def inverse(
        self, y: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return x and log |det ∂y/∂x|."""
        raise NotImplementedError


class Planar(FlowStep):
    """y = x + û tanh(wᵀx + b), whose u, w, b are the context.

    û = u + (softplus(wᵀu) − 1 − wᵀu) w / ‖w‖² keeps wᵀû > −1, so that the map is invertible,
    although its inverse has no closed form. Source: Rezende & Mohamed 2015, "Variational Inference
    with Normalizing Flows", equations 10 to 12 and appendix A.1.
    """

    invertible = False

    def __init__(self, latent: int) -> None:
        super().__init__(latent)
        self.context = 2 * latent + 1

    def forward(
        self, x: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return y, and log |1 + (1 − tanh²) wᵀû|."""
        u, w, b = context.split((self.latent, self.latent, 1), -1)
        product = (w * u).sum(-1, keepdim=True)
        allowed = F.softplus(product) - 1  # wᵀû
        norm = w.square().sum(-1, keepdim=True).clamp(min=1e-12)
        u = u + (allowed - product) / norm * w
        activation = torch.tanh((w * x).sum(-1, keepdim=True) + b)
        log_det = torch.log1p((1 - activation.square()) * allowed)
        return x + u * activation, log_det.squeeze(-1)


class MaskedLinear(nn.Linear):
    """A linear layer with masked weights.

    Args:
        mask: 1 where a weight is used, [outputs, inputs].
        generator: draws the weights (Glorot).
    """

    mask: Tensor

    def __init__(self, mask: Float[Tensor, "outputs inputs"], generator: torch.Generator) -> None:
        outputs, inputs = mask.shape
        with torch.random.fork_rng([]):  # the layer draws first weights from the global generator
            super().__init__(inputs, outputs)
        nn.init.xavier_uniform_(self.weight, generator=generator)
        nn.init.zeros_(self.bias)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, input: Float[Tensor, "*example inputs"]) -> Float[Tensor, "*example outputs"]:
        """Return x (M ∘ W)ᵀ + b."""
        return F.linear(input, self.mask * self.weight, self.bias)


class Made(nn.Module):
    """A MADE: outputs i depend only on the inputs before i, and on a context.

    One hidden layer with ELU, to which the context is added. Source: Germain et al. 2015, "MADE:
    Masked Autoencoder for Distribution Estimation", §3, in the natural order of the inputs.

    Args:
        latent: D, inputs.
        hidden: width of the hidden layer.
        context: width of the context; 0 for none.
        outputs: number of outputs for each input.
        generator: draws the weights.
    """

    def __init__(
        self, latent: int, hidden: int, context: int, outputs: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        degrees = torch.arange(1, latent + 1)
        inner = torch.arange(hidden) % max(1, latent - 1) + 1
        enter = (inner.unsqueeze(1) >= degrees).float()
        leave = (degrees.unsqueeze(1) > inner).float()
        self.enter = MaskedLinear(enter, generator)
        self.leave = MaskedLinear(leave.repeat(outputs, 1), generator)
        self.outputs = outputs
        self.of_context = None
        if context:
            self.of_context = MaskedLinear(torch.ones(hidden, context), generator)

    def forward(
        self, x: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> tuple[Float[Tensor, "*example latent"], ...]:
        """Return each output."""
        hidden = self.enter(x)
        if self.of_context is not None:
            hidden = hidden + self.of_context(context)
        parts: tuple[Tensor, ...] = self.leave(F.elu(hidden)).chunk(self.outputs, -1)
        return parts


class Autoregressive(FlowStep):
    """y_i = g_i x_i + (1 − g_i) m_i, g = σ(s + 1), with m_i and s_i functions of x_1 … x_{i−1}.

    log |det| = Σ log g. The forward map takes one pass; the inverse is sequential. With `reverse`
    the order of the coordinates is reversed first. Source: Kingma et al. 2016, "Improving
    Variational Inference with Inverse Autoregressive Flow", algorithm 1.

    Args:
        latent: D.
        hidden: width of the hidden layer of the network of m and s (`Made`).
        context: width of the context.
        reverse: whether the code is reversed first.
        generator: draws the weights.
    """

    def __init__(
        self,
        latent: int,
        hidden: int,
        context: int,
        *,
        reverse: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__(latent)
        self.context, self.reverse = context, reverse
        self.network = Made(latent, hidden, context, 2, generator=generator)

    def forward(
        self, x: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return y and Σ log g."""
        x = x.flip(-1) if self.reverse else x
        mean, scale = self.network(x, context)
        gate = torch.sigmoid(scale + 1)
        return mean + gate * (x - mean), F.logsigmoid(scale + 1).sum(-1)

    def inverse(
        self, y: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return x and Σ log g; D passes.

        With small gates the coordinates may grow exponentially, and some samples of a prior would
        overflow; the coordinates are therefore clamped to ± `FARTHEST`.
        """
        x = torch.zeros_like(y)
        for i in range(self.latent):
            mean, scale = self.network(x, context)
            gate = torch.sigmoid(scale[..., i] + 1)
            solved = mean[..., i] + (y[..., i] - mean[..., i]) / gate
            solved = solved.clamp(-FARTHEST, FARTHEST)
            x = torch.cat([x[..., :i], solved.unsqueeze(-1), x[..., i + 1 :]], -1)
        mean, scale = self.network(x, context)
        return x.flip(-1) if self.reverse else x, F.logsigmoid(scale + 1).sum(-1)


class Coupling(FlowStep):
    """Affine coupling: y_2 = x_2 ∘ exp(s(x_1)) + t(x_1), y_1 = x_1, for the halves of the code.

    s is bounded by tanh. Both directions take one pass. Source: Dinh et al. 2017, "Density
    Estimation using Real NVP", equations 4 to 8.

    Args:
        latent: D, at least 2.
        hidden: width of the hidden layer of the network of s and t.
        context: width of the context.
        reverse: whether the order of the coordinates is reversed first.
        generator: draws the weights.
    """

    def __init__(
        self,
        latent: int,
        hidden: int,
        context: int,
        *,
        reverse: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__(latent)
        self.context, self.reverse = context, reverse
        self.fixed = latent // 2
        moved = latent - self.fixed
        self.enter = MaskedLinear(torch.ones(hidden, self.fixed + context), generator)
        self.leave = MaskedLinear(torch.ones(2 * moved, hidden), generator)

    def _parameters_of(self, fixed: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        hidden = F.elu(self.enter(torch.cat([fixed, context], -1)))
        scale, shift = self.leave(hidden).chunk(2, -1)
        return torch.tanh(scale), shift

    def forward(
        self, x: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return y and Σ s."""
        x = x.flip(-1) if self.reverse else x
        fixed, moved = x[..., : self.fixed], x[..., self.fixed :]
        scale, shift = self._parameters_of(fixed, context)
        return torch.cat([fixed, moved * scale.exp() + shift], -1), scale.sum(-1)

    def inverse(
        self, y: Float[Tensor, "*example latent"], context: Float[Tensor, "*example context"]
    ) -> Mapped:
        """Return x and Σ s."""
        fixed, moved = y[..., : self.fixed], y[..., self.fixed :]
        scale, shift = self._parameters_of(fixed, context)
        x = torch.cat([fixed, (moved - shift) * torch.exp(-scale)], -1)
        return x.flip(-1) if self.reverse else x, scale.sum(-1)
