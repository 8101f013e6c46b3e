"""The prior of a variational graph auto-encoder: what Kipf & Welling 2016 left as future work.

A mixture of Gaussians needs nothing of the graph. The VampPrior, p(z) = 1/K Σ_k q(z | u_k), needs
pseudo-inputs, and the input of a graph's encoder is a node among others. Here u_k is a learnt row
of features, and its node has no neighbour: the encoder sees K nodes whose only message is their
own, Ã = I. So a component depends on the encoder and on u_k alone. Were it tied to nodes of the
graph, it would be held there by edges that no gradient moves; and it loses little without them, as
a layer averages the features of a neighbourhood and a free row can be any such average.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from graphvae.graph.propagation import MessageGraph
from graphvae.graph.sparse import SparseMatrix, sparse_csr
from graphvae.specs.config import FitConfig
from graphvae_data.core.errors import InputError
from image_vae.parts.priors import GaussianMixture, StandardNormal, VampPrior

NodePrior = StandardNormal | GaussianMixture | VampPrior
"""A prior over the codes of nodes."""


def build_prior(config: FitConfig, graph: MessageGraph, generator: torch.Generator) -> NodePrior:
    """Make the prior that a configuration names.

    Raises:
        InputError: the graph has fewer nodes than a VampPrior is to start from.
    """
    latent, count = config.settings.latent, config.prior_components
    if count is None:
        return StandardNormal(latent)
    if config.prior == "mog":
        return GaussianMixture(latent, count, generator=generator)
    if count > graph.num_nodes:
        raise InputError(
            f"prior-components: vamp starts from nodes, of which the graph has {graph.num_nodes}, "
            f"got {count}"
        )
    nodes = torch.randperm(graph.num_nodes, generator=generator)[:count]
    return VampPrior(node_rows(graph, nodes.tolist()), bounded=False)


def node_rows(graph: MessageGraph, nodes: list[int]) -> Float[Tensor, "component feature"]:
    """Return the features of some nodes; without features, the rows of Ã in their place.

    A row of the identity would name one node; a row of Ã X = Ã is what its first layer hears.
    """
    held = graph.adjacency if graph.features is None else graph.features
    if isinstance(held, Tensor):
        return held[nodes].float()
    starts, columns = held.csr.crow_indices().tolist(), held.csr.col_indices().long()
    rows = torch.zeros(len(nodes), held.shape[1])
    for row, node in zip(rows, nodes, strict=True):
        own = slice(starts[node], starts[node + 1])
        row[columns[own]] = held.values[own].float()
    return rows


def nodes_alone(features: Float[Tensor, "component feature"]) -> MessageGraph:
    """Return a graph of nodes without neighbours: each hears itself, with weight 1."""
    count, device = len(features), features.device
    places = torch.arange(count + 1, device=device)
    csr = sparse_csr(places, places[:-1], features.new_ones(count), count)
    return MessageGraph(count, features, SparseMatrix(csr, csr, None))
