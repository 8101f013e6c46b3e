"""Inputs of the learned priors of a VGAE, which Kipf & Welling 2016 left as future work.

A mixture of Gaussians does not depend on the graph. The VampPrior, p(z) = 1/K Σ_k q(z | u_k), needs
pseudo-inputs, while a graph encoder takes a node with its neighbours. Here u_k is a learned feature
vector of a node without neighbours: the encoder gets K isolated nodes with self-loops, Ã = I. So
a component depends only on the encoder and on u_k. Connecting pseudo-nodes to the graph would
restrict them by edges that receive no gradient. Little is lost without edges: a layer averages the
features of a neighbourhood, and a free vector can represent any such average.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.graph.propagation import MessageGraph
from graphvae.graph.sparse import SparseMatrix, sparse_csr


class NodeExamples:
    """The nodes of a graph, as initial values of pseudo-inputs.

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
    """Examples with shapes but without values, for counting weights.

    Args:
        count: number of examples.
        width: values per example.
    """

    bounded = False

    def __init__(self, count: int, width: int) -> None:
        self.count, self.width = count, width

    def __len__(self) -> int:
        """Return the number of examples."""
        return self.count

    def take(self, index: Int[Tensor, " component"]) -> Float[Tensor, "component feature"]:
        """Return rows without values."""
        return torch.empty(len(index), self.width)


def node_rows(graph: MessageGraph, nodes: list[int]) -> Float[Tensor, "component feature"]:
    """Return the features of some nodes; without features, their rows of Ã.

    A row of the identity would select one node; a row of Ã X = Ã is the input of a GCN's first
    layer.
    """
    features = graph.adjacency if graph.features is None else graph.features
    if isinstance(features, Tensor):
        return features[nodes].float()
    starts, columns = features.csr.crow_indices().tolist(), features.csr.col_indices().long()
    rows = torch.zeros(len(nodes), features.shape[1])
    for row, node in zip(rows, nodes, strict=True):
        entries = slice(starts[node], starts[node + 1])
        row[columns[entries]] = features.values[entries].float()
    return rows


def isolated_nodes(features: Float[Tensor, "component feature"]) -> MessageGraph:
    """Return a graph of isolated nodes, each with a self-loop of weight 1."""
    count, device = len(features), features.device
    index = torch.arange(count + 1, device=device)
    csr = sparse_csr(index, index[:-1], features.new_ones(count), count)
    return MessageGraph(count, features, SparseMatrix(csr, csr, None))
