"""Encoders of two convolutions from PyTorch Geometric: GraphSAGE and graph attention.

The convolutions are PyG's own, seen through `FromPyg`; their weights are drawn from the run's
generator, so that the same seed makes the same encoder.
"""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from graphvae.nn.pyg import FromPyg, drawn_from
from graphvae.specs.encoders import EncoderInputs


class TwoLayers(nn.Module):
    """Z = conv₂(a(conv₁(X, A)), A) with a the activation, and dropout before each convolution."""

    def __init__(
        self,
        first: nn.Module,
        activation: Callable[[Tensor], Tensor],
        second: nn.Module,
        dropout: float,
    ) -> None:
        super().__init__()
        self.first = first
        self.activation = activation
        self.second = second
        self.dropout = dropout

    def forward(
        self, x: Float[Tensor, "node feature"], edge_index: Int[Tensor, "2 edge"]
    ) -> Float[Tensor, "node state"]:
        """Return node states."""
        hidden = self.activation(self.first(self._drop(x), edge_index))
        states: Tensor = self.second(self._drop(hidden), edge_index)
        return states

    def _drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)


def sage(inputs: EncoderInputs, hidden: int, *, dropout: float = 0.0) -> FromPyg:
    """Make h_i ← W₁ h_i + W₂ mean_j h_j + b, twice, with ReLU between.

    Source: Hamilton et al. 2017, "Inductive Representation Learning on Large Graphs", §3, with the
    mean aggregator.

    Args:
        inputs: what the encoder is built for.
        hidden: width of the first layer.
        dropout: share of each layer's inputs dropped while training.
    """
    from torch_geometric.nn import SAGEConv  # slow to import: only where it is asked for

    with drawn_from(inputs.generator):
        first = SAGEConv(inputs.inputs, hidden)
        second = SAGEConv(hidden, inputs.heads * inputs.latent)
    return FromPyg(TwoLayers(first, F.relu, second, dropout))


def gat(
    inputs: EncoderInputs, hidden: int, attention_heads: int, *, dropout: float = 0.0
) -> FromPyg:
    """Make h_i ← Σ_j α_ij W h_j + b, twice: several attention heads and ELU, then a single head.

    Source: Veličković et al. 2018, "Graph Attention Networks", §2.1 and §3.3.

    Args:
        inputs: what the encoder is built for.
        hidden: width of the first layer, of all its heads together.
        attention_heads: heads of the first layer.
        dropout: share of each layer's inputs dropped while training.
    """
    from torch_geometric.nn import GATConv  # slow to import: only where it is asked for

    with drawn_from(inputs.generator):
        first = GATConv(inputs.inputs, hidden // attention_heads, heads=attention_heads)
        second = GATConv(hidden, inputs.heads * inputs.latent)
    return FromPyg(TwoLayers(first, F.elu, second, dropout))
