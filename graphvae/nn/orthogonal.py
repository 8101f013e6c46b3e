"""An orthogonal start for node embeddings: the first weights of a graph without features.

Where the identity takes the place of features, the first weights [node, width] are an embedding of
the nodes that is learned. Glorot's start makes its rows shorter the more nodes there are; here its
columns are orthogonal and its rows have a mean square length of 1, whatever N is. Orthogonal start:
Saxe et al. 2014, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
networks", §4; that it helps link prediction without features: Ma et al. 2024.
"""

from __future__ import annotations

import torch

from graphvae.nn.encoders import FeatureNetwork
from graphvae_data.core.setting_errors import SettingClash


def start_orthogonal(encoder: FeatureNetwork, generator: torch.Generator) -> None:
    """Give the node embeddings of an encoder an orthogonal start, each head one of its own.

    Raises:
        SettingClash: fewer nodes than columns.
    """
    for weight in encoder.node_weights():
        nodes, width = weight.shape
        if nodes < width:
            raise SettingClash(
                ("encoder", "init"),
                f"orthogonal needs as many nodes as columns, {width}, got {nodes}; choose a "
                "smaller width or glorot",
            )
        fill_orthogonal(weight, generator)


def fill_orthogonal(weight: torch.Tensor, generator: torch.Generator) -> None:
    """Fill a matrix [node, width] with orthogonal columns, or rows where it is wider than tall.

    Columns have the length √(node / width), rows the length 1: a mean square row of 1 either way.

    >>> w = torch.empty(100, 4)
    >>> fill_orthogonal(w, torch.Generator().manual_seed(0))
    >>> torch.allclose(w.T @ w, 25 * torch.eye(4), atol=1e-4)
    True
    """
    nodes, width = weight.shape
    if nodes < width:
        tall = weight.new_empty(width, nodes)
        fill_orthogonal(tall, generator)
        weight.copy_(tall.T * (nodes / width) ** 0.5)
        return
    columns, triangle = torch.linalg.qr(torch.randn(nodes, width, generator=generator))
    weight.copy_(columns * triangle.diagonal().sign() * (nodes / width) ** 0.5)
