"""Inner products of pairs of rows, which take most of the time of a loss over sampled pairs.

The gradient of row i of the left matrix is Σ g_p right[v_p] over the pairs p = (u_p, v_p) with
u_p = i. PyTorch computes matrices [pair, latent] and adds them row by row. With the pairs sorted by
u the gradient is a weighted sum of rows for each node, which `embedding_bag` computes without such
a matrix: on a CPU 2 to 6 times as fast for 75,000 pairs and more
(`tests/benchmarks/pair_products.py`).
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

FEW = 4096
"""Fewer pairs than this are not sorted, which would take longer."""
CHUNK = 1 << 18
"""Entries of a chunk for each thread: 1 MB in single precision, which fits into a cache."""
RADIX = 1 << 16
"""NumPy sorts 16-bit integers by radix: the fastest way where there are no more nodes."""


def pair_products(
    left: Float[Tensor, "row latent"],
    right: Float[Tensor, "row latent"],
    pairs: Int[Tensor, "2 pair"],
) -> Float[Tensor, " pair"]:
    """Return left_uᵀ right_v for each pair (u, v).

    The gradient is summed in the same order each time, whatever the number of threads.

    >>> z = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> pair_products(z, z, torch.tensor([[0], [1]]))
    tensor([11.])
    """
    if pairs.size(1) < FEW or left.device.type != "cpu" or left.dtype.itemsize < 4:
        return (left.index_select(0, pairs[0]) * right.index_select(0, pairs[1])).sum(-1)
    return cast(Tensor, _PairProducts.apply(left, right, *pairs))  # type: ignore[no-untyped-call]


class _PairProducts(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, left: Tensor, right: Tensor, u: Tensor, v: Tensor) -> Tensor:
        ctx.save_for_backward(left, right, u, v)
        products = left.new_empty(len(u))
        step = max(1, CHUNK * torch.get_num_threads() // max(1, left.size(1)))
        for out, rows, columns in zip(
            products.split(step), u.split(step), v.split(step), strict=True
        ):
            entries = left.index_select(0, rows).mul_(right.index_select(0, columns))
            torch.sum(entries, -1, out=out)
        return products

    @staticmethod
    def backward(ctx: Any, *gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        left, right, u, v = ctx.saved_tensors
        of_left, of_right = ctx.needs_input_grad[:2]
        return (
            _weighted_rows(gradient[0], u, v, right, len(left)) if of_left else None,
            _weighted_rows(gradient[0], v, u, left, len(right)) if of_right else None,
            None,
            None,
        )


def _weighted_rows(
    weights: Float[Tensor, " pair"],
    nodes: Int[Tensor, " pair"],
    others: Int[Tensor, " pair"],
    matrix: Float[Tensor, "other latent"],
    num_nodes: int,
) -> Float[Tensor, "node latent"]:
    """Return for each node Σ weights_p matrix[others_p] over the pairs p of that node."""
    order, starts = _grouped(nodes, num_nodes)
    bags = torch.embedding_bag(
        matrix,
        others.index_select(0, order),
        starts,
        mode=0,  # sum
        per_sample_weights=weights.index_select(0, order),
        include_last_offset=True,
    )
    return bags[0]


def _grouped(
    nodes: Int[Tensor, " pair"], num_nodes: int
) -> tuple[Int[Tensor, " pair"], Int[Tensor, " nodeplus1"]]:
    """Return the pairs in the order of their nodes, and where the pairs of each node begin."""
    values = nodes.numpy()
    if num_nodes <= RADIX:
        order = np.argsort(values.astype(np.uint16), kind="stable")
    else:  # sorting keys is several times faster than sorting indices
        bits = len(values).bit_length()
        keys = (values.astype(np.int64) << bits) + np.arange(len(values))
        order = np.sort(keys) & ((1 << bits) - 1)
    starts = np.zeros(num_nodes + 1, np.int64)
    np.cumsum(np.bincount(values, minlength=num_nodes), out=starts[1:])
    return torch.from_numpy(order), torch.from_numpy(starts)
