"""A convolution with weight normalisation, whose spectral norm can be penalised."""

from __future__ import annotations

from math import prod, sqrt

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.parts.spectral import SpectralLayer


class Convolution(SpectralLayer):
    """A convolution with the weight W_o = e^{s_o} v_o / ‖v_o‖ for each output o, and a bias.

    Source: Salimans & Kingma 2016, "Weight Normalization"; with the logarithm of the norm as
    parameter, as in Vahdat & Kautz 2020.

    Args:
        inputs: input channels.
        outputs: output channels.
        kernel: kernel size, odd; the padding keeps the size of the maps.
        stride: 1, or 2 to halve height and width.
        groups: number of groups of channels; `inputs` for a depthwise convolution.
        generator: draws the weights from PyTorch's default uniform distribution.
    """

    left: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        groups: int = 1,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.stride, self.groups, self.padding = stride, groups, kernel // 2
        shape = (outputs, inputs // groups, kernel, kernel)
        bound = 1 / sqrt(prod(shape[1:]))
        weight = torch.empty(shape).uniform_(-bound, bound, generator=generator)
        self.direction = nn.Parameter(weight)
        self.log_norm = nn.Parameter(weight.flatten(1).norm(dim=1).log())
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound, generator=generator))
        left = torch.randn(outputs, generator=generator)
        self.register_buffer("left", F.normalize(left, dim=0))

    @property
    def weight(self) -> Float[Tensor, "output input height width"]:
        """W."""
        norm = self.log_norm.exp().view(-1, 1, 1, 1)
        weight: Tensor = torch._weight_norm(self.direction, norm, 0)
        return weight

    def matrix(self) -> Float[Tensor, "output input"]:
        """Return W as a matrix [output, input · height · width]."""
        return self.weight.flatten(1)

    def forward(
        self, x: Float[Tensor, "batch channel height width"]
    ) -> Float[Tensor, "batch output row column"]:
        """Return the convolved maps."""
        return F.conv2d(
            x, self.weight, self.bias, self.stride, padding=self.padding, groups=self.groups
        )
