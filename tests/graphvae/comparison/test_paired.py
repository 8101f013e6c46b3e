"""Paired tests against SciPy and the plain metrics; the bootstrap interval has its coverage."""

import numpy as np
import pytest
import scipy.stats

from graphvae.comparison.paired import (
    bootstrap_deviation,
    paired_bootstrap,
    paired_t,
    resampled,
)
from graphvae.evaluation.protocols import SharedNegatives
from graphvae.metrics import Auc, AveragePrecision, Hits, Metric, Mrr

ONE = [0.91, 0.93, 0.90, 0.95, 0.92, 0.94, 0.97]
OTHER = [0.90, 0.91, 0.91, 0.92, 0.88, 0.93, 0.90]
METRICS = (Auc(), AveragePrecision(), Mrr(), Hits(k=5))


def test_the_t_test_is_scipys() -> None:
    found, known = paired_t(ONE, OTHER), scipy.stats.ttest_rel(ONE, OTHER)
    interval = known.confidence_interval(0.95)
    assert found.p == pytest.approx(known.pvalue)
    assert (found.interval.low, found.interval.high) == pytest.approx((interval.low, interval.high))
    assert found.mean == pytest.approx(np.mean(ONE) - np.mean(OTHER))
    assert found.p_wilcoxon == pytest.approx(scipy.stats.wilcoxon(ONE, OTHER).pvalue)


def test_the_other_way_round_is_the_negative() -> None:
    found, back = paired_t(ONE, OTHER), paired_t(OTHER, ONE)
    assert back.mean == -found.mean
    assert back.interval.low == pytest.approx(-found.interval.high)
    assert back.p == pytest.approx(found.p)


def test_wilcoxon_waits_for_six_pairs() -> None:
    assert paired_t(ONE[:5], OTHER[:5]).p_wilcoxon is None
    assert paired_t(ONE[:6], OTHER[:6]).p_wilcoxon is not None


def test_equal_scores_differ_by_nothing() -> None:
    found = paired_t(ONE, ONE)
    assert (found.mean, found.interval.low, found.interval.high) == (0, 0, 0)
    assert (found.p, found.p_wilcoxon) == (1, 1)


def test_a_difference_that_never_varies_is_certain() -> None:
    found = paired_t([0.75, 0.5, 0.25], [0.5, 0.25, 0.0])
    assert (found.mean, found.interval.low, found.p) == (0.25, 0.25, 0)


def scores(shift: float, seed: int, size: int = 60) -> SharedNegatives:
    """Scores with ties in them."""
    generator = np.random.default_rng(seed)
    positives = generator.normal(shift, 1, size).round(1)
    return SharedNegatives(positives, generator.normal(0, 1, size + 7).round(1))


def test_pairs_that_count_once_give_the_plain_metrics() -> None:
    held = scores(0.7, 0)
    ones = np.ones((1, held.positives)), np.ones((1, held.negatives))
    for metric in METRICS:
        plain = metric.score(held.positive_scores, held.negative_scores)
        assert resampled(metric, held, *ones)[0] == pytest.approx(plain)


@pytest.mark.parametrize("metric", METRICS)
def test_a_count_is_a_repetition(metric: Metric) -> None:
    held, generator = scores(0.7, 1), np.random.default_rng(2)
    counts = [generator.integers(0, 4, size) for size in (held.positives, held.negatives)]
    repeated = SharedNegatives(
        np.repeat(held.positive_scores, counts[0]), np.repeat(held.negative_scores, counts[1])
    )
    ones = np.ones((1, repeated.positives)), np.ones((1, repeated.negatives))
    weighted = resampled(metric, held, *(count[None].astype(float) for count in counts))
    assert weighted[0] == pytest.approx(resampled(metric, repeated, *ones)[0])


@pytest.mark.parametrize("metric", METRICS)
def test_the_bootstrap_tells_models_apart_and_a_model_from_itself_not(metric: Metric) -> None:
    bad, good = scores(0.2, 3), scores(2.5, 3)
    same, better = paired_bootstrap(metric, bad, bad), paired_bootstrap(metric, good, bad)
    assert (same.mean, same.interval.low, same.interval.high, same.p) == (0, 0, 0, 1)
    assert better.interval.low > 0
    assert better.p < 0.01


def test_pairing_makes_the_interval_narrow() -> None:
    """Two models that nearly agree differ by far less than either's own spread."""
    one = scores(1.0, 5)
    other = SharedNegatives(one.positive_scores + 0.05, one.negative_scores)
    found = paired_bootstrap(Auc(), other, one)
    assert found.interval.high - found.interval.low < bootstrap_deviation(Auc(), one)


def test_the_deviation_is_that_of_the_theory() -> None:
    """Hanley & McNeil 1982: the variance of an AUC from n positives and m negatives."""
    one = scores(1.0, 6, size=400)
    p, n = one.positives, one.negatives
    a = Auc().score(one.positive_scores, one.negative_scores)
    q1, q2 = a / (2 - a), 2 * a**2 / (1 + a)
    variance = (a * (1 - a) + (p - 1) * (q1 - a**2) + (n - 1) * (q2 - a**2)) / (p * n)
    assert bootstrap_deviation(Auc(), one) == pytest.approx(variance**0.5, rel=0.1)
