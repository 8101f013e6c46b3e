"""The sum over all pairs as one Triton kernel; the logits stay in registers.

A program handles a tile of rows and iterates over the columns: S = Z_i Z_jᵀ, P = σ(S) and
Σ softplus(S) stay in registers, and P Z_j adds to the rows' gradient, which is written once. Where
rows alone would not fill the device, columns are divided among several programs; each writes a
partial sum, and these are added in a fixed order. Without atomics, results are deterministic.

Every ordered pair is visited, although the matrix is symmetric: to reuse the tile of (i, j) for
(j, i), tiles would have to add into each other's rows (atomics, in no fixed order) or write
N² · latent / tile partial sums (20 GB for 200,000 nodes). Products are plain single precision
(`ieee`, no TF32). Importing this module imports triton; `TRITON_INTERPRET=1` runs it on a CPU.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from jaxtyping import Float
from torch import Tensor

PROGRAMS = 1024
"""Target number of programs: several for each multiprocessor of a large device."""


@dataclass(frozen=True)
class TilePlan:
    """How the work is divided among programs."""

    tile: int
    """Rows, and columns, of a tile: a power of two; at most 64, or products of factors overflow."""
    width: int
    """The latent width, padded to a power of two that `tl.dot` supports."""
    columns: int
    """Columns per program; a multiple of `tile`."""
    grid: tuple[int, int]
    """Programs: tiles of rows × shares of columns."""
    warps: int
    """Warps (32 threads) per program."""


def plan(nodes: int, latent: int) -> TilePlan:
    """Divide the work: enough programs to fill a device, few enough to keep the partial sums small.

    >>> plan(200_000, 16).grid, plan(2708, 16).grid
    ((3125, 1), (43, 22))
    """
    width = max(16, triton.next_power_of_2(latent))
    # Chosen to avoid register spills.
    tile, warps = (64, 8) if width <= 32 else (32, 4) if width <= 64 else (32, 8)
    tiles = triton.cdiv(nodes, tile)
    shares = max(1, min(tiles, PROGRAMS // tiles))
    each = triton.cdiv(tiles, shares)
    return TilePlan(tile, width, each * tile, (tiles, triton.cdiv(tiles, each)), warps)


def sum_and_half_gradient(
    z: Float[Tensor, "node latent"],
) -> tuple[Float[Tensor, ""], Float[Tensor, "node latent"]]:
    """Σ_ij softplus(z_iᵀ z_j), in double precision, and σ(Z Zᵀ) Z, of a contiguous Z."""
    nodes, latent = z.shape
    p = plan(nodes, latent)
    costs = z.new_empty(p.grid[1], nodes)
    gradients = z.new_empty(p.grid[1], nodes, latent)
    _row_tile[p.grid](
        z, costs, gradients, nodes, latent, p.columns, p.tile, p.width, num_warps=p.warps
    )
    return costs.sum(dtype=torch.float64), gradients.sum(0)


@triton.jit
def _times(a, b):
    """Multiply, for `tl.reduce`."""
    return a * b


@triton.jit(do_not_specialize=["nodes"])
def _row_tile(
    z_at,
    costs_at,
    gradients_at,
    nodes,
    latent,
    columns,
    TILE: tl.constexpr,
    WIDTH: tl.constexpr,
):
    """Costs and half gradients of a tile of rows, from one share of the columns."""
    share = tl.program_id(1)
    rows = tl.program_id(0) * TILE + tl.arange(0, TILE)
    axes = tl.arange(0, WIDTH)
    row_mask = (rows < nodes)[:, None] & (axes < latent)[None, :]
    row_offsets = rows[:, None].to(tl.int64) * latent + axes[None, :]
    z_rows = tl.load(z_at + row_offsets, mask=row_mask, other=0.0)
    cost = tl.zeros((TILE,), dtype=tl.float32)
    gradient = tl.zeros((TILE, WIDTH), dtype=tl.float32)
    first = share * columns
    for start in range(first, tl.minimum(first + columns, nodes), TILE):
        others = start + tl.arange(0, TILE)
        mask = (others < nodes)[:, None] & (axes < latent)[None, :]
        offsets = others[:, None].to(tl.int64) * latent + axes[None, :]
        z_others = tl.load(z_at + offsets, mask=mask, other=0.0)
        s = tl.dot(z_rows, tl.trans(z_others), input_precision="ieee")
        decay = tl.exp(-tl.abs(s))  # in (0, 1]: softplus(s) = max(s, 0) + log(1 + decay)
        factors = tl.where((others < nodes)[None, :], 1.0 + decay, 1.0)
        cost += tl.sum(tl.maximum(s, 0.0), axis=1) + tl.log(tl.reduce(factors, 1, _times))
        sigmoid = tl.where(s >= 0, 1.0, decay) / (1.0 + decay)
        gradient += tl.dot(sigmoid, z_others, input_precision="ieee")  # rows past the end are 0
    part = share.to(tl.int64) * nodes
    tl.store(costs_at + part + rows, cost, mask=rows < nodes)
    tl.store(gradients_at + part * latent + row_offsets, gradient, mask=row_mask)
