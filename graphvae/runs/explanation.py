"""The explanation of a link by node names, as a result and as a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from graphvae.evaluation.negative_sets import known_edges
from graphvae.graph.propagation import MessageGraph, message_graph
from graphvae.nn.models import GAE
from graphvae.prediction.explanation import Contributions, Method, contributions
from graphvae.prediction.missing_links import check_k
from graphvae.setup.experiment import GraphExperiment
from graphvae.setup.inputs import node_numbers
from graphvae.specs.evaluation import Messages
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.machine import devices

Node = str | int | np.integer[Any]


@dataclass(frozen=True)
class EdgeContribution:
    """What one known edge contributes to the logit; a node with itself: its own features."""

    source: str
    """Name of one end."""
    target: str
    """Name of the other end."""
    value: float
    """The contribution."""


@dataclass(frozen=True)
class FeatureContribution:
    """What one feature contributes to the logit, summed over the nodes that messages come from."""

    feature: str
    """Name of the feature, or its number."""
    value: float
    """The contribution."""


@dataclass(frozen=True)
class Explanation:
    """The edges and features with the largest contributions to the logit of a pair.

    Contributions of the method `exact` sum to the logit: those shown and `other_edges`. See
    `graphvae.prediction.explanation` for the methods.
    """

    source: str
    """Name of u."""
    target: str
    """Name of v."""
    logit: float
    """The logit of the pair."""
    edge_method: Method
    """How the contributions of edges were computed: `exact`, `gradient` or `removal`."""
    feature_method: Method
    """How those of features were computed."""
    edges: tuple[EdgeContribution, ...]
    """The largest contributions by absolute value, largest first."""
    other_edges: float
    """The sum of the contributions of the other edges."""
    features: tuple[FeatureContribution, ...]
    """The largest contributions of features; empty without features."""
    other_features: float
    """The sum of the contributions of the other features."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def explain(
    experiment: GraphExperiment,
    model: GAE,
    pair: tuple[Node, Node],
    top_k: int = 10,
    *,
    messages: Messages = "all",
) -> Explanation:
    """Return the edges and features that contribute most to the logit of a pair.

    Args:
        experiment: the graph, its split and the settings.
        model: the trained model.
        pair: names of two different nodes; in a directed graph source and target.
        top_k: number of edges, and of features.
        messages: `all` for messages over all known edges, or `train`.

    Raises:
        InputError: an unknown node, twice the same node, `top_k` below 1, or a decoder that counts
            neighbours in the message graph.
    """
    check_k(top_k)
    if experiment.config.decoder.uses_edges:
        raise InputError(
            f"explain: does not support decoder {experiment.config.decoder.kind()}, which counts "
            "neighbours in the message graph; choose a run of another model"
        )
    names = list(experiment.graph.node_names)
    first, second = node_numbers(names, pair).tolist()
    if first == second:
        raise InputError(f"explain: expected two different nodes, got {names[first]!r} twice")
    with devices.computing(experiment.config.run.threads):
        terms = _contributions(experiment, model, (first, second), messages)
    edges, other_edges = _largest(terms.edges, top_k)
    pairs = terms.pairs.T[edges].tolist()
    values = torch.zeros(0) if terms.features is None else terms.features
    features, other_features = _largest(values, top_k)
    titles = feature_names(experiment.graph)
    return Explanation(
        source=names[first],
        target=names[second],
        logit=terms.logit,
        edge_method=terms.edge_method,
        feature_method=terms.feature_method,
        edges=tuple(
            EdgeContribution(names[a], names[b], float(terms.edges[index]))
            for index, (a, b) in zip(edges.tolist(), pairs, strict=True)
        ),
        other_edges=other_edges,
        features=tuple(
            FeatureContribution(titles(index), float(values[index])) for index in features.tolist()
        ),
        other_features=other_features,
    )


def _contributions(
    experiment: GraphExperiment, model: GAE, pair: tuple[int, int], messages: Messages
) -> Contributions:
    config, graph, split = experiment.config, experiment.graph, experiment.split
    edges = known_edges(split) if messages == "all" else split.train

    def inputs(edges: torch.Tensor) -> MessageGraph:
        uses = config.inputs.features
        return message_graph(graph, edges, use_features=uses).to(model.device)

    def without(a: int, b: int) -> MessageGraph:
        ends = torch.tensor([a, b]).unsqueeze(1)
        removed = (edges == ends).all(0) | (edges == ends.flip(0)).all(0)
        return inputs(edges[:, ~removed])

    linear = (
        config.encoder.linear
        and config.decoder.bilinear
        and (config.posterior.gaussian or not config.posterior.variational)
    )
    return contributions(
        model,
        inputs(edges),
        pair,
        linear_edges=linear,
        linear_features=linear and not config.inputs.scaled,
        directed=graph.directed,
        without=without if config.encoder.edge_rows else None,
    )


def _largest(values: Float[torch.Tensor, " value"], k: int) -> tuple[torch.Tensor, float]:
    """Return the indices of the K largest absolute values that are not 0, and the others' sum."""
    order = values.abs().argsort(descending=True, stable=True)[:k]
    order = order[values[order] != 0]
    return order, float(values.sum() - values[order].sum())


def feature_names(graph: Graph) -> Callable[[int], str]:
    """Return the function from the number of a feature to its name, if the table had names."""
    reading = graph.reading
    names = [] if reading is None or reading.features is None else reading.features.names()
    return lambda index: names[index] if index < len(names) else f"feature {index}"


def draw_explanation(path: Path, explanation: Explanation) -> None:
    """Draw the pair and the contributing edges; the width of a line is its contribution."""
    u, v = explanation.source, explanation.target
    edges = [edge for edge in explanation.edges if edge.source != edge.target]
    places = _places(u, v, edges)
    widest = max((abs(edge.value) for edge in edges), default=1.0)
    from graphvae_data.files.figures import BLUE, GREY, ORANGE, panels  # imports matplotlib

    with panels(path, columns=1) as (axes,):
        axes.plot(*zip(places[u], places[v], strict=True), color=GREY, ls=":", lw=1.5)
        for edge in edges:
            axes.plot(
                *zip(places[edge.source], places[edge.target], strict=True),
                color=BLUE if edge.value > 0 else ORANGE,
                lw=0.5 + 4.5 * abs(edge.value) / widest,
                alpha=0.8,
            )
        for name, (x, y) in places.items():
            axes.scatter([x], [y], s=90 if name in (u, v) else 30, color="black", zorder=3)
            axes.annotate(_short(name), (x, y), (0, 7), textcoords="offset points", ha="center")
        axes.set(title=f"{_short(u)} – {_short(v)}: logit {explanation.logit:.3f}")
        axes.set_xlim(-2.4, 2.4)
        axes.axis("off")


def _places(u: str, v: str, edges: Sequence[EdgeContribution]) -> dict[str, tuple[float, float]]:
    """Place u on the left, v on the right, common neighbours between, others outside."""
    places = {u: (-1.0, 0.0), v: (1.0, 0.0)}
    near = {
        end: {other for edge in edges for other in (edge.source, edge.target) if end in
              (edge.source, edge.target)}
        for end in (u, v)
    }  # fmt: skip
    others = dict.fromkeys(n for e in edges for n in (e.source, e.target) if n not in places)
    columns: dict[float, list[str]] = {}
    for name in others:
        left, right = name in near[u], name in near[v]
        columns.setdefault(0.0 if left == right else -2.0 if left else 2.0, []).append(name)
    for x, names in columns.items():
        for index, name in enumerate(names):
            offset = index + 1 if x == 0 else index + 0.5 - len(names) / 2
            places[name] = (x, offset * (-1 if x == 0 and index % 2 else 1) * 0.8)
    return places


def _short(name: str, most: int = 18) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
