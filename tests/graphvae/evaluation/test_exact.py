"""Evaluation against all non-edges: computed in blocks, compared with brute force."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphvae.evaluation import exact
from graphvae.evaluation.exact import against_all, source_ranks
from graphvae.evaluation.negative_sets import known_edges
from graphvae.evaluation.scorers import ModelScorer
from graphvae.metrics import (
    Auc,
    AucAp,
    AveragePrecision,
    Hits,
    MeanAveragePrecision,
    Metric,
    Mrr,
    PrecisionAtK,
)
from graphvae.nn.decoders import InnerProduct
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from tests.graphvae.graphs import random_graphs, split_of


def whole_numbers(num_nodes: int, seed: int) -> ModelScorer:
    """Scores with many ties, and the same bits in whatever order they are summed."""
    generator = torch.Generator().manual_seed(seed)
    z = torch.randint(-2, 3, (num_nodes, 3), generator=generator).float()
    return ModelScorer(z, InnerProduct())


def non_edges(data: Graph, known: torch.Tensor) -> torch.Tensor:
    free = torch.ones(data.num_nodes, data.num_nodes, dtype=torch.bool).triu(1)
    free[tuple(known)] = False
    return free.nonzero().T


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 5, 1000])
def test_all_non_edges_are_those_of_brute_force(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    @settings(max_examples=25, deadline=None)
    @given(random_graphs(), st.integers(0, 1000))
    def run(data: Graph, seed: int) -> None:
        monkeypatch.setattr(exact, "BLOCK_ENTRIES", rows * data.num_nodes)
        split = split_of(data, seed)
        scorer = whole_numbers(data.num_nodes, seed)
        known = known_edges(split)
        found = against_all(scorer, split.test, known, data.num_nodes)
        negatives = non_edges(data, known)
        assert found.total == negatives.size(1)
        both = scorer(split.test), scorer(negatives)
        curve = found.bins().curve()
        metrics: list[Metric] = [Auc(), AveragePrecision(), AucAp(), Mrr()]
        for k in {1, min(20, found.total)}:
            metrics += [Hits(k=k), PrecisionAtK(k=k)]
        for metric in metrics:
            assert float(metric.of_ranking(curve)) == pytest.approx(metric.score(*both))

    run()


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(random_graphs(), st.integers(0, 1000))
def test_a_sources_neighbours_are_ranked_among_its_non_neighbours(data: Graph, seed: int) -> None:
    split = split_of(data, seed)
    scorer, n = whole_numbers(data.num_nodes, seed), data.num_nodes
    known = known_edges(split)
    free = ~torch.eye(n, dtype=torch.bool)
    free[known[0], known[1]] = free[known[1], known[0]] = False
    ranks = source_ranks(scorer, split.test, known, n)
    by_source: dict[int, list[int]] = {}
    for u, v in split.test.T.tolist():
        by_source.setdefault(u, []).append(v)
        by_source.setdefault(v, []).append(u)
    scores = (scorer.z @ scorer.z.T).double().numpy()
    expected = [
        (scores[s, by_source[s]], scores[s, free[s].numpy()])
        for s in sorted(by_source)
        if free[s].any()
    ]
    if len(expected) < len(by_source):
        return  # a node joined to all others has no list
    assert MeanAveragePrecision().of_sources(ranks) == pytest.approx(
        [AveragePrecision().score(*pair) for pair in expected]
    )
    assert Mrr(per_source=True).of_sources(ranks) == pytest.approx(
        [Mrr().score(*pair) for pair in expected]
    )
    assert ranks.candidates.min() == min(len(pair[1]) for pair in expected)


def test_a_plain_function_is_asked_for_rows_pair_by_pair(karate: Graph) -> None:
    split, scorer = split_of(karate), whole_numbers(34, 0)
    known = known_edges(split)
    rows = against_all(scorer, split.test, known, 34)
    pairs = against_all(lambda wanted: scorer(wanted), split.test, known, 34)
    assert (rows.above == pairs.above).all()
    assert (rows.equal == pairs.equal).all()


def test_a_score_that_is_no_number_is_refused(karate: Graph) -> None:
    split = split_of(karate)
    broken = ModelScorer(torch.full((34, 2), torch.nan), InnerProduct())
    with pytest.raises(InputError, match="finite"):
        against_all(broken, split.test, known_edges(split), 34)


def test_every_pair_lies_in_one_block_whatever_the_size() -> None:
    """An empty model ties everything: all non-edges are equal to every positive."""
    data = Graph.from_edges(torch.stack([torch.arange(8), torch.arange(1, 9)]), 9)
    split = split_of(data)
    found = against_all(
        ModelScorer(torch.zeros(9, 2), InnerProduct()), split.test, known_edges(split), 9
    )
    assert (found.above == 0).all()
    assert (found.equal == found.total).all()
    assert found.total == 36 - 8
    assert Auc().of_ranking(found.bins().curve()) == 0.5
