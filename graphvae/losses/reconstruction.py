"""The reconstruction term of an objective: how well codes explain the training edges.

Notation: N nodes, z_i the code of node i, s_ij = z_iᵀ z_j the logit of a pair, E the training
edges, |A| = 2 |E| the ones of the training adjacency. Since −log σ(s) = softplus(s) − s and
−log(1 − σ(s)) = softplus(s), a sum over *all* pairs is Σ softplus(s_ij), which needs no adjacency,
plus terms over the edges only.
"""

from __future__ import annotations

from typing import TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.nn.decoders import PairDecoder, inner_product
from graphvae_data.machine.workers import ALONE, Workers

AnyReconstruction = TypeVar("AnyReconstruction", bound="Reconstruction")


class Reconstruction:
    """A reconstruction loss for the training edges of one graph; workers' parts add up to it.

    Args:
        edges: training edges [2, edge], each once (u < v where the graph is undirected).
        num_nodes: N.
        workers: the processes that share the work; each computes its part.
    """

    def __init__(
        self, edges: Int[Tensor, "2 edge"], num_nodes: int, workers: Workers = ALONE
    ) -> None:
        self.edges = edges
        self.num_nodes = num_nodes
        self.workers = workers

    @property
    def divisor(self) -> int:
        """Divisor of the term in the objective."""
        return 1

    @property
    def kl_divisor(self) -> int:
        """Divisor of the mean KL divergence of the nodes in the objective."""
        return self.num_nodes

    def __call__(
        self, z: Float[Tensor, "node latent"], decoder: PairDecoder, generator: torch.Generator
    ) -> Float[Tensor, ""]:
        """Return the term, before division by `divisor`.

        Args:
            z: codes of all nodes.
            decoder: maps codes and pairs to logits.
            generator: source of randomness, such as for non-edges.
        """
        raise NotImplementedError

    def on(self: AnyReconstruction, edges: Int[Tensor, "2 edge"]) -> AnyReconstruction:
        """Return the same loss for a subset of the edges: the targets of one step."""
        raise NotImplementedError


def edge_and_loop_logits(
    z: Float[Tensor, "node latent"], edges: Int[Tensor, "2 edge"], workers: Workers
) -> tuple[Float[Tensor, " own_edge"], Float[Tensor, " own_loop"]]:
    """Return the logits of a worker's part of the edges, and of its part of the loops (i, i)."""
    own_edges, own_nodes = workers.part(edges.size(1)), workers.part(z.size(0))
    return inner_product(z, edges[:, own_edges]), z[own_nodes].square().sum(-1)
