"""Edge masking: the target edges of a step pass no messages in that step.

An edge that passes messages between its ends leaks its own label: it makes their states similar,
unlike a held-out edge. So each step draws a share of the training edges as targets, passes
messages over the others, and computes the loss of the targets only. Evaluation passes messages over
all training edges. Source: Ma et al. 2024, "Reconsidering the Performance of
GAE in Link Prediction", who mask each batch's targets.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.graph.propagation import MessageGraph
from graphvae.graph.sparse import SparseMatrix, sparse_csr
from graphvae_data.graphs.pairs import pair_keys


class EdgeMasking:
    """Removes edges from the messages of an undirected graph and updates its normalisation.

    Args:
        graph: the graph whose messages pass over `edges`.
        edges: its edges, each once.
        share: share of the edges hidden in a step, at least one edge.

    >>> from graphvae_data.graphs.graphs import load_graph
    >>> from graphvae.graph.propagation import message_graph
    >>> karate = load_graph("karate")
    >>> masking = EdgeMasking(message_graph(karate, karate.edges), karate.edges, share=0.25)
    >>> targets = masking.draw(torch.Generator().manual_seed(0))
    >>> masking.without(targets).edge_index.shape[1] == 2 * (78 - 19)
    True
    """

    def __init__(self, graph: MessageGraph, edges: Int[Tensor, "2 edge"], share: float) -> None:
        crow, column = graph.adjacency.csr.crow_indices(), graph.adjacency.csr.col_indices()
        self.graph = graph
        self.count = max(1, int(share * edges.size(1)))
        """Number of edges hidden in a step."""
        every = torch.arange(graph.num_nodes, device=column.device)
        self._row = torch.repeat_interleave(every, crow.diff())
        self._column = column.long()
        self._num_edges = edges.size(1)
        self._edge = self._edge_of_entries(edges)
        self._starts, self._columns = crow, column
        values = graph.adjacency.values
        self._weight = torch.ones_like(values) if graph.weights is None else graph.weights

    def _edge_of_entries(self, edges: Int[Tensor, "2 edge"]) -> Int[Tensor, " nonzero"]:
        """Return the index of the edge of each entry of the adjacency; E for the loops."""
        num_nodes = self.graph.num_nodes
        sorted_keys, order = pair_keys(edges.sort(0).values, num_nodes).sort()
        ends = torch.stack([self._row, self._column]).sort(0).values
        position = torch.searchsorted(sorted_keys, pair_keys(ends, num_nodes))
        edge = order[position.clamp(max=len(sorted_keys) - 1)]
        return torch.where(self._row == self._column, self._num_edges, edge)

    def draw(self, generator: torch.Generator) -> Int[Tensor, " target"]:
        """Draw the indices of the edges to hide, without replacement."""
        device = self._row.device
        return torch.randperm(self._num_edges, generator=generator, device=device)[: self.count]

    def without(self, targets: Int[Tensor, " target"]) -> MessageGraph:
        """Return the graph without messages over these edges, normalised again.

        Hidden edges stay in the adjacency with the value zero: its shape does not depend on the
        draw, so there is no synchronisation and no sorting.
        """
        visible = self._weight.new_ones(self._num_edges + 1).index_fill_(0, targets, 0.0)
        weight = self._weight * visible.index_select(0, self._edge)
        weights = None if self.graph.weights is None else weight
        return replace(self.graph, adjacency=self._adjacency(weight), weights=weights)

    def _adjacency(self, weight: Float[Tensor, " nonzero"]) -> SparseMatrix:
        """Return D^-½ W D^-½ of the weights W, which include loops of weight 1."""
        num_nodes = self.graph.num_nodes
        scale = weight.new_zeros(num_nodes).index_add(0, self._row, weight).rsqrt()
        values = scale.index_select(0, self._row) * weight * scale.index_select(0, self._column)
        csr = sparse_csr(self._starts, self._columns, values, num_nodes)
        return SparseMatrix(csr, csr, None)
