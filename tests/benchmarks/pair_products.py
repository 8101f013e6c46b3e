"""Inner products of pairs of embeddings, with their gradient, beside the plain formula.

    python tests/benchmarks/pair_products.py [--threads 1] [--rounds 10]

Peers, in turn, round after round
    plain     (z[u] * z[v]).sum(-1), and PyTorch's own gradient.
    ours      graphvae.graph.pair_products.pair_products.

Times are medians of forward and backward pass together. The pairs are drawn at random.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from torch import Tensor

from graphvae.graph.pair_products import pair_products

SIZES = [
    (2_708, 8_976, 16),
    (19_717, 75_000, 16),
    (200_000, 2_000_000, 16),
    (20_000, 200_000, 64),
    (4_267, 130_000, 256),
]
"""Nodes, pairs and latent width; of Cora, Pubmed and ogbl-ddi the first, second and last."""


def plain(left: Tensor, right: Tensor, pairs: Tensor) -> Tensor:
    """The formula."""
    return (left.index_select(0, pairs[0]) * right.index_select(0, pairs[1])).sum(-1)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()

    torch.set_num_threads(given.threads)
    print(f"{given.threads} thread(s), median of {given.rounds} rounds")
    print(f"{'nodes':>9}{'pairs':>11}{'latent':>8}{'plain ms':>10}{'ours ms':>10}{'speed-up':>10}")
    for nodes, count, latent in SIZES:
        generator = torch.Generator().manual_seed(0)
        z = torch.randn(nodes, latent, generator=generator).requires_grad_()
        pairs = torch.randint(nodes, (2, count), generator=generator)
        seconds: dict[str, list[float]] = {"plain": [], "ours": []}
        for _ in range(given.rounds):
            for name, products in (("plain", plain), ("ours", pair_products)):
                start = time.perf_counter()
                torch.autograd.grad(products(z, z, pairs).sum(), z)
                seconds[name].append(time.perf_counter() - start)
        base, ours = (1000 * statistics.median(each) for each in seconds.values())
        row = f"{nodes:9,}{count:11,}{latent:8}{base:10.2f}{ours:10.2f}"
        print(f"{row}{base / ours:9.1f}x")


if __name__ == "__main__":
    main()
