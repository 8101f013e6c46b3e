"""Explanations: exact ones sum to the logit and are Shapley values, others are derivatives."""

from itertools import permutations
from pathlib import Path

import pytest
import torch

import graphvae
from graphvae.graph.propagation import message_graph
from graphvae.prediction.explanation import TrackedMatrix, contributions
from graphvae.runs.explanation import draw_explanation
from graphvae.runs.result import GraphFitResult
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph


def small_graph(features: bool = True) -> Graph:
    """A path 0 – 1 – 2 – 3 and the edge 1 – 3, with two features."""
    edges = torch.tensor([[0, 1, 2, 1], [1, 2, 3, 3]])
    x = torch.tensor([[1.0, 0.5], [0.0, 2.0], [1.5, -1.0], [0.3, 0.7]])
    return Graph.from_edges(edges, 4, features=x if features else None)


def model_of(graph: Graph, latent: int = 3) -> graphvae.GAE:
    generator = torch.Generator().manual_seed(0)
    width = 4 if graph.features is None else graph.features.size(1)
    encoder = graphvae.LinearGCN(width, latent, generator=generator)
    return graphvae.GAE(encoder, graphvae.InnerProduct())


def fitted(model: str, name: str = "digits-knn", **settings: object) -> GraphFitResult:
    options = {"epochs": 2, "baselines": False, **settings}
    return graphvae.fit(name, model, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("features", [True, False])
def test_exact_contributions_are_shapley_values(features: bool) -> None:
    """Over all orders in which messages are added, the mean gain of each."""
    graph = small_graph(features)
    model, messages = model_of(graph), message_graph(graph, graph.edges)
    terms = contributions(model, messages, (0, 2), linear_edges=True, linear_features=True)
    rows, columns = TrackedMatrix.of(messages.adjacency).entries()
    dense = messages.adjacency.csr.to_dense()
    projected = torch.eye(4) if graph.features is None else graph.features
    projected = projected @ model.encoder.linear.weight.detach()

    def logit(players: frozenset[tuple[int, int]]) -> float:
        mask = torch.zeros(4, 4)
        for a, b in zip(rows.tolist(), columns.tolist(), strict=True):
            mask[a, b] = (min(a, b), max(a, b)) in players
        z = (dense * mask) @ projected
        return float(z[0] @ z[2])

    players = [(int(a), int(b)) for a, b in terms.pairs.T]
    gains = dict.fromkeys(players, 0.0)
    orders = list(permutations(players))
    for order in orders:
        for index, player in enumerate(order):
            before, after = frozenset(order[:index]), frozenset(order[: index + 1])
            gains[player] += (logit(after) - logit(before)) / len(orders)
    torch.testing.assert_close(
        terms.edges, torch.tensor([gains[player] for player in players]), atol=1e-5, rtol=1e-4
    )
    assert float(terms.edges.sum()) == pytest.approx(terms.logit, rel=1e-5)


def test_a_gradient_is_the_derivative_by_the_weight_of_an_edge() -> None:
    graph = small_graph()
    generator = torch.Generator().manual_seed(1)
    model = graphvae.GAE(graphvae.GCN(2, 8, 3, generator=generator), graphvae.InnerProduct())
    messages = message_graph(graph, graph.edges)
    terms = contributions(model, messages, (0, 2), linear_edges=False, linear_features=False)
    step, dense = 1e-3, messages.adjacency.csr.to_dense().double()

    def logit(adjacency: torch.Tensor, x: torch.Tensor) -> float:
        first, second = (layer.weight.detach().double() for layer in model.encoder.children())
        z = adjacency @ (adjacency @ x @ first).relu() @ second
        return float(z[0] @ z[2])

    assert graph.features is not None
    x = graph.features.double()
    for (a, b), value in zip(terms.pairs.T.tolist(), terms.edges.tolist(), strict=True):
        scale = torch.ones(4, 4, dtype=torch.float64)
        scale[a, b] = scale[b, a] = 1 - step
        slope = (logit(dense, x) - logit(dense * scale, x)) / step
        assert value == pytest.approx(slope, rel=1e-2, abs=1e-5)
    assert terms.features is not None
    for feature, value in enumerate(terms.features.tolist()):
        less = x.clone()
        less[:, feature] *= 1 - step
        assert value == pytest.approx((logit(dense, x) - logit(dense, less)) / step, rel=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", ["linear-gae", "linear-vgae", "strong-gae", "optimized-gae", "sage"]
)
def test_every_kind_of_model_is_explained(model: str) -> None:
    result = fitted(model)
    explanation = result.explain(0, 1, 1_000_000)
    expected = result.neighbors(0, 2_000, by="decoder")
    (logit,) = (neighbor.score for neighbor in expected if neighbor.node == "1")
    assert explanation.logit == pytest.approx(logit, rel=1e-3, abs=1e-4)
    method = "exact" if model.startswith("linear") else "removal" if model == "sage" else "gradient"
    assert explanation.edge_method == method
    assert explanation.edges
    if method == "exact":
        for values in (explanation.edges, explanation.features):
            total = sum(each.value for each in values)
            assert total == pytest.approx(explanation.logit, rel=1e-3, abs=1e-4)


@pytest.mark.slow
def test_a_feature_has_the_name_of_its_column(tmp_path: Path) -> None:
    lines = [f"n{a},n{(a + step) % 20}" for a in range(20) for step in (1, 3)]
    (tmp_path / "edges.csv").write_text("source,target\n" + "\n".join(lines))
    rows = [f"n{a},{a % 3},{'red' if a % 2 else 'blue'}" for a in range(20)]
    (tmp_path / "nodes.csv").write_text("id,size,colour\n" + "\n".join(rows))
    result = graphvae.fit(
        tmp_path / "edges.csv",
        "linear-gae",
        features=tmp_path / "nodes.csv",
        epochs=2,
        val_fraction=0.1,
        baselines=False,
    )
    names = {each.feature for each in result.explain("n0", "n5").features}
    assert names == {"size", "colour = red", "colour = blue"}


@pytest.mark.usefixtures("drawn_pictures")
def test_the_rest_is_what_is_not_shown(karate: Graph, tmp_path: Path) -> None:
    result = graphvae.fit(karate, "linear-gae", epochs=3, baselines=False)
    whole, short = result.explain(0, 9, 1_000), result.explain(0, 9, 2)
    assert short.edges == whole.edges[:2]
    shown = sum(edge.value for edge in short.edges)
    assert shown + short.other_edges == pytest.approx(whole.logit, rel=1e-4, abs=1e-5)
    assert whole.features == ()
    draw_explanation(tmp_path / "link.png", whole)
    assert (tmp_path / "link.png").stat().st_size > 1_000
    assert whole.to_dict()["edges"][0]["value"] == whole.edges[0].value


def test_bad_pairs_are_refused(karate: Graph) -> None:
    result = graphvae.fit(karate, "gae", epochs=1, baselines=False)
    with pytest.raises(InputError, match="two different nodes, got '3' twice"):
        result.explain(3, "3")
    with pytest.raises(InputError, match="99"):
        result.explain(0, 99)
    with pytest.raises(InputError, match="k: expected"):
        result.explain(0, 1, 0)
