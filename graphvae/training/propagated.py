"""Features propagated once: for Z = Ã X W the product Ã X never changes while W is trained.

It is computed before the first step, as dense rows, and a step that scores a batch of edges needs
the rows of their ends only. The losses are those of propagation in each step, up to rounding. A
variational model encodes every node, as its Kullback-Leibler term is over all of them.

A node that is the end of several pairs is encoded as often: how many different ones there are, only
the device knows, and to find out costs about what it saves.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from graphvae.graph.propagation import MessageGraph
from graphvae.graph.sparse import SparseMatrix
from graphvae.losses.objectives import LossTerms, Objective
from graphvae.nn.models import GAE, VGAE
from graphvae_data.core.errors import InputError


def propagated_once(graph: MessageGraph) -> MessageGraph:
    """Return the graph with Ã X in the place of X; `InputError` if it has no features."""
    if graph.features is None:
        raise InputError(
            "propagate: once is for graphs with features; without, the weights are what propagates"
        )
    features = graph.features
    dense = features.csr.to_dense() if isinstance(features, SparseMatrix) else features
    return replace(graph, features=graph.adjacency @ dense, propagated=True)


def loss_of_ends(
    model: GAE, graph: MessageGraph, objective: Objective, generator: torch.Generator
) -> LossTerms:
    """Return the sampled loss, encoding the ends of its pairs, or all nodes.

    All, where the ends, each as often as it comes, are half as many or more.
    """
    assert graph.propagated, "the rows of other graphs depend on each other"
    assert not isinstance(model, VGAE), "the Kullback-Leibler term is over all nodes"
    assert isinstance(graph.features, torch.Tensor), "Ã X is dense"
    pairs = objective.pairs(generator)
    if 2 * pairs.numel() < graph.num_nodes:
        rows = graph.features.index_select(0, pairs.flatten())
        graph = replace(graph, num_nodes=len(rows), features=rows)
        pairs = torch.arange(len(rows), device=pairs.device).view_as(pairs)
    z = model.encode(graph, generator).mean
    return LossTerms(objective.of_pairs(z, model.decoder, pairs), z.new_zeros(()))
