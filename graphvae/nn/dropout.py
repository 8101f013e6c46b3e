"""Dropout masks from the 16-bit lanes of random 64-bit words: four entries per draw.

On a CPU a Bernoulli draw per entry costs more than the layer itself. A lane is uniform over 65,536
values, so the keep probability is rounded to a multiple of 2⁻¹⁶. The scale is that of the rounded
probability, which keeps the mean exact.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

LANES = 1 << 16


def drop(
    x: Float[Tensor, "*shape"], rate: float, generator: torch.Generator
) -> Float[Tensor, "*shape"]:
    """Zero a share of the entries and scale the others by the inverse of the keep probability.

    >>> import torch
    >>> x = drop(torch.ones(4, 5), 0.5, torch.Generator().manual_seed(0))
    >>> sorted(set(x.flatten().tolist()))
    [0.0, 2.0]
    """
    threshold = round((1 - rate) * LANES)
    words = torch.empty(-(-x.numel() // 4), dtype=torch.int64, device=x.device)
    words.random_(torch.iinfo(torch.int64).min, None, generator=generator)
    lanes = words.view(torch.int16)[: x.numel()].view(x.shape)
    return x * (lanes < threshold - LANES // 2) * (LANES / threshold)
