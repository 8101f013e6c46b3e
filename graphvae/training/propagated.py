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
from graphvae.losses.objective import LossTerms, Objective
from graphvae.losses.sampled import SampledPairs
from graphvae.nn.models import GAE
from graphvae.specs.recipe import GraphRecipe
from graphvae_data.core.setting_errors import SettingClash


def propagated_once(graph: MessageGraph) -> MessageGraph:
    """Return the graph with Ã X in place of X.

    Raises:
        SettingClash: the graph has no features.
    """
    if graph.features is None:
        raise SettingClash(("encoder", "propagate"), "once requires node features")
    features = graph.features
    dense = features.csr.to_dense() if isinstance(features, SparseMatrix) else features
    return replace(graph, features=graph.adjacency @ dense, propagated=True)


def encodes_ends(recipe: GraphRecipe, graph: MessageGraph) -> bool:
    """Return whether a step need encode only the ends of its pairs.

    Rows have to be independent of each other, and the loss one of pairs; a Kullback-Leibler term is
    over all nodes.
    """
    return graph.propagated and recipe.loss.of_pairs and not recipe.posterior.variational


def loss_of_ends(
    model: GAE, graph: MessageGraph, objective: Objective, generator: torch.Generator
) -> LossTerms:
    """Return the sampled loss, encoding the ends of its pairs alone.

    All nodes are encoded where the ends, each counted as often as it occurs, are half as many or
    more.
    """
    loss = objective.reconstruction
    assert isinstance(loss, SampledPairs), "see `encodes_ends`"
    assert isinstance(graph.features, torch.Tensor), "Ã X is dense"
    pairs = loss.pairs(generator)
    if 2 * pairs.numel() < graph.num_nodes:
        rows = graph.features.index_select(0, pairs.flatten())
        graph = replace(graph, num_nodes=len(rows), features=rows)
        pairs = torch.arange(len(rows), device=pairs.device).view_as(pairs)
    z = model.encode(graph, generator).sample(generator)
    return LossTerms(loss.of_pairs(z, model.decoder, pairs), z.new_zeros(()))
