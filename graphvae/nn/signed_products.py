"""Inner products in which some coordinates repel, with a bias."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class SignedProduct(nn.Module):
    """logit p(A_uv = 1 | Z) = Σ_i ± z_ui z_vi + b, minus over the last `repelling` coordinates.

    A positive semi-definite product joins similar nodes; with coordinates that repel it can also
    join unlike nodes, and keep similar ones apart. Source: Peysakhovich & Bottou 2021, "An
    Attract-Repel Decomposition of Undirected Networks". The bias b makes sparse graphs likely at
    z = 0, where σ(0) would be ½.

    Args:
        latent: width of the embedding.
        repelling: number of coordinates that repel.

    >>> z = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> SignedProduct(2, repelling=1)(z, torch.tensor([[0], [1]]))
    tensor([-5.], grad_fn=<AddBackward0>)
    """

    symmetric = True

    def __init__(self, latent: int, *, repelling: int) -> None:
        super().__init__()
        sign = torch.ones(latent)
        sign[latent - repelling :] = -1
        self.register_buffer("sign", sign, persistent=False)
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(
        self, z: Float[Tensor, "node latent"], pairs: Int[Tensor, "2 pair"]
    ) -> Float[Tensor, " pair"]:
        """Return one logit per pair."""
        product = z.index_select(0, pairs[0]) * z.index_select(0, pairs[1])
        return product @ self.get_buffer("sign") + self.bias

    def block(
        self, z_rows: Float[Tensor, "row latent"], z_columns: Float[Tensor, "column latent"]
    ) -> Float[Tensor, "row column"]:
        """Return the logits of every row node with every column node."""
        return (z_rows * self.get_buffer("sign")) @ z_columns.T + self.bias
