"""The order of a list is chosen by validation alone, and its probabilities are honest."""

from dataclasses import replace

import pytest
import torch

import graphvae
from graphvae.nn.decoders import InnerProduct
from graphvae.prediction.missing_links import TopPairs
from graphvae.prediction.ranking import MIN_EDGES, MODEL, Calibration, choose_ranking, score
from graphvae.runs.result import GraphFitResult
from graphvae.splits.edge_split import EdgeSplit
from graphvae.splits.splitting import split_edges
from graphvae_data.graphs.graph import Graph


def circulant(nodes: int, reach: int) -> Graph:
    """Each node is joined to the next few: the pairs left out have the most common neighbours."""
    node = torch.arange(nodes)
    steps = [torch.stack([node, (node + step) % nodes]) for step in range(1, reach + 1)]
    edges = torch.cat(steps, 1).sort(0).values
    return Graph.from_edges(edges, nodes)


@pytest.fixture(scope="module")
def split() -> EdgeSplit:
    generator = torch.Generator().manual_seed(0)
    return split_edges(circulant(120, 6), val_fraction=0.1, test_fraction=0.1, generator=generator)


@pytest.mark.slow
def test_neighbours_order_the_list_where_the_model_knows_nothing(split: EdgeSplit) -> None:
    z = torch.randn(120, 8, generator=torch.Generator().manual_seed(1))
    ranking = choose_ranking(z, InnerProduct(), split, seed=0)
    assert ranking.order in ("neighbours", "combined")
    assert ranking.edges == split.val.size(1)
    assert max(ranking.precision["model"].values()) < ranking.precision["neighbours"][20]


@pytest.mark.slow
def test_the_model_orders_the_list_where_it_knows_all(split: EdgeSplit) -> None:
    whole = torch.cat([split.train, split.val, split.test], 1)
    adjacency = torch.eye(120) * 40
    adjacency[whole[0], whole[1]] = adjacency[whole[1], whole[0]] = 1.0
    values, vectors = torch.linalg.eigh(adjacency)
    ranking = choose_ranking(vectors * values.sqrt(), InnerProduct(), split, seed=0)
    assert ranking.order == "model"
    assert ranking.precision["model"][20] == 1.0


@pytest.mark.slow
def test_test_edges_play_no_part(split: EdgeSplit) -> None:
    z = torch.randn(120, 8, generator=torch.Generator().manual_seed(1))
    names = torch.randperm(split.test.size(1), generator=torch.Generator().manual_seed(2))
    shuffled = replace(split, test=split.test[:, names])
    one, other = (choose_ranking(z, InnerProduct(), each, seed=0) for each in (split, shuffled))
    assert one.precision == other.precision
    assert one.weights == other.weights


def test_counts_of_neighbours_are_never_swapped_by_the_cosine() -> None:
    features = torch.tensor([[0.0, 9.0], [1.0, -1.0], [2.0, 3.0], [0.0, 0.0], [0.0, 0.0]])
    assert score("neighbours", features.unbind(), ()).tolist() == [2.25, 2.75]


def test_probabilities_are_the_share_of_edges_at_a_rank() -> None:
    hit = torch.zeros(1000, dtype=torch.bool)
    hit[:200:2] = True
    scores = torch.linspace(10, 1, 1000)
    calibration = Calibration.of(TopPairs(torch.zeros(2, 1000, dtype=torch.int64), scores), hit)
    found = calibration.probabilities(scores)
    assert sum(p for p in found if p is not None) == pytest.approx(100, rel=0.05)
    assert found == sorted(found, reverse=True)
    assert calibration.probabilities(torch.tensor([0.5, 99.0]))[0] is None
    assert 0 < calibration.probabilities(torch.tensor([99.0]))[0] < 1


def test_few_validation_edges_choose_nothing(karate_run: GraphFitResult) -> None:
    assert karate_run.split.val.size(1) < MIN_EDGES
    assert karate_run.ranking == MODEL
    assert "not a probability" in MODEL.notes[0]


@pytest.mark.slow
def test_the_list_on_cora_does_not_lose_to_common_neighbours(cora: Graph) -> None:
    result = graphvae.fit("cora", epochs=60, baselines=False)
    assert result.ranking.order != "model"
    links = result.predict(20)
    assert all(link.probability is not None and 0 < link.probability < 1 for link in links)
    hubs = [name for link in links for name in (link.source, link.target)]
    assert len(set(hubs)) > 6
