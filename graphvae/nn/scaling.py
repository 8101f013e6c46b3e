"""Scaling of features before the first layer: by rarity, and to unit norm per node.

Notation: X [node, feature], n_f the nodes in which feature f is not zero.
"""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from graphvae.graph.propagation import MessageGraph
from graphvae.graph.sparse import SparseMatrix
from graphvae.nn.encoders import States


class TfIdf(nn.Module):
    """x_if ← x_if (log((1 + N) / (1 + n_f)) + 1), then rows scaled to unit norm.

    The weights are computed from the features of the training graph, without its edges, and are
    used for other graphs too. Source: Spärck Jones 1972, "A Statistical Interpretation of Term
    Specificity", in the smoothed form of scikit-learn's `TfidfTransformer`.

    >>> TfIdf(torch.tensor([[1.0, 1.0], [0.0, 1.0]]))(torch.eye(2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    def __init__(self, x: SparseMatrix | Float[Tensor, "node feature"]) -> None:
        super().__init__()
        if isinstance(x, SparseMatrix):
            columns = x.csr.col_indices()[x.values != 0].long()
            count = torch.bincount(columns, minlength=x.shape[1])
        else:
            count = (x != 0).sum(0)
        self.register_buffer("idf", torch.log((1 + x.shape[0]) / (1 + count)) + 1)
        self.idf: Tensor

    def forward(
        self, x: SparseMatrix | Float[Tensor, "node feature"]
    ) -> SparseMatrix | Float[Tensor, "node feature"]:
        """Return the scaled X, sparse if the input is sparse."""
        if isinstance(x, Tensor):
            return F.normalize(x * self.idf, dim=1)
        values = x.values * self.idf[x.csr.col_indices()]
        counts = x.csr.crow_indices().diff()
        rows = torch.repeat_interleave(torch.arange(len(counts), device=values.device), counts)
        squares = values.new_zeros(len(counts)).index_add(0, rows, values.square())
        return x.with_values(values / squares.sqrt().clamp(min=1e-12)[rows])


class Scaled(nn.Module):
    """An encoder of scaled features: f(scale(X), A)."""

    def __init__(self, scaling: nn.Module, encoder: nn.Module) -> None:
        super().__init__()
        self.scaling = scaling
        self.encoder = encoder

    def forward(self, graph: MessageGraph, generator: torch.Generator) -> States:
        """Return node states [node, state]."""
        states: Tensor = self.encoder(
            replace(graph, features=self.scaling(graph.features)), generator
        )
        return states
