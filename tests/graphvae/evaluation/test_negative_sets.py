"""Negative sets: no edges among them, the right number, the right distribution."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphvae.baselines.hard_partners import ranks_of_rows
from graphvae.baselines.heuristics import HEURISTICS
from graphvae.baselines.proximity import ProximityGraph, pagerank_rows
from graphvae.evaluation.evaluator import make_negatives
from graphvae.evaluation.heart import heart
from graphvae.evaluation.negative_sets import NegativeSet, degree, known_edges, uniform
from graphvae.metrics import Auc
from graphvae.specs.evaluation import NEGATIVES
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from tests.graphvae.graphs import random_graphs, split_of


def check(made: NegativeSet, split: EdgeSplit) -> None:
    edges = {frozenset(pair) for pair in known_edges(split).T.tolist()}
    pairs = [frozenset(pair) for pair in made.pairs.T.tolist()]
    assert all(len(pair) == 2 and pair not in edges for pair in pairs)
    if made.per_positive:
        assert len(pairs) == split.test.size(1) * made.per_positive
    elif made.kind != "all":
        assert len(set(pairs)) == len(pairs) == split.test.size(1)


@pytest.mark.parametrize("kind", NEGATIVES)
def test_no_negative_is_an_edge_in_either_direction(kind: str) -> None:
    @settings(max_examples=25, deadline=None)
    @given(random_graphs(min_nodes=12), st.integers(0, 1000))
    def run(data: Graph, seed: int) -> None:
        split = split_of(data, seed)
        check(make_negatives(kind, split, data, seed=seed, per_positive=7), split)

    run()


def test_the_same_seed_gives_the_same_negatives(karate: Graph) -> None:
    split = split_of(karate)
    for kind in ("degree", "heart"):
        one, again, other = (
            make_negatives(kind, split, karate, seed=seed, per_positive=6).pairs
            for seed in (3, 3, 4)
        )
        assert torch.equal(one, again)
        assert not torch.equal(one, other)


def test_an_unknown_kind_is_refused(karate: Graph) -> None:
    with pytest.raises(InputError, match="did you mean uniform"):
        make_negatives("uniformly", split_of(karate), karate)


@pytest.mark.slow
def test_degree_negatives_are_drawn_in_proportion_to_both_degrees(
    karate: Graph, generator: torch.Generator
) -> None:
    """A single draw is (u, v) with probability ∝ d_u d_v over the non-edges."""
    split = split_of(karate, test=0.02)  # one test edge, so one negative a draw
    degrees = torch.bincount(known_edges(split).flatten(), minlength=34)
    drawn = torch.cat([degree(split, generator).pairs for _ in range(3000)], 1)
    weights = torch.outer(degrees, degrees).triu(1)
    weights[tuple(known_edges(split))] = 0
    counts = torch.zeros(34, 34).index_put_(tuple(drawn), torch.ones(3000), accumulate=True)
    observed, expected = counts[weights > 0].numpy(), weights[weights > 0].numpy()
    assert counts[weights == 0].sum() == 0
    expected = expected / expected.sum() * 3000
    assert scipy.stats.chisquare(observed, expected).pvalue > 1e-4


def test_degrees_alone_tell_nothing_from_degree_negatives(cora: Graph) -> None:
    """Preferential attachment by whole-graph degrees: well above ½ on uniform, about ½ on these."""
    split = split_of(cora)
    graph = ProximityGraph.of(known_edges(split), split.num_nodes)
    attach = HEURISTICS["preferential attachment"]
    scores = [
        attach.pairs(graph, pairs.numpy())
        for pairs in (
            split.test,
            uniform(split).pairs,
            degree(split, torch.Generator().manual_seed(0)).pairs,
        )
    ]
    assert Auc().score(scores[0], scores[1]) > 0.7
    assert abs(Auc().score(scores[0], scores[2]) - 0.5) < 0.05


def test_too_few_non_edges_between_nodes_with_edges_is_said() -> None:
    """A complete graph of five and three nodes apart: every non-edge has an end of degree 0."""
    edges = torch.combinations(torch.arange(5)).T
    data = Graph.from_edges(edges, 8)
    with pytest.raises(InputError, match="expected 2 non-edges between nodes with edges, got 0"):
        degree(split_of(data), torch.Generator().manual_seed(0))


def test_heart_corrupts_each_end_in_half_of_the_negatives(karate: Graph) -> None:
    split = split_of(karate)
    made = heart(split, karate, torch.Generator().manual_seed(0), k=9)
    pairs = made.pairs.reshape(2, -1, 9)
    assert torch.equal(pairs[0, :, :5], split.test[0][:, None].expand(-1, 5))
    assert torch.equal(pairs[1, :, 5:], split.test[1][:, None].expand(-1, 4))
    for own in made.pairs.reshape(2, -1, 9).permute(1, 0, 2):
        assert len({tuple(pair) for pair in own[:, :5].T.tolist()}) == 5


def test_heart_takes_the_candidates_of_lowest_mean_rank(karate: Graph) -> None:
    """By hand, over resource allocation, PageRank and cosine similarity."""
    split = split_of(karate)
    x = torch.randint(0, 2, (34, 6), generator=torch.Generator().manual_seed(1)).float()
    data = replace(karate, features=x)
    made = heart(split, data, torch.Generator().manual_seed(0), k=8)
    graph = ProximityGraph.of(split.train, 34)
    unit = x.double() / x.double().norm(dim=1, keepdim=True).clamp(min=1e-300)
    known = known_edges(split)
    for column, (u, v) in enumerate(split.test.T.tolist()):
        for end, places, row in ((u, slice(0, 4), 1), (v, slice(4, 8), 0)):
            others = {*known[1][known[0] == end].tolist(), *known[0][known[1] == end].tolist()}
            allowed = np.array([w for w in range(34) if w != end and w not in others])
            scores = [
                HEURISTICS["resource allocation"].rows(graph, np.array([end]))[0],
                pagerank_rows(graph, np.array([end]))[0],
                (unit @ unit[end]).numpy(),
            ]
            ranks = np.zeros(len(allowed))
            for score in scores:
                own = score[allowed]
                # the worst rank of a tie, but for the first; zeros come after all others
                worst = np.array([((own >= s) & (own < own.max())).sum() + 1 for s in own])
                worst[own <= 1e-15] = worst[own > 1e-15].max(initial=0) + 1
                ranks += worst
            taken = made.pairs.reshape(2, -1, 8)[row, column, places]
            cost = {int(w): r for w, r in zip(allowed, ranks, strict=True)}
            found = sorted(cost[w] for w in taken.tolist())
            assert found == sorted(ranks)[:4]


def test_ranks_of_a_row_are_those_of_the_papers_code() -> None:
    from scipy.stats import rankdata

    row = np.array([0.3, 0.0, 0.3, 0.9, -1.0, 0.1, 0.9])
    positive = rankdata(row[row > 0], method="min")
    expected = np.full(7, positive.max() - positive.min() + 2.0)
    expected[row > 0] = positive.max() - positive + 1
    assert ranks_of_rows(row[None])[0] == pytest.approx(expected)


def test_heart_takes_no_more_than_every_end_has(karate: Graph) -> None:
    split = split_of(karate)
    made = heart(split, karate, torch.Generator().manual_seed(0), k=100)
    assert made.note.startswith(f"100 per positive lowered to {made.per_positive}, the most that")
    assert 2 <= made.per_positive < 100
    by_positive = made.pairs.unflatten(1, (-1, made.per_positive))
    for pairs in by_positive.unbind(1):
        assert len({frozenset(pair) for pair in pairs.T.tolist()}) == made.per_positive
    check(made, split)
    with pytest.raises(InputError, match="at least 2"):
        heart(split, karate, torch.Generator().manual_seed(0), k=1)


def test_heart_prefers_scored_candidates_to_the_rest() -> None:
    """Two components: the other one is drawn from only when the end's own is used up."""
    ring = [(i, (i + 1) % 10) for i in range(10)]
    index = torch.tensor(ring + [(u + 10, v + 10) for u, v in ring]).T
    data = Graph.from_edges(index, 20)
    train, test = index[:, [*range(1, 10), *range(11, 20)]], index[:, [0]]
    empty = torch.empty(2, 0, dtype=torch.int64)
    split = EdgeSplit(20, "", train, index[:, [10]], test, empty, empty)
    near = heart(split, data, torch.Generator().manual_seed(0), k=14)
    assert near.note == ""
    assert int(near.pairs.max()) < 10
    far = heart(split, data, torch.Generator().manual_seed(0), k=20)
    assert far.note.startswith("6 of 20 are drawn uniformly")
