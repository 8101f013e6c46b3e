"""Features propagated once: for Z = Ã X W the product Ã X never changes while W is trained.

It is computed before the first step, as dense rows, and a step that scores a batch of edges needs
only the rows of their ends. The losses are those of propagation in each step, up to rounding. A
variational model encodes every node, as its Kullback-Leibler term sums over all of them.

A node that is the end of several pairs is encoded once per pair: removing duplicates would
synchronise with the device, and costs about as much as it saves.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from graphvae.graph.propagation import MessageGraph
from graphvae.graph.sparse import SparseMatrix
from graphvae.losses.objective import GraphObjective, loss_terms
from graphvae.losses.sampled import SampledPairs
from graphvae.nn.models import GAE
from graphvae.specs.recipe import GraphRecipe
from graphvae_data.settings.setting_errors import SettingClash
from image_vae.parts.terms import LossTerms


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
    """Return whether a step needs to encode only the ends of its pairs.

    This requires independent rows, a loss over pairs, a decoder of codes alone, and no
    Kullback-Leibler term, which sums over all nodes.
    """
    of_ends = recipe.loss.of_pairs and not recipe.decoder.uses_edges
    return graph.propagated and of_ends and not recipe.posterior.variational


def loss_of_ends(
    model: GAE, graph: MessageGraph, objective: GraphObjective, generator: torch.Generator
) -> LossTerms:
    """Return the sampled loss, encoding only the ends of its pairs.

    All nodes are encoded instead if the ends, with repetitions, number at least half of them.
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
    return loss_terms(loss.of_pairs(z, model.decoder_on(graph), pairs), z.new_zeros(()), {})
