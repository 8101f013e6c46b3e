"""Encoders to and from PyTorch Geometric.

PyG's modules take `(x, edge_index)`, ours a `MessageGraph` and a generator. `FromPyg` makes an
encoder of any module of theirs, `ToPyg` a module for them of any encoder of ours.

Messages go along `edge_index` as each library has it: PyG's from source to target; in a directed
graph our own encoders hear the other way, from the nodes a node points to.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from graphvae.graph.propagation import MessageGraph, feature_operator, message_graph
from graphvae.nn.encoders import States
from graphvae.specs.encoders import EncoderInputs
from graphvae_data.core.errors import InputError
from graphvae_data.core.rng import seed_from
from graphvae_data.graphs.graph import Graph


class FromPyg(nn.Module):
    """An encoder made of a PyG module: states = module(X, edge_index).

    X is dense, and the identity where the graph has no features. Edge weights are handed over
    where the graph has them and the module's `forward` takes `edge_weight`. The module's own
    randomness (dropout) comes from the generator of the call, so that a run can be repeated.

    Args:
        module: any module with `forward(x, edge_index)`, which returns one row of states a node.

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
        self._takes_weights = "edge_weight" in _parameters(module)

    def forward(self, graph: MessageGraph, generator: torch.Generator) -> States:
        """Return node states [node, state]."""
        weighted = self._takes_weights and graph.edge_weight is not None
        more = {"edge_weight": graph.edge_weight} if weighted else {}
        if not self.training:
            return self._states(graph, more)
        with drawn_from(generator):
            return self._states(graph, more)

    def _states(self, graph: MessageGraph, more: dict[str, Tensor | None]) -> States:
        states = self.module(graph.x, graph.edge_index, **more)
        if not isinstance(states, Tensor) or states.shape[:1] != (graph.num_nodes,):
            found = f"shape {list(states.shape)}" if isinstance(states, Tensor) else type(states)
            raise InputError(
                f"encoder: expected states of shape [{graph.num_nodes}, state] from "
                f"{type(self.module).__name__}(x, edge_index), got {found}"
            )
        return states


def _parameters(module: nn.Module) -> set[str]:
    """Names of what `forward` takes; `InputError` unless it can be called with (x, edge_index)."""
    signature = inspect.signature(module.forward)
    try:
        signature.bind("x", "edge_index")
    except TypeError as fault:
        name = type(module).__name__
        raise InputError(
            f"encoder: expected a module with forward(x, edge_index), got {name}{signature}"
        ) from fault
    return set(signature.parameters)


def user_encoder(module: nn.Module, inputs: EncoderInputs) -> FromPyg:
    """Return an encoder made of a copy of a user's module, with the weights that the module has.

    Parameters that wait for a first call to learn their shape get their weights from the generator
    of `inputs`.

    Raises:
        InputError: the module cannot be called with (x, edge_index), has nothing to train, or
            returns another number of columns than the model takes.
    """
    encoder = FromPyg(copy.deepcopy(module))
    if inputs.graph is not None:
        width, wanted = (
            _width(encoder, inputs.graph, inputs.generator),
            inputs.heads * inputs.latent,
        )
        if width != wanted:
            each = " (μ and log σ, 2 · latent)" if inputs.heads == 2 else ""
            raise InputError(
                f"encoder: expected a module that returns {wanted} columns{each}, got {width}; "
                "change it, or `latent`"
            )
    if not any(weight.requires_grad for weight in encoder.parameters()):
        raise InputError(f"encoder: {type(module).__name__} has no weights to train")
    return encoder.train()


def _width(encoder: FromPyg, graph: MessageGraph, generator: torch.Generator) -> int:
    """Call an encoder once and count its columns; lazy parameters get their shapes."""
    try:
        with torch.no_grad(), drawn_from(generator):
            return int(encoder.eval()(graph, generator).size(-1))
    except RuntimeError as error:  # PyTorch's report of shapes that do not match
        name, width = type(encoder.module).__name__, graph.num_features
        raise InputError(
            f"encoder: {name} does not accept this graph with {width} features a node ({error})"
        ) from error


class ToPyg(nn.Module):
    """A module for PyG made of an encoder of ours: the same states from `(x, edge_index)`.

    Loops and parallel edges count once, as in every graph of ours. The adjacency is normalised
    afresh in each call, as PyG's `GCNConv` does with `cached=False`.

    Args:
        encoder: an encoder of ours, such as `result.experiment.model.encoder`.
        directed: whether `edge_index` has a direction; else edges go both ways.
        generator: feeds dropout while training; PyTorch's own if not given.

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
        seen = replace(graph, features=feature_operator(x))
        states: Tensor = self.encoder(seen, self.generator or _default_generator(x.device))
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
    """Return a weight for each edge of the graph: the largest that it has in `edge_index`."""
    index = graph.find_edges(edge_index)
    known = index >= 0  # a self-loop is no edge of the graph
    start = torch.full((graph.num_edges,), -torch.inf)
    return start.scatter_reduce(0, index[known], weights[known].float(), "amax")


def _default_generator(device: torch.device) -> torch.Generator:
    if device.type == "cuda":
        return torch.cuda.default_generators[device.index or 0]
    return torch.default_generator


@contextmanager
def drawn_from(generator: torch.Generator) -> Iterator[None]:
    """Let PyTorch's global randomness follow `generator` in the block, untouched after it."""
    where, seed = generator.device, seed_from(generator)
    with torch.random.fork_rng([where] if where.type == "cuda" else []):
        torch.default_generator.manual_seed(seed)
        if where.type == "cuda":
            _default_generator(where).manual_seed(seed)
        yield


def describe(module: object) -> str:
    """Return a module's `repr` on one line, the same in every process; `InputError` for others.

    >>> describe(nn.Sequential(nn.Linear(2, 1)))
    'Sequential( (0): Linear(in_features=2, out_features=1, bias=True) )'
    """
    if not isinstance(module, nn.Module):
        raise InputError(f"encoder: expected a PyTorch module, got {module!r}")
    return re.sub(r" at 0x[0-9a-f]+", "", " ".join(repr(module).split()))
