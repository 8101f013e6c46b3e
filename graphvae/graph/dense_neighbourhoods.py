"""The structure around pairs in a dense graph, from products of dense matrices.

In ogbl-ddi a node has 500 neighbours on average. Listing those of each pair would take minutes for
the pairs of a step, while the counts and walks of all pairs of its 4,267 nodes are six products of
dense matrices, 16 s on one thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from jaxtyping import Float, Int
from torch import Tensor

from graphvae.graph.neighbourhoods import Neighbourhoods
from graphvae.graph.propagation import MessageGraph

SHARE = 0.02
"""Share of pairs that are edges above which a graph is dense."""
NODES = 8_000
"""Maximum number of nodes of dense matrices: 1.5 GB for six of them."""
Tables = list[Float[Tensor, "node node"]]


def neighbourhoods_of(graph: MessageGraph) -> Neighbourhoods:
    """Return the neighbourhoods of a graph, in the faster form for its density."""
    nodes, entries = graph.num_nodes, graph.adjacency.values.numel()
    dense = nodes <= NODES and entries - nodes > SHARE * nodes**2
    return DenseNeighbourhoods(graph) if dense else Neighbourhoods(graph)


@dataclass(frozen=True)
class DenseNeighbourhoods(Neighbourhoods):
    """Neighbourhoods whose counts and walks are computed for all pairs at once.

    >>> import torch
    >>> from graphvae.graph.propagation import message_graph
    >>> from graphvae_data.graphs.graphs import load_graph
    >>> karate = load_graph("karate")
    >>> around = neighbourhoods_of(message_graph(karate, karate.edges))
    >>> around.structure(torch.tensor([[0], [33]]))[0, 0].expm1()  # common neighbours
    tensor(4.)
    """

    @cached_property
    def tables(self) -> tuple[Tables, Tables]:
        """Weighted counts of common neighbours, and walks of length 2, 3 and 4."""
        neighbours, step = self.neighbours.to_dense(), self.steps.to_dense()
        counts = [neighbours @ (weight[:, None] * neighbours) for weight in self.weights]
        twice = step @ step
        return counts, [twice, step @ twice, twice @ twice]

    def counts_and_walks(
        self, pairs: Int[Tensor, "2 pair"]
    ) -> tuple[list[Float[Tensor, " pair"]], list[Float[Tensor, " pair"]]]:
        """Look up the entries of the tables."""
        u, v = pairs
        counts, walks = self.tables
        return [table[u, v] for table in counts], [table[u, v] for table in walks]

    def count_and_walk_rows(
        self, sources: Int[Tensor, " source"]
    ) -> tuple[list[Float[Tensor, "source node"]], list[Float[Tensor, "source node"]]]:
        """Look up rows of the tables."""
        counts, walks = self.tables
        return [table[sources] for table in counts], [table[sources] for table in walks]
