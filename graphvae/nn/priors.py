"""The prior of a variational graph auto-encoder: what Kipf & Welling 2016 left as future work.

A mixture of Gaussians needs nothing of the graph. The VampPrior, p(z) = 1/K Σ_k q(z | u_k), needs
pseudo-inputs, and the input of a graph's encoder is a node among others. Here u_k is a learnt row
of features, and its node has no neighbour: the encoder sees K nodes whose only message is their
own, Ã = I. So a component depends on the encoder and on u_k alone. Were it tied to nodes of the
graph, it would be held there by edges that no gradient moves; and it loses little without them, as
a layer averages the features of a neighbourhood and a free row can be any such average.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.graph.propagation import MessageGraph
from graphvae.graph.sparse import SparseMatrix, sparse_csr


class NodeExamples:
    """The nodes of a graph, as what pseudo-inputs start from.

    Args:
        graph: the graph.
    """

    bounded = False

    def __init__(self, graph: MessageGraph) -> None:
        self.graph = graph

    def __len__(self) -> int:
        """Return N."""
        return self.graph.num_nodes

    def take(self, index: Int[Tensor, " component"]) -> Float[Tensor, "component feature"]:
        """Return the rows of some nodes."""
        return node_rows(self.graph, index.tolist())


class ExampleShapes:
    """Examples that have a shape only, for counting weights.

    Args:
        count: how many there are.
        width: numbers in each.
    """

    bounded = False

    def __init__(self, count: int, width: int) -> None:
        self.count, self.width = count, width

    def __len__(self) -> int:
        """Return how many there are."""
        return self.count

    def take(self, index: Int[Tensor, " component"]) -> Float[Tensor, "component feature"]:
        """Return rows without values."""
        return torch.empty(len(index), self.width)


def node_rows(graph: MessageGraph, nodes: list[int]) -> Float[Tensor, "component feature"]:
    """Return the features of some nodes; without features, the rows of Ã in their place.

    A row of the identity would name one node; a row of Ã X = Ã is what its first layer hears.
    """
    held = graph.adjacency if graph.features is None else graph.features
    if isinstance(held, Tensor):
        return held[nodes].float()
    starts, columns = held.csr.crow_indices().tolist(), held.csr.col_indices().long()
    rows = torch.zeros(len(nodes), held.shape[1])
    for row, node in zip(rows, nodes, strict=True):
        own = slice(starts[node], starts[node + 1])
        row[columns[own]] = held.values[own].float()
    return rows


def nodes_alone(features: Float[Tensor, "component feature"]) -> MessageGraph:
    """Return a graph of nodes without neighbours: each hears itself, with weight 1."""
    count, device = len(features), features.device
    places = torch.arange(count + 1, device=device)
    csr = sparse_csr(places, places[:-1], features.new_ones(count), count)
    return MessageGraph(count, features, SparseMatrix(csr, csr, None))
