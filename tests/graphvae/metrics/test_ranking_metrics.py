"""Metrics against scikit-learn, with and without ties, and by brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from graphvae.metrics import Auc, AucAp, AveragePrecision, Hits, Metric, Mrr, find_metric
from graphvae.metrics.ranking_curve import RankingCurve
from graphvae.metrics.ranks import SourceRanks
from graphvae_data.core.errors import InputError

tied = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=30).map(np.array)
spread = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30).map(np.array)


@pytest.mark.parametrize("scores", [tied, spread])
def test_auc_and_ap_are_those_of_scikit_learn(scores: st.SearchStrategy[np.ndarray]) -> None:
    @given(scores, scores)
    def check(positives: np.ndarray, negatives: np.ndarray) -> None:
        labels = np.repeat([1, 0], [len(positives), len(negatives)])
        joined = np.concatenate([positives, negatives])
        assert Auc().score(positives, negatives) == pytest.approx(roc_auc_score(labels, joined))
        expected = average_precision_score(labels, joined)
        assert AveragePrecision().score(positives, negatives) == pytest.approx(expected)

    check()


@given(tied, tied, st.integers(0, 2**31))
def test_weights_count_like_repeated_scores(
    positives: np.ndarray, negatives: np.ndarray, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    times_p = generator.integers(0, 3, len(positives))
    times_n = generator.integers(0, 3, len(negatives))
    times_p[0] = times_n[0] = 1
    counts = np.concatenate([times_p, times_n])[None].astype(float)
    weighted = RankingCurve.of(positives, negatives, counts)
    repeated = np.repeat(positives, times_p), np.repeat(negatives, times_n)
    for metric in (Auc(), AveragePrecision(), AucAp(), Mrr(), Hits(k=1)):
        assert metric.of_ranking(weighted)[0] == pytest.approx(metric.score(*repeated))


@given(tied, tied)
def test_ranks_average_ties(positives: np.ndarray, negatives: np.ndarray) -> None:
    expected = [
        1 + sum(n > p for n in negatives) + sum(n == p for n in negatives) / 2 for p in positives
    ]
    reciprocal = np.mean([1 / r for r in expected])
    assert Mrr().score(positives, negatives) == pytest.approx(reciprocal)


@given(tied, tied, st.integers(1, 30))
def test_hits_count_positives_above_the_kth_negative(
    positives: np.ndarray, negatives: np.ndarray, k: int
) -> None:
    if k > len(negatives):
        with pytest.raises(InputError, match=f"hits@{k}: expected at least {k} negatives"):
            Hits(k=k).score(positives, negatives)
        return
    bar = sorted(negatives, reverse=True)[k - 1]
    assert Hits(k=k).score(positives, negatives) == np.mean([p > bar for p in positives])


def test_a_constant_score_is_chance() -> None:
    positives, negatives = np.zeros(10), np.zeros(30)
    assert Auc().score(positives, negatives) == 0.5
    assert AveragePrecision().score(positives, negatives) == 0.25


@pytest.mark.parametrize("bad", [np.array([]), np.array([np.nan]), np.array([np.inf])])
def test_nothing_and_nan_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(InputError, match="expected"):
        Auc().score(bad, np.array([0.0]))


@pytest.mark.parametrize(
    ("metric", "expected"),
    [(Mrr(), (1 + 1 / 2.5 + 1) / 3), (Hits(k=1), 2 / 3), (Hits(k=2), 2 / 3), (Auc(), 2.25 / 3)],
)
def test_each_positive_is_ranked_among_its_own_negatives(metric: Metric, expected: float) -> None:
    positives = np.array([3.0, 1.0, 2.0])
    own = np.array([[1.0, 2.0], [1.0, 5.0], [0.0, 0.0]])
    assert metric.score(positives, own.ravel(), per_positive=2) == pytest.approx(expected)


def test_a_metric_of_one_ranking_pools_negatives_that_positives_have_for_themselves() -> None:
    positives, negatives = np.array([3.0, 1.0]), np.array([1.0, 2.0, 0.0, 5.0])
    assert AucAp().score(positives, negatives, per_positive=2) == AucAp().score(
        positives, negatives
    )
    with pytest.raises(InputError, match="hits@3: expected at least 3 negatives, got 2"):
        Hits(k=3).score(positives, negatives, per_positive=2)


@given(st.integers(0, 2**31), st.booleans(), st.integers(1, 12))
def test_metrics_of_lists_are_means_over_random_orders_of_ties(
    seed: int, ties: bool, k: int
) -> None:
    """Recall, precision and NDCG per source are those of the list, averaged over orders of ties."""
    generator = np.random.default_rng(seed)
    scores, wanted = generator.normal(size=9), generator.random(9) < 0.4
    wanted[0] = True
    if ties:
        scores = scores.round()
    true, others = scores[wanted], scores[~wanted]
    ranks = SourceRanks(
        np.zeros(len(true), np.int64),
        true,
        (others > true[:, None]).sum(1),
        (others == true[:, None]).sum(1),
        np.full(len(true), len(others)),
    )
    rounds = 400 if ties else 1
    hits, gain, precise = 0.0, 0.0, 0.0
    discount = 1 / np.log2(np.arange(2, 11))
    for _ in range(rounds):
        order = np.lexsort((generator.random(9), -scores))
        listed = wanted[order]
        hits += listed[:k].sum() / rounds
        gain += (listed * discount)[:k].sum() / rounds
        precise += (listed.cumsum() / np.arange(1, 10) * listed)[:k].sum() / rounds
    ideal = discount[: min(k, len(true))].sum()
    tolerance = 0.12 if ties else 1e-12
    found = {
        name: find_metric(f"{name}@{k}-per-source").of_sources(ranks)[0]
        for name in ("recall", "precision", "ndcg", "map")
    }
    assert found["recall"] == pytest.approx(hits / len(true), abs=tolerance)
    assert found["precision"] == pytest.approx(hits / k, abs=tolerance)
    assert found["ndcg"] == pytest.approx(gain / ideal, abs=tolerance)
    if not ties:
        assert found["map"] == pytest.approx(precise / min(k, len(true)))
    whole = find_metric("map-per-source").of_sources(ranks)[0]
    assert find_metric("map@99-per-source").of_sources(ranks)[0] == pytest.approx(whole)
