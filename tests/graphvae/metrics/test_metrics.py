"""Metrics against scikit-learn, with and without ties, and by brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from graphvae.metrics.metrics import (
    auc,
    average_precision,
    bootstrap,
    hits_at,
    mean_reciprocal_rank,
    rank,
    ranks,
)
from graphvae_data.core.errors import InputError

tied = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=30).map(np.array)
spread = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30).map(np.array)


@pytest.mark.parametrize("scores", [tied, spread])
def test_auc_and_ap_are_those_of_scikit_learn(scores: st.SearchStrategy[np.ndarray]) -> None:
    @given(scores, scores)
    def check(positives: np.ndarray, negatives: np.ndarray) -> None:
        labels = np.repeat([1, 0], [len(positives), len(negatives)])
        joined = np.concatenate([positives, negatives])
        assert auc(positives, negatives) == pytest.approx(roc_auc_score(labels, joined))
        expected = average_precision_score(labels, joined)
        assert average_precision(positives, negatives) == pytest.approx(expected)

    check()


@given(tied, tied, st.integers(0, 2**31))
def test_weights_count_like_repeated_scores(
    positives: np.ndarray, negatives: np.ndarray, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    times_p = generator.integers(0, 3, len(positives))
    times_n = generator.integers(0, 3, len(negatives))
    times_p[0] = times_n[0] = 1
    weighted = rank(positives, negatives, np.concatenate([times_p, times_n])[None].astype(float))
    repeated = np.repeat(positives, times_p), np.repeat(negatives, times_n)
    assert weighted.auc()[0] == pytest.approx(auc(*repeated))
    assert weighted.average_precision()[0] == pytest.approx(average_precision(*repeated))


@given(tied, tied)
def test_ranks_average_ties(positives: np.ndarray, negatives: np.ndarray) -> None:
    expected = [
        1 + sum(n > p for n in negatives) + sum(n == p for n in negatives) / 2 for p in positives
    ]
    assert ranks(positives, negatives) == pytest.approx(expected)
    reciprocal = np.mean([1 / r for r in expected])
    assert mean_reciprocal_rank(positives, negatives) == pytest.approx(reciprocal)


@given(tied, tied, st.integers(1, 30))
def test_hits_count_positives_above_the_kth_negative(
    positives: np.ndarray, negatives: np.ndarray, k: int
) -> None:
    if k > len(negatives):
        with pytest.raises(InputError, match="hits@k"):
            hits_at(k, positives, negatives)
        return
    bar = sorted(negatives, reverse=True)[k - 1]
    assert hits_at(k, positives, negatives) == np.mean([p > bar for p in positives])


def test_a_constant_score_is_chance() -> None:
    positives, negatives = np.zeros(10), np.zeros(30)
    assert auc(positives, negatives) == 0.5
    assert average_precision(positives, negatives) == 0.25


def test_the_bootstrap_covers_the_truth_about_nineteen_times_in_twenty() -> None:
    """Normal scores one unit apart have AUC Φ(1 / √2) = 0.7602."""
    generator = np.random.default_rng(0)
    inside = 0
    for trial in range(200):
        positives, negatives = generator.normal(1, 1, 80), generator.normal(0, 1, 80)
        interval, _ = bootstrap(positives, negatives, resamples=200, seed=trial)
        inside += interval.low <= 0.7602 <= interval.high
    assert 0.88 <= inside / 200 <= 0.99


def test_the_bootstrap_repeats_itself() -> None:
    generator = np.random.default_rng(0)
    scores = generator.normal(1, 1, 50), generator.normal(0, 1, 50)
    assert bootstrap(*scores, seed=3) == bootstrap(*scores, seed=3)
    assert bootstrap(*scores, seed=3) != bootstrap(*scores, seed=4)


@pytest.mark.parametrize("bad", [np.array([]), np.array([np.nan]), np.array([np.inf])])
def test_nothing_and_nan_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(InputError, match="expected"):
        auc(bad, np.array([0.0]))
