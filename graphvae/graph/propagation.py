"""Input of the encoders: features and the normalised adjacency, built once per run.

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
"""Maximum number of values of a dense feature matrix (1 GB in single precision)."""


@dataclass(frozen=True)
class MessageGraph:
    """Input of an encoder: features and the normalised adjacency over message edges only.

    `x`, `edge_index` and `edge_weight` are the equivalents for PyTorch Geometric encoders, computed
    on first access.
    """

    num_nodes: int
    """N."""
    features: SparseMatrix | Float[Tensor, "node feature"] | None
    """X; None stands for the identity matrix, for a graph without features."""
    adjacency: SparseMatrix
    """Ã, from message edges only."""
    weights: Float[Tensor, " nonzero"] | None = None
    """The edge weight of each entry of Ã, 1 for a loop; None for unweighted graphs."""
    propagated: bool = False
    """Whether `features` are Ã X (see `graphvae.training.propagated`)."""

    @cached_property
    def edge_index(self) -> Int[Tensor, "2 message"]:
        """The message edges: both directions unless the graph is directed, by row, no loops.

        Entries with value 0 (hidden edges, or edges of weight 0) are omitted.
        """
        return self._entries()[:, self._messages]

    @cached_property
    def edge_weight(self) -> Float[Tensor, " message"] | None:
        """The weight of each edge of `edge_index`; None for unweighted graphs."""
        return None if self.weights is None else self.weights[self._messages]

    @cached_property
    def loops(self) -> Float[Tensor, " node"]:
        """The diagonal of Ã: 1 / degree of each node, including its loop."""
        rows, columns = self._entries()
        diagonal: Tensor = self.adjacency.values[rows == columns]
        return diagonal

    @cached_property
    def _messages(self) -> Bool[Tensor, " nonzero"]:
        """Mask of the entries of Ã that are messages."""
        rows, columns = self._entries()
        mask: Tensor = (rows != columns) & (self.adjacency.values != 0)
        return mask

    def _entries(self) -> Int[Tensor, "2 nonzero"]:
        """Return the rows and columns of the entries of Ã."""
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
                f"features: a PyG encoder needs a dense matrix, and {self.num_nodes} × "
                f"{self.num_features} is too large; reduce the features"
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
        """D; N if the features are the identity."""
        return self.num_nodes if self.features is None else int(self.features.shape[1])

    def to(self, device: torch.device) -> MessageGraph:
        """Return the same graph on another device."""
        features = None if self.features is None else self.features.to(device)
        weights = None if self.weights is None else self.weights.to(device)
        return MessageGraph(self.num_nodes, features, self.adjacency.to(device), weights)


def message_graph(
    graph: Graph, edges: Int[Tensor, "2 pair"], *, use_features: bool = True
) -> MessageGraph:
    """Return the input of an encoder, with messages over `edges` only.

    Edge weights scale the messages; in a directed graph a node receives messages from the nodes
    that it points to.
    """
    num_nodes, directed = graph.num_nodes, graph.directed
    x = graph.features if use_features else None
    features = None if x is None else feature_operator(x)
    weights = edge_weights(graph, edges)
    adjacency = normalised_adjacency(edges, num_nodes, weights=weights, directed=directed)
    entry_weights = None
    if weights is not None:
        unnormalised = scipy_adjacency(edges, num_nodes, weights=weights, directed=directed)
        entry_weights = _values_by_row(unnormalised + scipy.sparse.eye_array(num_nodes))
    return MessageGraph(num_nodes, features, adjacency, entry_weights)


def _values_by_row(matrix: scipy.sparse.csr_array) -> Float[Tensor, " nonzero"]:
    """Return the values in the order of a `SparseMatrix`."""
    matrix.sort_indices()
    return torch.from_numpy(matrix.data).float()


def edge_weights(graph: Graph, edges: Int[Tensor, "2 pair"]) -> Float[np.ndarray, " pair"] | None:
    """Look up the weights of pairs, 1 for pairs that are not edges; None without weights."""
    if graph.weights is None:
        return None
    index = graph.find_edges(edges.cpu())
    pair_weights = torch.where(index >= 0, graph.weights[index], 1.0)
    return np.asarray(pair_weights.double().numpy())


def normalised_adjacency(
    edges: Int[Tensor, "2 pair"],
    num_nodes: int,
    *,
    weights: Float[np.ndarray, " pair"] | None = None,
    directed: bool = False,
    dtype: torch.dtype = torch.float32,
) -> SparseMatrix:
    """Return Ã over edges that are each listed once.

    Undirected: D^-½ (A + I) D^-½. Directed: D_out^-1 (A + I), as Salha et al. 2019
    ("Gravity-Inspired Graph Autoencoders for Directed Link Prediction", §3). The entries of A are
    the weights, or ones; degrees are sums of weights.
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
    values = np.ones(len(u)) if weights is None else weights
    if not directed:
        u, v, values = (
            np.concatenate([u, v]),
            np.concatenate([v, u]),
            np.concatenate([values, values]),
        )
    return scipy.sparse.csr_array((values, (u, v)), shape=(num_nodes, num_nodes))


def feature_operator(x: Tensor) -> SparseMatrix | Tensor:
    """Return features in the form used by encoders; sparse features stay sparse."""
    return x if x.layout == torch.strided else SparseMatrix.from_scipy(to_csr(x))
