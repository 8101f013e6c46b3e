"""Spectral norms of the layers of a network, by power iteration, and the scales of normalisations.

The spectral norm σ of a convolution is the largest singular value of its weight as a matrix
W [output, input · height · width]; regularising it limits the layer's Lipschitz constant. An
iteration is v ← Wᵀu / ‖Wᵀu‖, u ← W v / ‖W v‖; the estimate σ = uᵀ W v is a lower bound of the norm.
The vector u is stored between steps, so that few iterations suffice. Sources: Yoshida & Miyato
2017, "Spectral Norm Regularization for Improving the Generalizability of Deep Learning"; Vahdat &
Kautz 2020, "NVAE", §3.2.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

ITERATIONS, FIRST_ITERATIONS = 4, 40
"""Power iterations in a step, and in the first step of a run."""


class SpectralLayer(nn.Module):
    """A layer whose spectral norm can be penalised."""

    left: Float[Tensor, " output"]
    """u, a buffer: the estimate of the first left singular vector, with norm 1."""

    def matrix(self) -> Float[Tensor, "output input"]:
        """Return W, differentiable with respect to the weights."""
        raise NotImplementedError


class ScaleLayer(nn.Module):
    """A normalisation whose features are multiplied by learnt scales, which can be penalised."""

    scale: Float[Tensor, " feature"]
    """γ."""


def spectral_norms(
    layers: Iterable[SpectralLayer], iterations: int = ITERATIONS
) -> Float[Tensor, ""]:
    """Return the sum of the estimated spectral norms, and update u of every layer.

    Layers of equal shape are stacked, for one batched product per shape.

    Args:
        layers: the layers.
        iterations: power iterations.
    """
    by_shape = defaultdict[tuple[int, ...], list[tuple[SpectralLayer, Tensor]]](list)
    for layer in layers:
        matrix = layer.matrix()
        by_shape[tuple(matrix.shape)].append((layer, matrix))
    sums = [_sum_of_norms(each, iterations) for each in by_shape.values()]
    return torch.stack(sums).sum()


def _sum_of_norms(layers: list[tuple[SpectralLayer, Tensor]], iterations: int) -> Float[Tensor, ""]:
    """Return the sum over layers of one shape."""
    weight = torch.stack([matrix for _, matrix in layers])
    with torch.no_grad():
        fixed = weight.detach()
        left = torch.stack([layer.left for layer, _ in layers]).unsqueeze(1)
        for _ in range(iterations):
            right = F.normalize(left @ fixed, dim=-1)
            left = F.normalize(right @ fixed.mT, dim=-1)
        for (layer, _), vector in zip(layers, left.squeeze(1), strict=True):
            layer.left.copy_(vector)
        outer = left.mT @ right  # dσ/dW = u vᵀ
    return (weight * outer).sum()


def greatest_scales(layers: Iterable[ScaleLayer]) -> Float[Tensor, ""]:
    """Return Σ max |γ| over normalisations."""
    return torch.stack([layer.scale.abs().max() for layer in layers]).sum()
