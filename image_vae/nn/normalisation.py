"""Batch normalisation: each feature at mean 0 and variance 1 over a batch, then scaled and shifted.

While learning, the mean and variance are the batch's, and running means of both are kept, which
stand for them when the module is in eval mode: an image is then the same in whatever batch it is
made. Source: Ioffe & Szegedy 2015, "Batch Normalization: Accelerating Deep Network Training by
Reducing Internal Covariate Shift".
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

MOMENTUM = 0.1
"""How far the running moments go towards those of each batch."""


class BatchNorm(nn.Module):
    """(x − mean) / std · scale + shift, of each feature.

    The running moments move only where gradients are recorded: so they too are moved by the turn of
    their own player, and not by that of another, who merely has images made.

    Args:
        features: how many there are.

    >>> x = torch.tensor([[[1.0, 10.0], [3.0, 30.0]]])
    >>> BatchNorm(2)(x).round(decimals=3).tolist()
    [[[-1.0, -1.0], [1.0, 1.0]]]
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(features))
        self.shift = nn.Parameter(torch.zeros(features))
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("variance", torch.ones(features))

    def forward(self, x: Float[Tensor, "front next *rest"]) -> Float[Tensor, "front next *rest"]:
        """Return the features normalised, of [k, batch, feature] or [batch, feature, row, column].

        Moments are over all other axes; one value alone has no variance, and takes the running one.
        """
        rows = x.flatten(0, -2) if x.dim() == 3 else x
        of_batch = self.training and rows.numel() > len(self.scale)
        kept = not of_batch or torch.is_grad_enabled()
        normal = F.batch_norm(
            rows,
            self.mean if kept else None,
            self.variance if kept else None,
            self.scale,
            self.shift,
            training=of_batch,
            momentum=MOMENTUM,
        )
        return normal.view_as(x)
