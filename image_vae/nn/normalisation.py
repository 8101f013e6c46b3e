"""Batch normalisation: features of mean 0 and variance 1 over a batch, then scaled and shifted.

In training mode, mean and variance are those of the batch, and running means of both are updated.
In eval mode the running means are used, so that an image does not depend on the rest of its batch.
Source: Ioffe & Szegedy 2015, "Batch Normalization: Accelerating Deep Network Training by Reducing
Internal Covariate Shift".
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

MOMENTUM = 0.1
"""Weight of a batch's moments in the running moments."""


class BatchNorm(nn.Module):
    """(x − mean) / std · scale + shift, of each feature.

    The running moments are updated only where gradients are recorded: in the step of the module's
    own player, not in that of another player, which only generates images.

    Args:
        features: number of features.

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
        """Return normalised features, of [k, batch, feature] or [batch, feature, row, column].

        Moments are over all other axes; for a single value the running ones are used.
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
