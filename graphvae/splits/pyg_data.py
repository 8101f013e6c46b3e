"""Parts of a split as PyTorch Geometric's `Data`, in the form `RandomLinkSplit` gives."""

from __future__ import annotations

import torch
from jaxtyping import Int
from torch import Tensor
from torch_geometric.data import Data

from graphvae.graph.pairs import is_directed
from graphvae.graph.propagation import edge_weights


def labelled_part(
    data: Data,
    messages: Int[Tensor, "2 message"],
    positives: Int[Tensor, "2 positive"],
    negatives: Int[Tensor, "2 negative"],
) -> Data:
    """Make one part: everything of the nodes, some edges as messages, some pairs with labels.

    Args:
        data: the whole graph.
        messages: its edges that messages pass over, each once; `edge_index` has both directions
            unless the graph is directed.
        positives: pairs labelled 1 in `edge_label`.
        negatives: pairs after them in `edge_label_index`, labelled 0.
    """
    content = {k: v for k, v in data.to_dict().items() if not data.is_edge_attr(k)}
    part = Data(**{**content, "num_nodes": int(data.num_nodes or 0)})
    if data.x is not None and data.x.layout != torch.strided:
        part.x = data.x.to_dense()
    both = [messages] if is_directed(data) else [messages, messages.flip(0)]
    part.edge_index = torch.cat(both, 1)
    weights = edge_weights(data, messages)
    if weights is not None:
        part.edge_weight = torch.from_numpy(weights).float().repeat(len(both))
    part.edge_label_index = torch.cat([positives, negatives], 1)
    part.edge_label = torch.cat([torch.ones(positives.size(1)), torch.zeros(negatives.size(1))])
    return part
