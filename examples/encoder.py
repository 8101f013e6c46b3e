"""A custom encoder: simple graph convolution, Z = Ãᵏ X W.

    graphvae fit --dataset cora --encoder examples.encoder:SimpleGraphConvolution

or in Python `graphvae.fit("cora", encoder=SimpleGraphConvolution(hops=3))`. Its settings are
validated, saved in the run folder with its name, and available as options: `--set encoder.hops=3`.

Source: Wu et al. 2019, "Simplifying Graph Convolutional Networks".
"""

import torch
from torch import Tensor, nn

from graphvae import EncoderInputs, Field, GraphEncoder, MessageGraph


class SimpleGraphConvolution(GraphEncoder):
    """Linear propagation over k hops."""

    hops: int = Field(default=2, ge=1, description="k, the number of propagation steps.")

    def build(self, inputs: EncoderInputs) -> nn.Module:
        return Network(self.hops, inputs)


class Network(nn.Module):
    def __init__(self, hops: int, inputs: EncoderInputs) -> None:
        super().__init__()
        self.hops = hops
        weight = torch.empty(inputs.inputs, inputs.heads * inputs.latent)
        self.weight = nn.Parameter(nn.init.xavier_uniform_(weight, generator=inputs.generator))

    def forward(self, graph: MessageGraph, generator: torch.Generator) -> Tensor:
        states = self.weight if graph.features is None else graph.features @ self.weight
        for _ in range(self.hops):
            states = graph.adjacency @ states
        return states
