"""What messages pass over: features and the normalised adjacency, built once per run.

Notation: A is the adjacency over the *message* edges, D the degrees of A + I, and
Ã = D^-½ (A + I) D^-½ the normalised adjacency of Kipf & Welling 2016 (ICLR 2017, "Semi-Supervised
Classification with Graph Convolutional Networks", eq. 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvae.graph.sparse import SparseMatrix
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.features import to_csr
from graphvae_data.graphs.graph import Graph

DENSE_MAX_ENTRIES = 1 << 28
"""More feature values than this (1 GB in single precision) are not made dense."""


@dataclass(frozen=True)
class MessageGraph:
    """What an encoder sees: features and the normalised adjacency over message edges only.

    `x`, `edge_index` and `edge_weight` say the same in the words of PyTorch Geometric, for encoders
    that come from there; they are made when first asked for.
    """

    num_nodes: int
    """N."""
    features: SparseMatrix | Float[Tensor, "node feature"] | None
    """X; None stands for the identity matrix, that is, for a graph without features."""
    adjacency: SparseMatrix
    """Ã, from message edges only."""
    weights: Float[Tensor, " nonzero"] | None = None
    """The weight of each entry of Ã, 1 for a loop; None where all edges weigh the same."""
    propagated: bool = False
    """Whether `features` are Ã X already (see `once`)."""

    @cached_property
    def edge_index(self) -> Int[Tensor, "2 message"]:
        """The message edges: both directions unless the graph is directed, by row, no loops.

        Entries of the value zero are edges that pass no messages: hidden ones, or of no weight.
        """
        return self._entries()[:, self._messages]

    @cached_property
    def edge_weight(self) -> Float[Tensor, " message"] | None:
        """The weight of each edge of `edge_index`; None where all edges weigh the same."""
        return None if self.weights is None else self.weights[self._messages]

    @cached_property
    def _messages(self) -> Bool[Tensor, " nonzero"]:
        """Which entries of Ã are messages; how many is known to the device alone."""
        rows, columns = self._entries()
        passing: Tensor = (rows != columns) & (self.adjacency.values != 0)
        return passing

    def _entries(self) -> Int[Tensor, "2 nonzero"]:
        """Return the rows of the entries of Ã, and their columns."""
        csr = self.adjacency.csr
        counts, columns = csr.crow_indices().diff(), csr.col_indices().long()
        every = torch.arange(len(counts), device=csr.device)
        rows = torch.repeat_interleave(every, counts, output_size=len(columns))
        return torch.stack([rows, columns])

    @cached_property
    def x(self) -> Float[Tensor, "node feature"]:
        """X as a dense matrix, the identity included; `InputError` if it would be too large."""
        if self.num_nodes * self.num_features > DENSE_MAX_ENTRIES:
            raise InputError(
                f"features: {self.num_nodes} × {self.num_features} are too many for the dense "
                "matrix that an encoder from PyG takes; give it fewer features"
            )
        if self.features is None:
            return torch.eye(self.num_nodes, device=self.adjacency.csr.device)
        return (
            self.features.csr.to_dense()
            if isinstance(self.features, SparseMatrix)
            else self.features
        )

    @property
    def num_features(self) -> int:
        """D; N where the features are the identity."""
        return self.num_nodes if self.features is None else int(self.features.shape[1])

    def to(self, device: torch.device) -> MessageGraph:
        """Return the same graph on another device."""
        features = None if self.features is None else self.features.to(device)
        weights = None if self.weights is None else self.weights.to(device)
        return MessageGraph(self.num_nodes, features, self.adjacency.to(device), weights)


def message_graph(
    graph: Graph, edges: Int[Tensor, "2 pair"], *, use_features: bool = True
) -> MessageGraph:
    """Return what an encoder sees of a graph when messages pass over `edges` only.

    Edge weights weigh the messages; in a directed graph a node receives messages from the nodes it
    points to.
    """
    num_nodes, directed = graph.num_nodes, graph.directed
    seen = graph.features if use_features else None
    features = None if seen is None else feature_operator(seen)
    weights = edge_weights(graph, edges)
    adjacency = normalised_adjacency(edges, num_nodes, weights=weights, directed=directed)
    held = None
    if weights is not None:
        bare = scipy_adjacency(edges, num_nodes, weights=weights, directed=directed)
        held = _values_by_row(bare + scipy.sparse.eye_array(num_nodes))
    return MessageGraph(num_nodes, features, adjacency, held)


def _values_by_row(matrix: scipy.sparse.csr_array) -> Float[Tensor, " nonzero"]:
    """Return the values in the order of a `SparseMatrix`."""
    matrix.sort_indices()
    return torch.from_numpy(matrix.data).float()


def edge_weights(graph: Graph, edges: Int[Tensor, "2 pair"]) -> Float[np.ndarray, " pair"] | None:
    """Look up the weights of some pairs, 1 for those that are no edge; None without weights."""
    if graph.weights is None:
        return None
    index = graph.find_edges(edges.cpu())
    found = torch.where(index >= 0, graph.weights[index], 1.0)
    return np.asarray(found.double().numpy())


def normalised_adjacency(
    edges: Int[Tensor, "2 pair"],
    num_nodes: int,
    *,
    weights: Float[np.ndarray, " pair"] | None = None,
    directed: bool = False,
    dtype: torch.dtype = torch.float32,
) -> SparseMatrix:
    """Return Ã over edges that are each given once.

    Undirected: D^-½ (A + I) D^-½. Directed: D_out^-1 (A + I), as Salha et al. 2019 ("Gravity-
    Inspired Graph Autoencoders for Directed Link Prediction", §3) take it. A holds the weights,
    or ones; degrees are sums of weights.
    """
    adjacency = scipy_adjacency(edges, num_nodes, weights=weights, directed=directed)
    adjacency = adjacency + scipy.sparse.eye_array(num_nodes)
    degree = adjacency.sum(1)
    if directed:
        scaled = scipy.sparse.diags_array(1 / degree) @ adjacency
        return SparseMatrix.from_scipy(scaled, dtype=dtype)
    diagonal = scipy.sparse.diags_array(1 / np.sqrt(degree))
    return SparseMatrix.from_scipy(diagonal @ adjacency @ diagonal, symmetric=True, dtype=dtype)


def scipy_adjacency(
    edges: Int[Tensor, "2 pair"],
    num_nodes: int,
    *,
    weights: Float[np.ndarray, " pair"] | None = None,
    directed: bool = False,
) -> scipy.sparse.csr_array:
    """Return A [node, node] without diagonal, in both directions unless `directed`."""
    u, v = edges.cpu().numpy()
    held = np.ones(len(u)) if weights is None else weights
    if not directed:
        u, v, held = np.concatenate([u, v]), np.concatenate([v, u]), np.concatenate([held, held])
    return scipy.sparse.csr_array((held, (u, v)), shape=(num_nodes, num_nodes))


def feature_operator(x: Tensor) -> SparseMatrix | Tensor:
    """Return features as an encoder multiplies them: sparse ones stay sparse."""
    return x if x.layout == torch.strided else SparseMatrix.from_scipy(to_csr(x))
