"""Ranks against OGB's evaluator and PyG's metrics, and the cases in which those are wrong."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from ogb.linkproppred import Evaluator
from torch_geometric.metrics import LinkPredDiversity, LinkPredMAP, LinkPredMRR, LinkPredPrecision

from graphvae.metrics import (
    Auc,
    AveragePrecision,
    Hits,
    MeanAveragePrecision,
    Metric,
    Mrr,
    PrecisionAtK,
)
from graphvae.metrics.ranks import GroupedRanks, SourceRanks
from graphvae_data.core.errors import InputError

tied = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=30).map(np.array)


def ogb_evaluator(dataset: str) -> Evaluator:
    """Made offline: only the name's metric is looked up, in a file of the package."""
    return Evaluator(name=dataset)


def ogb_hits(positives: np.ndarray, negatives: np.ndarray) -> float:
    found = ogb_evaluator("ogbl-ddi").eval(
        {"y_pred_pos": torch.from_numpy(positives), "y_pred_neg": torch.from_numpy(negatives)}
    )
    return float(found["hits@20"])


def ogb_mrr(positives: torch.Tensor, negatives: torch.Tensor) -> dict[str, torch.Tensor]:
    scores = {"y_pred_pos": positives, "y_pred_neg": negatives}
    return dict(ogb_evaluator("ogbl-citation2").eval(scores))


@given(st.integers(0, 2**31), st.booleans())
def test_hits_are_ogbs_with_and_without_ties(seed: int, ties: bool) -> None:
    generator = np.random.default_rng(seed)
    positives, negatives = generator.normal(1, 1, 40), generator.normal(0, 1, 60)
    if ties:
        positives, negatives = positives.round(), negatives.round()
    assert Hits(k=20).score(positives, negatives) == pytest.approx(ogb_hits(positives, negatives))


def test_ogb_calls_it_perfect_when_there_are_fewer_than_k_negatives() -> None:
    positives, negatives = np.zeros(5), np.ones(19)
    assert ogb_hits(positives, negatives) == 1.0  # every positive is below every negative
    with pytest.raises(InputError, match="hits@20: expected at least 20 negatives, got 19"):
        Hits(k=20).score(positives, negatives)


@given(st.integers(0, 2**31), st.booleans())
def test_grouped_mrr_is_ogbs_on_tensors(seed: int, ties: bool) -> None:
    generator = np.random.default_rng(seed)
    positives, negatives = generator.normal(1, 1, 20), generator.normal(0, 1, (20, 30))
    if ties:
        positives, negatives = positives.round(), negatives.round()
    expected = ogb_mrr(torch.from_numpy(positives), torch.from_numpy(negatives))
    own = positives, negatives.ravel(), negatives.shape[1]
    assert Mrr().score(*own) == pytest.approx(float(expected["mrr_list"].mean()), rel=1e-6)
    if not ties:
        assert Hits(k=10).score(*own) == pytest.approx(float(expected["hits@10_list"].mean()))


def test_ogbs_mrr_fails_on_arrays() -> None:
    scores = {"y_pred_pos": np.zeros(3), "y_pred_neg": np.ones((3, 4))}
    with pytest.raises(TypeError, match="dim"):
        ogb_evaluator("ogbl-citation2").eval(scores)


def test_ogbs_hits_beside_mrr_count_a_positive_that_ties_with_all_its_negatives() -> None:
    positives, negatives = torch.zeros(2), torch.zeros(2, 18)
    assert ogb_mrr(positives, negatives)["hits@10_list"].tolist() == [1, 1]
    assert Hits(k=10).score(positives.numpy(), negatives.numpy().ravel(), 18) == 0


@given(tied, st.integers(1, 6), st.integers(0, 2**31))
def test_a_group_ranks_each_positive_among_its_own(
    positives: np.ndarray, k: int, seed: int
) -> None:
    negatives = np.random.default_rng(seed).integers(-3, 4, (len(positives), k)).astype(float)
    grouped = GroupedRanks.of(positives, negatives)
    metrics: list[Metric] = [Auc(), AveragePrecision(), Mrr(), Hits(k=k)]
    for metric in metrics:
        alone = [metric.score(positives[i : i + 1], negatives[i]) for i in range(len(positives))]
        assert metric.of_groups(grouped) == pytest.approx(alone)


@given(tied, tied, st.integers(1, 60), st.integers(0, 2**31))
def test_precision_at_k_is_the_mean_over_random_orders_of_ties(
    positives: np.ndarray, negatives: np.ndarray, k: int, seed: int
) -> None:
    total = len(positives) + len(negatives)
    if k > total:
        with pytest.raises(InputError, match=f"precision@{k}"):
            PrecisionAtK(k=k).score(positives, negatives)
        return
    scores = np.concatenate([positives, negatives])
    bar = np.sort(scores)[-k]
    sure, level = (positives > bar).sum(), (scores == bar).sum()
    room = k - (scores > bar).sum()
    expected = (sure + (positives == bar).sum() * room / level) / k
    assert PrecisionAtK(k=k).score(positives, negatives) == pytest.approx(expected)


def source_ranks_of(scores: np.ndarray, true: np.ndarray) -> SourceRanks:
    """Rank by hand: `scores` [source, node], `true` [source, node] marks the true neighbours."""
    source, target = true.nonzero()
    own = scores[source, target]
    others = np.where(true, -np.inf, scores)[source]
    above, equal = (others > own[:, None]).sum(1), (others == own[:, None]).sum(1)
    return SourceRanks(source, own, above, equal, (~true).sum(1)[source])


def listed(scores: np.ndarray) -> torch.Tensor:
    return torch.from_numpy((-scores).argsort(1))


@given(st.integers(0, 2**31))
def test_map_per_source_is_pygs_and_mrr_is_where_each_source_has_one_neighbour(seed: int) -> None:
    generator = np.random.default_rng(seed)
    scores, true = generator.normal(size=(5, 12)), generator.random((5, 12)) < 0.3
    true[:, 0] = True
    edges = torch.from_numpy(np.stack(true.nonzero()))
    metric = LinkPredMAP(k=12)
    metric.update(listed(scores), edges)
    ranks = source_ranks_of(scores, true)
    assert MeanAveragePrecision().of_sources(ranks).mean() == pytest.approx(float(metric.compute()))

    single = np.eye(12, dtype=bool)[generator.integers(12, size=5)]
    one, mrr = source_ranks_of(scores, single), LinkPredMRR(k=12)
    mrr.update(listed(scores), torch.from_numpy(np.stack(single.nonzero())))
    assert Mrr(per_source=True).of_sources(one).mean() == pytest.approx(float(mrr.compute()))


@given(st.integers(0, 2**31), st.integers(1, 20))
def test_precision_is_pygs(seed: int, k: int) -> None:
    generator = np.random.default_rng(seed)
    positives, negatives = generator.normal(1, 1, 8), generator.normal(0, 1, 12)
    metric = LinkPredPrecision(k=k)
    edges = torch.stack([torch.zeros(8, dtype=torch.int64), torch.arange(8)])
    metric.update(listed(np.concatenate([positives, negatives])[None])[:, :k], edges)
    assert PrecisionAtK(k=k).score(positives, negatives) == pytest.approx(float(metric.compute()))


def test_pygs_mrr_sees_the_first_true_neighbour_only() -> None:
    scores, true = np.array([[4.0, 3, 2, 1]]), np.array([[True, False, False, True]])
    metric = LinkPredMRR(k=4)
    metric.update(listed(scores), torch.tensor([[0, 0], [0, 3]]))
    assert float(metric.compute()) == 1.0
    own = Mrr(per_source=True).of_sources(source_ranks_of(scores, true))
    assert own == pytest.approx([(1 + 1 / 3) / 2])


def test_pygs_metrics_take_padding_for_a_hit_of_the_row_before() -> None:
    """Row 1 predicts node 3 and nothing else; row 0 is wrong twice: the precision is 0."""
    metric = LinkPredPrecision(k=2)
    metric.update(torch.tensor([[0, 1], [3, -1]]), torch.tensor([[0, 1], [4, 2]]))
    assert float(metric.compute()) == 0.25


def test_pygs_precision_of_a_short_list_and_map_of_a_repeated_neighbour_are_low() -> None:
    precision, mean = LinkPredPrecision(k=10), LinkPredMAP(k=10)
    precision.update(torch.tensor([[0, 1]]), torch.tensor([[0, 0], [0, 1]]))
    mean.update(torch.tensor([[0, 1]]), torch.tensor([[0, 0], [0, 0]]))
    assert float(precision.compute()) == pytest.approx(0.2)  # both of the two are right
    assert float(mean.compute()) == pytest.approx(0.5)  # the one neighbour stands first
    with pytest.raises(InputError, match="precision@10"):
        PrecisionAtK(k=10).score(np.ones(2), np.zeros(2))


def test_pygs_diversity_divides_by_zero() -> None:
    metric = LinkPredDiversity(k=1, category=torch.zeros(3, dtype=torch.int64))
    with pytest.raises(ZeroDivisionError):
        metric.update(torch.tensor([[0]]), torch.tensor([[0], [0]]))
