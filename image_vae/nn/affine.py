"""A dense layer fused with its activation, a(x Wᵀ + b), by oneDNN, a part of PyTorch on CPUs.

PyTorch's linear layers use MKL, which is as fast on some processors and half as fast on others
(`nn.linear_backend`). The results differ in the last bit. PyTorch's linear layers are used where
MKL is as fast, without oneDNN (macOS, GPUs), in precisions other than float32, and for small
products, where the overhead would dominate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.nn.linear_backend import fastest

Fused = Literal["none", "tanh", "relu"]
"""The activation after the product."""
MIN_PRODUCTS = 1_000_000
"""Number of multiplications above which oneDNN is used."""
FUSED: dict[Fused, Callable[[Tensor], Tensor]] = {
    "none": lambda x: x,
    "tanh": torch.tanh,
    "relu": torch.relu,
}
"""The activations for products without oneDNN."""


class Affine(nn.Linear):
    """A linear layer, called with the activation that follows it."""

    def forward(
        self, input: Float[Tensor, "*example inputs"], activation: Fused = "none"
    ) -> Float[Tensor, "*example outputs"]:
        """Return a(x Wᵀ + b)."""
        return affine(input, self.weight, self.bias, activation)


def affine(
    x: Float[Tensor, "*example inputs"],
    weight: Float[Tensor, "outputs inputs"],
    bias: Float[Tensor, " outputs"] | None = None,
    activation: Fused = "none",
) -> Float[Tensor, "*example outputs"]:
    """Return a(x Wᵀ + b), differentiable any number of times."""
    if not by_onednn(x, weight):
        return FUSED[activation](F.linear(x, weight, bias))
    y: Tensor = _Affine.apply(x, weight, bias, activation)  # type: ignore[no-untyped-call]
    return y


def by_onednn(x: Float[Tensor, "*example inputs"], weight: Float[Tensor, "outputs inputs"]) -> bool:
    """Return whether a product uses oneDNN, given shapes, precision and device."""
    return (
        x.device.type == "cpu"
        and x.dtype == weight.dtype == torch.float32
        and x.numel() * weight.size(0) >= MIN_PRODUCTS
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
        and fastest() == "onednn"
    )


class _Affine(torch.autograd.Function):
    """The product by oneDNN; its gradients are computed by oneDNN too."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, activation: Fused
    ) -> Tensor:
        """Return a(x Wᵀ + b)."""
        y = _onednn(x, weight, bias, activation)
        ctx.activation = activation
        ctx.save_for_backward(x, weight, y if activation != "none" else None)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Return h W, hᵀ x and Σ h over the examples, with h the gradient before the activation."""
        x, weight, y = ctx.saved_tensors
        if ctx.activation == "tanh":
            gradient = torch.ops.aten.tanh_backward.default(gradient, y)
        elif ctx.activation == "relu":
            gradient = gradient * (y > 0)
        of_x, of_weight, of_bias, _ = ctx.needs_input_grad
        rows = gradient.flatten(0, -2)
        return (
            _product(gradient, weight.T) if of_x else None,
            _product(rows.T, x.flatten(0, -2).T) if of_weight else None,
            rows.sum(0) if of_bias else None,
            None,
        )


def _product(x: Tensor, weight: Tensor) -> Tensor:
    """Return x Wᵀ, recorded only if second derivatives are needed."""
    if not torch.is_grad_enabled():
        return _onednn(x, weight, None, "none")
    y: Tensor = _Affine.apply(x, weight, None, "none")  # type: ignore[no-untyped-call]
    return y


def _onednn(x: Tensor, weight: Tensor, bias: Tensor | None, activation: Fused) -> Tensor:
    y: Tensor = torch.ops.mkldnn._linear_pointwise.default(x, weight, bias, activation, [], "")
    return y
