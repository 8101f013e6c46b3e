"""Orthogonal initialisation of node embeddings: the first weights of a graph without features.

Where the identity replaces the features, the first weights [node, width] are a learned embedding of
the nodes. With Glorot initialisation its rows get shorter as the number of nodes grows; here its
columns are orthogonal and its rows have a mean squared norm of 1 for any N. Orthogonal
initialisation: Saxe et al. 2014, "Exact solutions to the nonlinear dynamics of learning in deep
linear neural networks", §4; its benefit for link prediction without features: Ma et al. 2024.
"""

from __future__ import annotations

import torch

from graphvae.nn.encoders import FeatureNetwork
from graphvae_data.settings.setting_errors import SettingClash


def start_orthogonal(encoder: FeatureNetwork, generator: torch.Generator) -> None:
    """Initialise the node embeddings of an encoder as orthogonal, each head separately.

    Raises:
        SettingClash: fewer nodes than columns.
    """
    for weight in encoder.node_weights():
        nodes, width = weight.shape
        if nodes < width:
            raise SettingClash(
                ("encoder", "init"),
                f"orthogonal needs as many nodes as columns, {width}, got {nodes}; "
                "choose a smaller width or glorot",
            )
        fill_orthogonal(weight, generator)


def fill_orthogonal(weight: torch.Tensor, generator: torch.Generator) -> None:
    """Fill a matrix [node, width] with orthogonal columns, or orthogonal rows if width > node.

    Columns have norm √(node / width), rows norm 1: rows have a mean squared norm of 1 either way.

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
