"""Errors of predicted edge weights on the edges of a split."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.graph.propagation import edge_weights
from graphvae.nn.weight_decoders import WeightModule
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.graphs.graph import Graph
from graphvae_data.settings.setting_errors import SettingClash

Errors = dict[str, float]
"""`rmse` and `mae`."""


def weights_of_edges(graph: Graph, edges: Int[Tensor, "2 edge"]) -> Float[Tensor, " edge"]:
    """Return the weights of edges; `SettingClash` if the graph has none."""
    values = edge_weights(graph, edges)
    if values is None:
        raise SettingClash(("predict_weight",), "needs edge weights, and this graph has none")
    return torch.from_numpy(values).float()


def weight_scores(
    decoder: WeightModule, z: Tensor, test_z: Tensor, graph: Graph, split: EdgeSplit
) -> dict[str, Errors]:
    """Return the errors on validation and test edges, and those of the mean training weight.

    Args:
        decoder: predicts the weights.
        z: the embedding for validation edges.
        test_z: the embedding for test edges.
        graph: the graph with the weights.
        split: the edges.
    """
    val, test = (weights_of_edges(graph, part) for part in (split.val, split.test))
    mean = weights_of_edges(graph, split.train).mean().expand(len(test))
    with torch.no_grad():
        return {
            "val": errors(decoder.mean(z, split.val.to(z.device)).cpu(), val),
            "test": errors(decoder.mean(test_z, split.test.to(z.device)).cpu(), test),
            "mean weight": errors(mean, test),
        }


def errors(predicted: Float[Tensor, " edge"], true: Float[Tensor, " edge"]) -> Errors:
    """Return the root of the mean squared error, and the mean absolute error.

    >>> errors(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))["mae"]
    1.0
    """
    difference = (predicted - true).double()
    return {"rmse": float(difference.square().mean().sqrt()), "mae": float(difference.abs().mean())}
