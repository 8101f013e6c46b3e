"""Conversion of encoders to and from PyTorch Geometric.

PyG modules take `(x, edge_index)`, encoders of graphvae a `MessageGraph` and a generator. `FromPyg`
wraps a PyG module as an encoder, `ToPyg` an encoder as a PyG module.

In directed graphs the conventions differ: PyG passes messages from source to target, encoders of
graphvae from target to source.
"""

from __future__ import annotations

import copy
import inspect
from dataclasses import replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from graphvae.graph.propagation import MessageGraph, feature_operator, message_graph
from graphvae.nn.encoders import States
from graphvae.specs.encoders import EncoderInputs
from graphvae_data.core.errors import InputError
from graphvae_data.core.rng import default_generator, seeded_by
from graphvae_data.graphs.graph import Graph


class FromPyg(nn.Module):
    """A PyG module as an encoder: states = module(X, edge_index).

    X is dense, and the identity if the graph has no features. Edge weights are passed if the graph
    has them and the module's `forward` accepts `edge_weight`. The module's own randomness (dropout)
    is seeded from the generator of the call, so that runs are reproducible.

    Args:
        module: any module with `forward(x, edge_index)`, which returns one row of states per node.

    >>> from torch_geometric.nn import SAGEConv
    >>> from graphvae_data.graphs.graphs import load_graph
    >>> karate = load_graph("karate")
    >>> graph = message_graph(karate, karate.edges)
    >>> FromPyg(SAGEConv(34, 8))(graph, torch.Generator()).shape
    torch.Size([34, 8])
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self._accepts_weights = "edge_weight" in _parameters(module)

    def forward(self, graph: MessageGraph, generator: torch.Generator) -> States:
        """Return node states [node, state]."""
        weighted = self._accepts_weights and graph.edge_weight is not None
        kwargs = {"edge_weight": graph.edge_weight} if weighted else {}
        if not self.training:
            return self._states(graph, kwargs)
        with seeded_by(generator):
            return self._states(graph, kwargs)

    def _states(self, graph: MessageGraph, kwargs: dict[str, Tensor | None]) -> States:
        states = self.module(graph.x, graph.edge_index, **kwargs)
        if not isinstance(states, Tensor) or states.shape[:1] != (graph.num_nodes,):
            result = f"shape {list(states.shape)}" if isinstance(states, Tensor) else type(states)
            raise InputError(
                f"encoder: expected states of shape [{graph.num_nodes}, state] from "
                f"{type(self.module).__name__}(x, edge_index), got {result}"
            )
        return states


def _parameters(module: nn.Module) -> set[str]:
    """Return the parameter names of `forward`; `InputError` unless it accepts (x, edge_index)."""
    signature = inspect.signature(module.forward)
    try:
        signature.bind("x", "edge_index")
    except TypeError as error:
        name = type(module).__name__
        raise InputError(
            f"encoder: expected a module with forward(x, edge_index), got {name}{signature}"
        ) from error
    return set(signature.parameters)


def user_encoder(module: nn.Module, inputs: EncoderInputs) -> FromPyg:
    """Return an encoder that wraps a copy of a user's module, with its current weights.

    Lazy parameters are initialised from the generator of `inputs`.

    Raises:
        InputError: the module cannot be called with (x, edge_index), has no trainable weights, or
            returns a different number of columns than the model expects.
    """
    encoder = FromPyg(copy.deepcopy(module))
    if inputs.graph is not None:
        width, expected = (
            _width(encoder, inputs.graph, inputs.generator),
            inputs.heads * inputs.latent,
        )
        if width != expected:
            each = " (μ and log σ, 2 · latent)" if inputs.heads == 2 else ""
            raise InputError(
                f"encoder: expected a module that returns {expected} columns{each}, got {width}; "
                "change it, or `latent`"
            )
    if not any(weight.requires_grad for weight in encoder.parameters()):
        raise InputError(f"encoder: {type(module).__name__} has no trainable weights")
    return encoder.train()


def _width(encoder: FromPyg, graph: MessageGraph, generator: torch.Generator) -> int:
    """Call an encoder once and count its columns; lazy parameters get their shapes."""
    try:
        with torch.no_grad(), seeded_by(generator):
            return int(encoder.eval()(graph, generator).size(-1))
    except RuntimeError as error:  # PyTorch's error for mismatched shapes
        name, width = type(encoder.module).__name__, graph.num_features
        raise InputError(
            f"encoder: {name} does not accept this graph with {width} features per node ({error})"
        ) from error


class ToPyg(nn.Module):
    """A graphvae encoder as a PyG module: the same states from `(x, edge_index)`.

    Self-loops are ignored and parallel edges count once, as in every `Graph`. Each call normalises
    the adjacency again, as PyG's `GCNConv` does with `cached=False`.

    Args:
        encoder: a graphvae encoder, such as `result.experiment.model.encoder`.
        directed: whether edges are directed; if not, messages pass both ways.
        generator: source of dropout in training; PyTorch's default generator if None.

    >>> from graphvae.nn.encoders import GCN
    >>> gcn = GCN(3, 8, 2, generator=torch.Generator().manual_seed(0))
    >>> ToPyg(gcn)(torch.eye(3), torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])).shape
    torch.Size([3, 2])
    """

    def __init__(
        self,
        encoder: nn.Module,
        *,
        directed: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.directed = directed
        self.generator = generator

    def forward(
        self,
        x: Float[Tensor, "node feature"],
        edge_index: Int[Tensor, "2 edge"],
        edge_weight: Float[Tensor, " edge"] | None = None,
    ) -> States:
        """Return node states [node, state]."""
        graph = self._graph(x.size(0), edge_index.cpu(), edge_weight).to(x.device)
        with_features = replace(graph, features=feature_operator(x))
        states: Tensor = self.encoder(with_features, self.generator or default_generator(x.device))
        return states

    def _graph(
        self, num_nodes: int, edge_index: Tensor, edge_weight: Tensor | None
    ) -> MessageGraph:
        graph = Graph.from_edges(edge_index, num_nodes, directed=self.directed)
        if edge_weight is not None:
            weights = _largest(graph, edge_index, edge_weight.detach().cpu())
            graph = replace(graph, weights=weights)
        return message_graph(graph, graph.edges)


def _largest(
    graph: Graph, edge_index: Int[Tensor, "2 edge"], weights: Float[Tensor, " edge"]
) -> Float[Tensor, " distinct"]:
    """Return the weight of each edge: the largest of its duplicates in `edge_index`."""
    index = graph.find_edges(edge_index)
    known = index >= 0  # self-loops are not edges of the graph
    start = torch.full((graph.num_edges,), -torch.inf)
    return start.scatter_reduce(0, index[known], weights[known].float(), "amax")
