"""Embedding of new graphs, and links of nodes that were added after training.

An encoder with features applies to any graph: f(X, A) with the weights of the run and X and A of
the new graph. Without features, X is the identity and the first layer has one row per training
node, so the model cannot embed other nodes.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from graphvae.graph.propagation import MessageGraph, message_graph
from graphvae.prediction.missing_links import DecodedPairs, TopPairs, top_partners
from graphvae.setup.experiment import GraphExperiment
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.readers.objects import as_graph


def embed_graph(experiment: GraphExperiment, graph: object) -> Float[Tensor, "node latent"]:
    """Return the embedding of every node of a new graph; messages pass over all of its edges.

    A graph object other than a `Graph` is read with the feature preparation of the run.

    Raises:
        InputError: an unsupported object, a model trained without features, or features or a
            direction that differ from those in training.
    """
    reading = experiment.graph.reading
    graph = as_graph(graph, prep=None if reading is None else reading.features)
    return experiment.model.embed(_messages(experiment, graph))


def _messages(experiment: GraphExperiment, graph: Graph) -> MessageGraph:
    """Return the message graph of a new graph, with all of its edges, on the device.

    Its edge weights are not used if the training graph had none.
    """
    check_inductive(experiment, graph)
    if experiment.graph.weights is None:
        graph = replace(graph, weights=None)
    return message_graph(graph, graph.edges).to(experiment.model.device)


def links_of_new_nodes(
    experiment: GraphExperiment, graph: Graph, top_k: int, nodes: torch.Tensor | None
) -> TopPairs:
    """Return the most likely new neighbours of nodes of an extended graph.

    All of its nodes are embedded with the weights of the run and messages over all of its edges,
    known and new.

    Args:
        experiment: the run.
        graph: the graph of the run with new nodes after its own (see `readers.nodes.new_nodes`).
        top_k: number of links for each node.
        nodes: indices of the nodes; None means the new ones.

    Raises:
        InputError: no new node, or a model that cannot embed new nodes.
    """
    if nodes is None:
        nodes = torch.arange(experiment.graph.num_nodes, graph.num_nodes)
    if not len(nodes):
        raise InputError(
            "graph: expected new nodes, got only those of the run; pass `nodes` to choose some"
        )
    messages, model = _messages(experiment, graph), experiment.model
    scores = DecodedPairs(model.embed(messages), model.decoder_on(messages))
    return top_partners(scores, graph.edges, top_k, nodes, sides=graph.sides)


def check_inductive(experiment: GraphExperiment, graph: Graph) -> None:
    """Raise `InputError` if the model cannot embed this graph."""
    trained, name = experiment.messages, experiment.config.model
    if trained.features is None or not experiment.config.encoder.inductive:
        no_features = trained.features is None
        reason = "was trained without features" if no_features else "learns node embeddings"
        raise InputError(
            f"graph: this {name} {reason}, so it can embed only its {trained.num_nodes} nodes; fit "
            "a graph with features, and another model, to embed new ones"
        )
    if graph.features is None or graph.num_features != trained.num_features:
        got = "a graph without features" if graph.features is None else str(graph.num_features)
        raise InputError(
            f"features: expected {trained.num_features} per node, as in training, got {got}"
        )
    if graph.directed != experiment.split.directed:
        kinds = {False: "undirected", True: "directed"}
        expected, got = kinds[experiment.split.directed], kinds[graph.directed]
        raise InputError(
            f"graph: expected a graph that is {expected}, as in training, got one that is {got}"
        )
