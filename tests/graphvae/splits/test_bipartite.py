"""In a bipartite graph nothing joins two nodes of one side: splits, losses, ranks, predictions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import graphvae
from graphvae.audit.runs import audit_run
from graphvae.audit.splits import check_sides
from graphvae.evaluation.evaluator import make_negatives
from graphvae.evaluation.exact import against_all, source_ranks
from graphvae.evaluation.negative_sets import known_edges
from graphvae.losses.likelihood import PairLikelihood
from graphvae.losses.weighted import WeightedPairs
from graphvae.nn.decoders import InnerProduct
from graphvae.specs.evaluation import NEGATIVES
from graphvae.splits.edge_split import EdgeSplit
from graphvae.splits.negative_sampling import NonEdgeSampler, sample_non_edges
from graphvae.splits.splitting import split_edges
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.pairs import canonical_pairs

USERS, ITEMS = 30, 20
SIDES = torch.tensor([0, 1, 0, 1, 0] * 10)  # 30 users and 20 items, mixed


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def ratings() -> Graph:
    """Each user has rated about a fifth of the items."""
    users, items = (SIDES == 0).nonzero().flatten(), (SIDES == 1).nonzero().flatten()
    chosen = torch.rand(USERS, ITEMS, generator=generator()) < 0.2
    row, column = chosen.nonzero(as_tuple=True)
    edges = canonical_pairs(torch.stack([users[row], items[column]]), USERS + ITEMS)
    return Graph(num_nodes=USERS + ITEMS, edges=edges, sides=SIDES, name="ratings")


@pytest.fixture(scope="module")
def split(ratings: Graph) -> EdgeSplit:
    return split_edges(ratings, val_fraction=0.1, test_fraction=0.2, generator=generator())


def across(pairs: torch.Tensor) -> bool:
    return bool((SIDES[pairs[0]] != SIDES[pairs[1]]).all())


def test_all_non_edges_across_the_sides_are_drawn_and_no_others(ratings: Graph) -> None:
    sampler = NonEdgeSampler(ratings.edges, ratings.num_nodes, sides=SIDES)
    every = sampler.nth(torch.arange(sampler.total))
    assert sampler.total == USERS * ITEMS - ratings.num_edges
    assert across(every)
    assert (SIDES[every[0]] == 0).all()
    assert (ratings.find_edges(every.sort(0).values) < 0).all()
    assert len(torch.unique(every, dim=1).T) == sampler.total
    distinct = sample_non_edges(
        ratings.edges, ratings.num_nodes, sampler.total, generator(), sides=SIDES
    )
    assert len(torch.unique(distinct, dim=1).T) == sampler.total


def test_partners_are_uniform_non_neighbours_of_the_source(ratings: Graph) -> None:
    for sides in (SIDES, None):
        sampler = NonEdgeSampler(ratings.edges, ratings.num_nodes, sides=sides, by_source=True)
        user = int((SIDES == 0).nonzero()[3])
        drawn = sampler.partners(torch.full((20_000,), user), generator())
        known = ratings.edges[:, (ratings.edges == user).any(0)].unique()
        others = torch.arange(50) if sides is None else (SIDES == 1).nonzero().flatten()
        free = others[~torch.isin(others, known) & (others != user)]
        values, counts = drawn.unique(return_counts=True)
        assert torch.equal(values, free)
        assert counts.min() > 0.8 * 20_000 / len(free)


def test_splits_keep_to_the_sides_and_are_read_back(
    ratings: Graph, split: EdgeSplit, tmp_path: Path
) -> None:
    assert across(split.val_negatives)
    assert across(split.test_negatives)
    split.save(tmp_path / "split.npz")
    again = EdgeSplit.load(tmp_path / "split.npz")
    assert again.fingerprint == split.fingerprint
    assert torch.equal(again.sides, SIDES)
    again.check_graph(ratings)
    assert replace(split, sides=None).fingerprint != split.fingerprint
    with pytest.raises(InputError, match="drawn for other sides"):
        replace(split, sides=None).check_graph(ratings)
    assert check_sides(split).passed
    wrong = replace(split, val_negatives=torch.tensor([[0], [2]]))
    assert check_sides(wrong).detail == "val_negatives has 1 pairs within a side"
    with pytest.raises(InputError, match="val_negatives must join nodes of different sides"):
        wrong.check()


def test_directed_edges_go_from_the_first_side() -> None:
    edges = torch.tensor([[0, 0, 1], [1, 2, 0]])
    graph = Graph(num_nodes=3, edges=edges, directed=True, sides=torch.tensor([0, 1, 1]))
    with pytest.raises(InputError, match="got some in the other direction"):
        split_edges(graph, val_fraction=0.34, test_fraction=0.34, generator=generator())


@pytest.mark.parametrize("kind", NEGATIVES)
def test_negatives_of_every_kind_are_across(kind: str, ratings: Graph, split: EdgeSplit) -> None:
    assert across(make_negatives(kind, split, ratings, per_positive=6).pairs)


def test_losses_over_all_pairs_leave_out_pairs_within_a_side(split: EdgeSplit) -> None:
    z = torch.randn(50, 4, generator=generator()).double()
    users, items = z[SIDES == 0], z[SIDES == 1]
    logits = (users @ items.T).flatten()
    edges = InnerProduct()(z, split.train)
    expected = F.softplus(logits).sum() - edges.sum()
    loss = PairLikelihood(split.train, 50, sides=SIDES)
    assert torch.allclose(loss(z, InnerProduct(), generator()), expected)
    pairs, ones = len(logits), split.train.size(1)
    weight = (pairs - ones) / ones
    labelled = F.softplus(logits).sum() - F.softplus(edges).sum()
    labelled = labelled + weight * F.softplus(-edges).sum()
    paper = WeightedPairs(split.train, 50, sides=SIDES)
    expected = labelled / (2 * (pairs - ones))
    assert torch.allclose(paper(z, InnerProduct(), generator()), expected)


def test_exact_ranks_are_among_pairs_across(split: EdgeSplit) -> None:
    scores = np.random.default_rng(0).normal(size=(50, 50))
    scores = scores + scores.T

    def scorer(pairs: torch.Tensor) -> np.ndarray:
        return scores[pairs[0].numpy(), pairs[1].numpy()]

    known = known_edges(split)
    free = SIDES[:, None].numpy() != SIDES.numpy()
    free[known[0], known[1]] = free[known[1], known[0]] = False
    one_way = np.triu(free)
    ranks = against_all(scorer, split.test, known, 50, sides=SIDES)
    assert ranks.total == one_way.sum() == USERS * ITEMS - known.size(1)
    assert ranks.above.tolist() == [(scores[one_way] > s).sum() for s in scorer(split.test)]
    by_user = source_ranks(scorer, split.test, known, 50, sides=SIDES)
    assert (SIDES[torch.from_numpy(by_user.sources)] == 0).all()
    assert by_user.candidates.tolist() == free[by_user.sources].sum(1).tolist()
    above = [
        (scores[user][free[user]] > score).sum()
        for user, score in zip(by_user.sources, by_user.scores, strict=True)
    ]
    assert by_user.above.tolist() == above


@pytest.mark.parametrize(
    "loss", [*(pytest.param(loss, marks=pytest.mark.slow) for loss in ("paper", "elbo")), "sampled"]
)
def test_a_fit_recommends_items_to_users(ratings: Graph, loss: str, tmp_path: Path) -> None:
    result = graphvae.fit(
        ratings, "gae", loss=loss, epochs=5, latent=4, out=tmp_path / "run", device="cpu"
    )
    side = dict(zip(result.node_names, SIDES.tolist(), strict=True))
    assert {side[link.source] + side[link.target] for link in result.predict(50)} == {1}
    user = result.node_names[0]
    assert {side[link.target] for link in result.predict(5, [user])} == {1}
    test = result.metrics["test"]
    for name in ("recall@20", "ndcg@20", "map@20", "precision@20"):
        assert 0 <= test[f"{name}-per-source"] <= 1
    assert audit_run(tmp_path / "run").passed
    assert result.evaluate().to_dict()["test"] == test
