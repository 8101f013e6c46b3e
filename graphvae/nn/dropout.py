"""Dropout masks by the 16-bit lanes of random words: four entries a draw.

On a CPU a Bernoulli draw an entry costs more than the layer whose outputs it drops. A lane is
uniform over 65,536 values, so the share kept is rounded to a multiple of 2⁻¹⁶, and the scale that
goes with it is the rounded one's: the mean stays exact.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

LANES = 1 << 16


def drop(
    x: Float[Tensor, "*shape"], rate: float, generator: torch.Generator
) -> Float[Tensor, "*shape"]:
    """Zero a share of the entries and scale the others by one over the share kept.

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
