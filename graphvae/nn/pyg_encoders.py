"""Encoders of two convolutions from PyTorch Geometric: GraphSAGE and graph attention.

The convolutions are those of PyG, wrapped by `FromPyg`; their weights are initialised from the
run's generator, so that a seed determines the encoder.
"""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from graphvae.nn.pyg import FromPyg
from graphvae.specs.encoders import EncoderInputs
from graphvae_data.core.rng import seeded_by


class TwoConvolutions(nn.Module):
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
    """Return the encoder h_i ← W₁ h_i + W₂ mean_j h_j + b, twice, with ReLU between.

    Source: Hamilton et al. 2017, "Inductive Representation Learning on Large Graphs", §3, with the
    mean aggregator.

    Args:
        inputs: sizes, generator and graph of the encoder.
        hidden: width of the first layer.
        dropout: dropout rate of each layer's inputs.
    """
    from torch_geometric.nn import SAGEConv  # slow import

    with seeded_by(inputs.generator):
        first = SAGEConv(inputs.inputs, hidden)
        second = SAGEConv(hidden, inputs.heads * inputs.latent)
    return FromPyg(TwoConvolutions(first, F.relu, second, dropout))


def gat(
    inputs: EncoderInputs, hidden: int, attention_heads: int, *, dropout: float = 0.0
) -> FromPyg:
    """Return the encoder h_i ← Σ_j α_ij W h_j + b, twice: several heads and ELU, then one head.

    Source: Veličković et al. 2018, "Graph Attention Networks", §2.1 and §3.3.

    Args:
        inputs: sizes, generator and graph of the encoder.
        hidden: width of the first layer, all heads together.
        attention_heads: heads of the first layer.
        dropout: dropout rate of each layer's inputs.
    """
    from torch_geometric.nn import GATConv  # slow import

    with seeded_by(inputs.generator):
        first = GATConv(inputs.inputs, hidden // attention_heads, heads=attention_heads)
        second = GATConv(hidden, inputs.heads * inputs.latent)
    return FromPyg(TwoConvolutions(first, F.elu, second, dropout))
