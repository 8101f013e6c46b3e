"""
An encoder of your own
======================

An encoder is a declaration with settings, and a PyTorch module that it builds. The settings are
checked, saved in the run folder, and available as options.
"""

import torch
from torch import Tensor, nn

import graphvae
from graphvae import EncoderInputs, Field, GraphEncoder, MessageGraph

# %%
# The module gets the message graph: features X (``None`` without features) and the normalised
# adjacency Ã. It returns states [node, heads · latent]. This one is simple graph convolution, Ãᵏ
# X W (Wu et al. 2019).


class SimpleGraphConvolution(GraphEncoder):
    """Linear propagation over k hops."""

    hops: int = Field(default=2, ge=1, description="k, the number of propagation steps.")

    def build(self, inputs: EncoderInputs) -> nn.Module:
        """Return the module."""
        return Network(self.hops, inputs)


class Network(nn.Module):
    """Z = Ãᵏ X W."""

    def __init__(self, hops: int, inputs: EncoderInputs) -> None:
        super().__init__()
        self.hops = hops
        weight = torch.empty(inputs.inputs, inputs.heads * inputs.latent)
        self.weight = nn.Parameter(nn.init.xavier_uniform_(weight, generator=inputs.generator))

    def forward(self, graph: MessageGraph, generator: torch.Generator) -> Tensor:
        """Return node states."""
        states = self.weight if graph.features is None else graph.features @ self.weight
        for _ in range(self.hops):
            states = graph.adjacency @ states
        return states


# %%
# Pass it to ``fit`` like a built-in encoder. Everything else (loss, prior, evaluation, resume)
# works with it.

for hops in (1, 3):
    result = graphvae.fit(
        "karate", "vgae", encoder=SimpleGraphConvolution(hops=hops), epochs=60, baselines=False
    )
    print(hops, f"{result.metrics['test']['auc']:.3f}")

# %%
# A wrong setting is an error with one line:

try:
    SimpleGraphConvolution(hops=0)
except graphvae.InputError as error:
    print(error)

# %%
# In a file ``mine.py``, the same class works on the command line:
# ``graphvae fit --dataset cora --encoder mine:SimpleGraphConvolution --set encoder.hops=3``.
# A PyG module such as ``GraphSAGE(...)`` is accepted too: ``fit(data, encoder=module)``.
