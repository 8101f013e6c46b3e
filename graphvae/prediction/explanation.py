"""The contributions of edges and features to the logit of a pair of nodes.

Notation: the logit l is a function of the values of Ã, one for each message, and of the features X.

- `exact`: for Z = Ã X W and l = z_uᵀ z_v, the logit is a sum of products of two messages, one that
  reaches u and one that reaches v. Each product is divided equally between its two messages, which
  gives ½ Ã_ij ∂l/∂Ã_ij: the Shapley values of the messages (Shapley 1953, "A Value for n-Person
  Games"). They sum to l. The same holds for features.
- `gradient`: Ã_ij ∂l/∂Ã_ij, to first order the change of l if the message is removed (Simonyan et
  al. 2013, "Deep Inside Convolutional Networks", in the form gradient × input).
- `removal`: l minus the logit without the edge, for layers of PyTorch Geometric, which take no
  message weights. Only edges at u or v are considered.

Degrees in the normalisation are constants, except for `removal`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.graph.propagation import MessageGraph
from graphvae.graph.sparse import SparseMatrix
from graphvae.nn.models import GAE

Method = Literal["exact", "gradient", "removal"]
Features = SparseMatrix | Float[Tensor, "node feature"] | None


@dataclass(frozen=True)
class TrackedMatrix(SparseMatrix):
    """A sparse matrix whose product is also differentiable by the values."""

    tracked: Float[Tensor, " nonzero"]
    """The values, in place of those of `csr`."""

    @classmethod
    def of(cls, matrix: SparseMatrix) -> TrackedMatrix:
        """Return the matrix with values that require a gradient."""
        values = matrix.values.detach().clone().requires_grad_()
        return cls(matrix.csr, matrix.csr_transposed, matrix.order, values)

    @property
    def values(self) -> Float[Tensor, " nonzero"]:
        """The tracked values, row by row."""
        return self.tracked

    def with_values(self, values: Float[Tensor, " nonzero"]) -> TrackedMatrix:
        """Return a matrix with the same pattern and other values."""
        return replace(self, tracked=values)

    def entries(self) -> Int[Tensor, "2 nonzero"]:
        """Return row and column of each value."""
        counts = self.csr.crow_indices().diff()
        every = torch.arange(len(counts), device=counts.device)
        return torch.stack([torch.repeat_interleave(every, counts), self.csr.col_indices().long()])

    def __matmul__(self, dense: Float[Tensor, "column k"]) -> Float[Tensor, "row k"]:
        rows, columns = self.entries()
        products = self.tracked.unsqueeze(1) * dense.index_select(0, columns)
        return dense.new_zeros(self.shape[0], dense.size(1)).index_add(0, rows, products)


@dataclass(frozen=True)
class Contributions:
    """What the logit of a pair consists of, by node number."""

    logit: float
    """The logit."""
    edge_method: Method
    """How the contributions of edges were computed."""
    feature_method: Method
    """How the contributions of features were computed."""
    pairs: Int[Tensor, "2 edge"]
    """Edges, and nodes with themselves, by which a node's own features reach it."""
    edges: Float[Tensor, " edge"]
    """The contribution of each."""
    features: Float[Tensor, " feature"] | None
    """The contribution of each feature, summed over the nodes; None without features."""


def contributions(
    model: GAE,
    graph: MessageGraph,
    pair: tuple[int, int],
    *,
    linear_edges: bool,
    linear_features: bool,
    directed: bool = False,
    without: Callable[[int, int], MessageGraph] | None = None,
) -> Contributions:
    """Return the contributions to the logit of a pair.

    Args:
        model: the trained model.
        graph: its input, with features that are not propagated.
        pair: u and v.
        linear_edges: whether l is a product of two linear functions of the messages.
        linear_features: whether it is one of two linear functions of the features.
        directed: whether a message i → j and its reverse are different edges.
        without: returns the input without an edge, for encoders that take no message weights.
    """
    adjacency = TrackedMatrix.of(graph.adjacency)
    features = _tracked(graph.features, dense=without is not None)
    tracked = replace(graph, adjacency=adjacency, features=features)
    logit = _logit(model, tracked, pair)
    wanted = [adjacency.tracked, *(() if features is None else (_values(features),))]
    by_edge, *by_feature = torch.autograd.grad(logit, wanted, allow_unused=True)
    pairs, edges = _by_edge(adjacency, by_edge, directed)
    value = logit.item()
    edge_method: Method = "exact" if linear_edges else "gradient"
    if without is not None:
        edge_method = "removal"
        pairs, edges = _by_removal(model, graph, pair, value, without)
    elif linear_edges:
        edges = edges / 2
    totals = None if features is None else _by_feature(features, by_feature[0])
    if totals is not None and linear_features:
        totals = totals / 2
    feature_method: Method = "exact" if linear_features else "gradient"
    return Contributions(value, edge_method, feature_method, pairs, edges, totals)


def _logit(model: GAE, graph: MessageGraph, pair: tuple[int, int]) -> Tensor:
    """Return the logit of a pair, differentiable by the graph."""
    was_training = model.training
    model.eval()
    z = model.encode(graph, torch.Generator(model.device)).point
    model.train(was_training)
    assert z is not None, "the embedding of a run has been computed before"
    logit: Tensor = model.decoder_on(graph)(z, torch.tensor(pair, device=z.device).unsqueeze(1))
    return logit.squeeze()


def _tracked(features: Features, *, dense: bool) -> TrackedMatrix | Tensor | None:
    if features is None:
        return None
    if isinstance(features, Tensor):
        return features.detach().clone().requires_grad_()
    return features.csr.to_dense().requires_grad_() if dense else TrackedMatrix.of(features)


def _values(features: TrackedMatrix | Tensor) -> Tensor:
    return features if isinstance(features, Tensor) else features.tracked


def _by_edge(
    adjacency: TrackedMatrix, gradient: Tensor | None, directed: bool
) -> tuple[Int[Tensor, "2 edge"], Float[Tensor, " edge"]]:
    """Return value × gradient, where both directions of an undirected edge are one."""
    if gradient is None:  # the encoder passes no messages
        return torch.zeros(2, 0, dtype=torch.long), torch.zeros(0)
    entries, products = adjacency.entries(), (adjacency.tracked * gradient).detach()
    reached = products != 0
    entries, products = entries[:, reached], products[reached]
    ends = entries if directed else entries.sort(0).values
    pairs, edge = torch.unique(ends, dim=1, return_inverse=True)
    return pairs, products.new_zeros(pairs.size(1)).index_add(0, edge, products)


def _by_feature(
    features: TrackedMatrix | Tensor, gradient: Tensor | None
) -> Float[Tensor, " feature"]:
    """Return value × gradient of each feature, summed over the nodes."""
    values = _values(features).detach()
    products = torch.zeros_like(values) if gradient is None else values * gradient
    if isinstance(features, Tensor):
        return products.sum(0)
    columns = features.entries()[1]
    return products.new_zeros(features.shape[1]).index_add(0, columns, products)


def _by_removal(
    model: GAE,
    graph: MessageGraph,
    pair: tuple[int, int],
    logit: float,
    without: Callable[[int, int], MessageGraph],
) -> tuple[Int[Tensor, "2 edge"], Float[Tensor, " edge"]]:
    """Return the change of the logit by each edge at u or v."""
    messages = graph.edge_index
    near = torch.isin(messages, torch.tensor(pair, device=messages.device)).any(0)
    pairs = torch.unique(messages[:, near].sort(0).values, dim=1)
    with torch.no_grad():
        left = [float(_logit(model, without(*ends), pair)) for ends in pairs.T.tolist()]
    return pairs.cpu(), torch.tensor([logit - each for each in left])
