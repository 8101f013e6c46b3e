"""Sums over all N² pairs of nodes, exactly, without an N×N tensor.

Notation: z_i the embedding of node i, s_ij = z_iᵀ z_j the logit of a pair, P = σ(Z Zᵀ). Since
softplus(s) = s − log σ(s), and all logits together sum to the square of the summed embedding,

    Σ_ij softplus(s_ij) = ‖Σ_i z_i‖² − Σ_ij log σ(s_ij),        its gradient: 2 P Z.

So value and gradient need one sigmoid per pair, and the logarithm is taken of products of up to
16 sigmoids at once. Both terms are ≥ 0, and the sum is at least N² log 2 (softplus is convex, the
mean logit is ≥ 0), so rounding a sigmoid, 6e-8 per pair, changes the value by 1e-7 at most.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from math import gcd
from typing import Any, Literal, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from graphvae_data.machine.workers import ALONE, Workers

FACTORS = 4
"""Number of sigmoids multiplied at once, in two rounds unless a product underflows."""
ROWS, COLUMNS = 256, 4080
"""A tile on a CPU: 4 MB of logits. Not a power of two: rows 4096 apart would share cache
lines (measured: twice the time for Pᵀ Z)."""
DEVICE_ROWS, DEVICE_COLUMNS = 2048, 8176
"""A tile on other devices: 67 MB, so that few kernels are launched."""
MAX_LATENT = 128
"""Largest latent width of the Triton kernel: wider tiles do not fit on small devices."""

Backend = Literal["blocks", "triton"]


def all_pairs_softplus(
    z: Float[Tensor, "node latent"], workers: Workers = ALONE
) -> Float[Tensor, ""]:
    """Σ_ij softplus(z_iᵀ z_j) over all N² ordered pairs; value and gradient in one pass.

    With several workers each returns its part; the parts and their gradients add up to the total.

    Memory is O(N · latent) plus one tile of logits. Results are deterministic.

    >>> z = torch.zeros(3, 2)
    >>> all_pairs_softplus(z) / 9  # log 2
    tensor(0.6931)
    """
    return cast(Tensor, _AllPairsSoftplus.apply(z, workers))  # type: ignore[no-untyped-call]


def softplus_across(
    z: Float[Tensor, "node latent"], sides: Int[Tensor, " node"], workers: Workers = ALONE
) -> Float[Tensor, ""]:
    """Σ softplus(z_iᵀ z_j) over the pairs of a node of side 0 and a node of side 1, each once.

    Half of the sum over all ordered pairs minus the sums within each side.

    >>> softplus_across(torch.zeros(3, 2), torch.tensor([0, 0, 1])) / 2  # log 2
    tensor(0.6931)
    """
    within = sum(all_pairs_softplus(z[sides == side], workers) for side in (0, 1))
    return (all_pairs_softplus(z, workers) - within) / 2


class _AllPairsSoftplus(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor, workers: Workers) -> Tensor:
        z = z.detach().contiguous()
        use_triton = has_triton() and workers.count == 1  # the kernel cannot split the pairs
        if choose_backend(z.device.type, z.dtype, z.size(1), has_triton=use_triton) == "triton":
            from graphvae.losses.all_pairs_triton import sum_and_half_gradient  # imports triton

            total, half_gradient = sum_and_half_gradient(z)
        else:
            total, half_gradient = sum_in_blocks(z, workers)
        ctx.save_for_backward(half_gradient)
        return total.to(z.dtype)

    @staticmethod
    def backward(ctx: Any, *gradient: Tensor) -> tuple[Tensor, None]:
        (half_gradient,) = ctx.saved_tensors
        return half_gradient * (2 * gradient[0]), None


def choose_backend(
    device_type: str, dtype: torch.dtype, latent: int, *, has_triton: bool
) -> Backend:
    """Return the backend: the Triton kernel for float32 on CUDA if possible, else torch in blocks.

    >>> choose_backend("cuda", torch.float32, 16, has_triton=True)
    'triton'
    >>> choose_backend("cpu", torch.float32, 16, has_triton=True)
    'blocks'
    """
    fits = dtype == torch.float32 and latent <= MAX_LATENT
    return "triton" if device_type == "cuda" and fits and has_triton else "blocks"


@cache
def has_triton() -> bool:
    """Whether triton is installed; PyTorch for CUDA on Linux includes it."""
    return find_spec("triton") is not None


def sum_in_blocks(
    z: Float[Tensor, "node latent"], workers: Workers = ALONE
) -> tuple[Float[Tensor, ""], Float[Tensor, "node latent"]]:
    """Σ_ij softplus(s_ij) and P Z, tile by tile in one buffer, each unordered pair once.

    Each row block is multiplied with the columns that start at its first row. Entries right of the
    diagonal block count twice, for (i, j) and (j, i), and their transpose adds to the gradient of
    the columns. Each of W workers takes every W-th row block, which balances their lengths.
    """
    nodes = z.size(0)
    rows, columns = tile_size(z.device.type, nodes)
    accumulator = torch.float32 if z.device.type == "mps" else torch.float64  # MPS lacks float64
    buffer, half_gradient = z.new_empty(rows * columns), torch.zeros_like(z)
    total = z.sum(0, dtype=accumulator).square().sum() / workers.count
    for top in range(0, nodes, rows)[workers.rank :: workers.count]:
        block = z[top : top + rows]
        for left in range(top, nodes, columns):
            z_columns = z[left : left + columns]
            diagonal = len(block) if left == top else 0
            tile = buffer[: len(block) * len(z_columns)].view(len(block), len(z_columns))
            costs = to_sigmoids(tile, block, z_columns)
            total += 2 * costs.sum(dtype=accumulator) - costs[:diagonal].sum(dtype=accumulator)
            half_gradient[top : top + rows].addmm_(tile, z_columns)
            half_gradient[left + diagonal : left + columns].addmm_(tile[:, diagonal:].T, block)
    return total, half_gradient


def tile_size(device_type: str, nodes: int) -> tuple[int, int]:
    """Rows and columns of a tile; the first tile of a row block contains its diagonal block."""
    limits = (ROWS, COLUMNS) if device_type == "cpu" else (DEVICE_ROWS, DEVICE_COLUMNS)
    rows = min(limits[0], nodes)
    return rows, max(rows, min(limits[1], nodes))


def to_sigmoids(
    tile: Float[Tensor, "row column"],
    block: Float[Tensor, "row latent"],
    z_columns: Float[Tensor, "column latent"],
) -> Float[Tensor, " column"]:
    """Write σ(block z_columnsᵀ) into `tile`, and return each column's Σ −log σ.

    On a CPU the logarithm is taken of products. Elsewhere it is taken pair by pair, as a check for
    underflow would wait for the device.
    """
    torch.mm(block, z_columns.T, out=tile)
    if tile.device.type != "cpu":
        costs = F.softplus(-tile).sum(0)
        tile.sigmoid_()
        return costs
    products = products_by_column(tile.sigmoid_())
    if products is None:
        return F.softplus(-(block @ z_columns.T)).sum(0)
    return products.log_().sum(0).neg_()


def products_by_column(
    sigmoids: Float[Tensor, "row column"],
) -> Float[Tensor, "group column"] | None:
    """Multiply the sigmoids of a column in groups of 16, or of 4 if one of 16 underflows.

    In single precision a product underflows where its logits sum to less than −87. Return None if
    groups of 4 underflow too.
    """
    tiny, best, products = torch.finfo(sigmoids.dtype).tiny, None, sigmoids
    for _ in range(2):
        products = products.view(gcd(FACTORS, len(products)), -1, products.size(1)).prod(0)
        if not products.amin() >= tiny:  # also true for NaN
            break
        best = products
    return best
