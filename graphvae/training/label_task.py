"""Labels of nodes that their codes generate: p(y_i | z_i) = softmax(A z_i + b), known for some."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from graphvae.splits.label_split import LabelSplit
from graphvae_data.graphs.graph import Graph


@dataclass(frozen=True)
class LabelTask:
    """The labels that are known in training, on the model's device."""

    decoder: nn.Linear
    """From a code to the logits of the classes; a part of the model."""
    nodes: Int[Tensor, " known"]
    """Nodes with a known label."""
    labels: Int[Tensor, " known"]
    """Their classes."""
    weight: float
    """Weight of the term."""

    def loss(self, z: Float[Tensor, "node latent"]) -> Float[Tensor, ""]:
        """Return −log p(y | z) in nats, averaged over the nodes."""
        return F.cross_entropy(self.decoder(z.index_select(0, self.nodes)), self.labels)


def label_decoder(latent: int, values: int, generator: torch.Generator) -> nn.Linear:
    """Return A and b, Glorot and zero."""
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, latent, values)
    nn.init.xavier_uniform_(layer.weight, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer


def label_task(
    decoder: nn.Linear, graph: Graph, split: LabelSplit, weight: float, device: torch.device
) -> LabelTask:
    """Return the task of predicting the labels of a split's training nodes."""
    assert graph.labels is not None
    nodes = torch.from_numpy(split.train)
    return LabelTask(decoder, nodes.to(device), graph.labels[nodes].long().to(device), weight)
