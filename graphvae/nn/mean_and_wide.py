"""An encoder of two parts: normalised states over hops, and a wide linear hop."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from graphvae.graph.propagation import MessageGraph
from graphvae.graph.sparse import SparseMatrix
from graphvae.nn.encoders import FeatureNetwork, LinearGCN, NormalisedMean, States
from graphvae.nn.scaling import Scaled, TfIdf


class MeanAndWide(FeatureNetwork):
    """Z = [Y, X]: Y the mean over hops of normalised tf-idf projections, X = Ã F W + b of raw ones.

    What ranks an edge above random pairs and what ranks it above similar ones differ: Y is
    `NormalisedMean`, with dropout, and X the layer of `wide-gae`.

    Args:
        inputs: features per node.
        outputs: width of Y.
        wide: width of X.
        features: features of the training graph, for tf-idf; None without.
        dropout: dropout rate of the features of Y.
        generator: initialises the weights (on the CPU).
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        wide: int,
        *,
        features: SparseMatrix | Float[Tensor, "node feature"] | None,
        dropout: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        mean = NormalisedMean(inputs, outputs, dropout=dropout, generator=generator)
        self.mean = mean if features is None else Scaled(TfIdf(features), mean)
        self.wide = LinearGCN(inputs, wide, bias=True, generator=generator)

    def forward(self, graph: MessageGraph, generator: torch.Generator) -> States:
        """Return node states [node, outputs + wide]."""
        return torch.cat([self.mean(graph, generator), self.wide(graph, generator)], 1)

    def node_weights(self) -> list[Tensor]:
        """Return the weights of X, the node embeddings of a graph without features."""
        return self.wide.node_weights()
