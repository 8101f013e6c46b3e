"""The sum over all pairs as one Triton kernel: the logits never leave the chip.

A program owns a tile of rows and walks over the columns: S = Z_i Z_jᵀ, P = σ(S) and Σ softplus(S)
live in registers, and P Z_j adds to the rows' gradient, which is written once. Columns are dealt to
several programs where rows alone would not fill the device; each writes a part of its own, and the
parts are summed in a fixed order. No atomics, so the same input gives the same bits.

Every ordered pair is visited, although the matrix is symmetric: to serve (j, i) from the tile of
(i, j), tiles would have to add into each other's rows (atomics, in no fixed order) or write
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
"""How many programs to aim for: several for each multiprocessor of a large device."""


@dataclass(frozen=True)
class TilePlan:
    """How N embeddings of some width are dealt to programs."""

    tile: int
    """Rows, and columns, of a tile: a power of two; 64 at most, or products of factors overflow."""
    width: int
    """The latent width, padded to a power of two that `tl.dot` takes."""
    columns: int
    """Columns a program walks over; a multiple of `tile`."""
    grid: tuple[int, int]
    """Programs: tiles of rows × shares of columns."""
    warps: int
    """Groups of 32 threads a program."""


def plan(nodes: int, latent: int) -> TilePlan:
    """Deal the tiles: enough programs to fill a device, few enough that the parts stay small.

    >>> plan(200_000, 16).grid, plan(2708, 16).grid
    ((3125, 1), (43, 22))
    """
    width = max(16, triton.next_power_of_2(latent))
    tile, warps = (64, 8) if width <= 32 else (32, 4) if width <= 64 else (32, 8)  # no spills
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
    """A product, for `tl.reduce`."""
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
