"""Directed graphs: ordered pairs, decoders that are not symmetric, the direction score."""

import numpy as np
import pytest
import torch

import graphvae
from graphvae.evaluation.scores import direction_score
from graphvae.graph.propagation import normalised_adjacency
from graphvae.nn.decoders import InnerProduct, SourceTarget
from graphvae.prediction.missing_links import DecodedPairs, top_pairs
from graphvae.setup.experiment import make_split, prepare
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from tests.graphvae.configs import make_config


def ranked_graph(nodes: int = 60, seed: int = 0) -> Graph:
    """Edges point from a node to later ones nearby: direction is all there is to learn."""
    generator = torch.Generator().manual_seed(seed)
    source = torch.randint(nodes - 6, (500,), generator=generator)
    step = torch.randint(1, 6, (500,), generator=generator)
    index = torch.unique(torch.stack([source, source + step]), dim=1)
    place = torch.arange(nodes).float()[:, None] / nodes
    features = torch.cat([torch.cos(k * torch.pi * place) for k in range(12)], 1)
    return Graph.from_edges(index, nodes, directed=True, features=features)


def test_a_directed_split_keeps_direction() -> None:
    data = ranked_graph()
    split = make_split(make_config(dataset="d", model="st-gae"), data)
    parts = torch.cat([split.train, split.val, split.test], 1)
    assert split.directed
    assert (parts[0] < parts[1]).all()
    assert {tuple(p) for p in parts.T.tolist()} == {tuple(p) for p in data.edges.T.tolist()}


def test_directed_negatives_may_be_the_reverse_of_an_edge_but_never_an_edge() -> None:
    data = ranked_graph(nodes=14)
    config = make_config(dataset="d", model="st-gae", val_fraction=0.3, test_fraction=0.4)
    split = make_split(config, data)
    negatives = torch.cat([split.val_negatives, split.test_negatives], 1).T.tolist()
    edges = {tuple(pair) for pair in data.edges.T.tolist()}
    assert not edges & {tuple(pair) for pair in negatives}
    assert edges & {(v, u) for u, v in negatives}


def test_a_saved_directed_split_comes_back(tmp_path) -> None:  # type: ignore[no-untyped-def]
    split = make_split(make_config(dataset="d", model="st-gae"), ranked_graph())
    split.save(tmp_path / "s.npz")
    again = EdgeSplit.load(tmp_path / "s.npz")
    assert again.directed
    assert again.fingerprint == split.fingerprint


def test_the_directed_adjacency_is_the_dense_formula() -> None:
    edges = torch.tensor([[0, 1, 2, 0], [1, 2, 0, 2]])
    weights = np.array([1.0, 2.0, 0.5, 3.0])
    dense = torch.eye(3, dtype=torch.float64)
    dense[edges[0], edges[1]] += torch.from_numpy(weights)
    expected = dense / dense.sum(1, keepdim=True)
    matrix = normalised_adjacency(edges, 3, weights=weights, directed=True, dtype=torch.float64)
    torch.testing.assert_close(matrix.csr.to_dense(), expected)
    torch.testing.assert_close(matrix.csr_transposed.to_dense(), expected.T)


@pytest.mark.slow
def test_a_source_target_model_learns_direction_and_a_symmetric_one_cannot() -> None:
    data = ranked_graph()
    result = graphvae.fit(data, model="st-gae", epochs=150, seed=1)
    assert result.metrics["direction"] > 0.9
    assert result.metrics["test"]["auc"] > 0.8

    def symmetric(pairs: torch.Tensor) -> np.ndarray:
        return pairs.sum(0).double().numpy()

    assert direction_score(symmetric, result.split, data) == 0.5


def test_undirected_graphs_have_no_direction_score(karate: Graph) -> None:
    assert "direction" not in graphvae.fit("karate", epochs=1, baselines=False).metrics


@pytest.mark.parametrize(("model", "directed"), [("vgae", True), ("st-vgae", False)])
def test_a_graph_and_a_model_must_agree_on_direction(
    karate: Graph, model: str, directed: bool
) -> None:
    data = ranked_graph() if directed else karate
    config = make_config(dataset="d", model=model)
    with pytest.raises(InputError, match=r"does not support .* graphs, and this one is"):
        prepare(config, data, make_split(config, data))


@pytest.mark.parametrize("settings", [{"loss": "paper"}, {"loss": "elbo"}, {"latent": 15}], ids=str)
def test_settings_that_a_source_target_model_cannot_take_are_refused(
    settings: dict[str, object],
) -> None:
    with pytest.raises(InputError, match="source-target"):
        make_config(dataset="d", model="st-gae", **settings)  # type: ignore[arg-type]


def test_ordered_links_are_those_of_brute_force(generator: torch.Generator) -> None:
    z = torch.randn(9, 4, generator=generator)
    known = torch.tensor([[0, 3], [1, 2]])
    found = top_pairs(DecodedPairs(z, SourceTarget()), known, 20)
    logits = z[:, :2] @ z[:, 2:].T
    edges = {(0, 1), (3, 2)}
    pairs = [(u, v) for u in range(9) for v in range(9) if u != v and (u, v) not in edges]
    expected = sorted(pairs, key=lambda pair: -float(logits[pair]))[:20]
    assert [tuple(pair) for pair in found.pairs.T.tolist()] == expected


@pytest.mark.parametrize(
    "decoder", [InnerProduct(), SourceTarget()], ids=lambda d: type(d).__name__
)
def test_blocks_and_pairs_agree(decoder, generator: torch.Generator) -> None:  # type: ignore[no-untyped-def]
    z = torch.randn(7, 4, generator=generator)
    pairs = torch.cartesian_prod(torch.arange(7), torch.arange(7)).T
    torch.testing.assert_close(decoder(z, pairs).reshape(7, 7), decoder.block(z, z))


def test_a_reciprocal_pair_of_edges_is_two_edges() -> None:
    data = Graph.from_edges(torch.tensor([[0, 1, 1, 2], [1, 0, 1, 0]]), 3, directed=True)
    assert data.edges.T.tolist() == [[0, 1], [1, 0], [2, 0]]
