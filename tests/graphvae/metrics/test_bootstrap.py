"""Bootstrap over bins gives the same numbers as over the scores themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphvae.metrics import Auc, AveragePrecision, Hits, Metric, Mrr, PrecisionAtK
from graphvae.metrics.bootstrap import ScoreBins
from graphvae.metrics.intervals import Interval, Resampling, bootstrap_intervals, mean_intervals

tied = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=30).map(np.array)
METRICS = (Auc(), AveragePrecision(), Mrr(), Hits(k=1), PrecisionAtK(k=2))


@pytest.mark.parametrize("metric", METRICS)
@given(positives=tied, negatives=tied)
def test_bins_lose_nothing(metric: Metric, positives: np.ndarray, negatives: np.ndarray) -> None:
    if metric.key == "precision@2":  # among negatives alone a bin has no order, and needs none
        positives = np.append(positives, [9.0, 8.0])
    expected = pytest.approx(metric.score(positives, negatives))
    curve = ScoreBins.of(positives, negatives).curve()
    assert float(metric.of_ranking(curve)) == expected
    above = (negatives > positives[:, None]).sum(1)
    equal = (negatives == positives[:, None]).sum(1)
    everything = ScoreBins.of_all_non_edges(positives, above, equal, len(negatives))
    assert float(metric.of_ranking(everything.curve())) == expected


@given(tied, tied, st.integers(0, 2**31))
def test_a_resample_is_the_ranking_of_the_scores_drawn(
    positives: np.ndarray, negatives: np.ndarray, seed: int
) -> None:
    bins = ScoreBins.of(positives, negatives)
    (drawn,) = bins.resamples(3, np.random.default_rng(seed))
    again = np.random.default_rng(seed)
    picks = [
        again.integers(len(part), size=(3, len(part)), dtype=np.int32)
        for part in (positives, negatives)
    ]
    drawn_scores = zip(*picks, strict=True)
    expected = [Auc().score(positives[p], negatives[n]) for p, n in drawn_scores]
    assert Auc().of_ranking(drawn) == pytest.approx(np.array(expected))


def test_an_interval_narrows_with_the_root_of_the_sample() -> None:
    generator = np.random.default_rng(0)
    widths = []
    for size in (200, 3200):
        scores = generator.normal(1, 1, size), generator.normal(0, 1, size)
        interval = bootstrap_intervals(ScoreBins.of(*scores), METRICS, Resampling(300, 0))["auc"]
        widths.append(interval.high - interval.low)
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.25)


def test_the_interval_of_a_mean_is_the_normal_one() -> None:
    values = np.random.default_rng(0).normal(3, 2, 1000)
    interval = mean_intervals({"mean": values}, Resampling(2000, 0))["mean"]
    half = 1.96 * values.std() / np.sqrt(1000)
    assert interval.low == pytest.approx(values.mean() - half, abs=0.015)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.015)


def test_a_population_is_not_resampled() -> None:
    """One positive against all non-edges: no draw can change anything."""
    bins = ScoreBins.of_all_non_edges(np.array([1.0]), np.array([3]), np.array([1]), 10)
    interval = bootstrap_intervals(bins, [Auc()], Resampling(20, 0))["auc"]
    assert interval.low == interval.high == pytest.approx(0.65)


def auc_interval(positives: np.ndarray, negatives: np.ndarray, resampling: Resampling) -> Interval:
    return bootstrap_intervals(ScoreBins.of(positives, negatives), [Auc()], resampling)["auc"]


@pytest.mark.slow
def test_the_bootstrap_covers_the_truth_about_nineteen_times_in_twenty() -> None:
    """Normal scores one unit apart have AUC Φ(1 / √2) = 0.7602."""
    generator = np.random.default_rng(0)
    inside = 0
    for trial in range(200):
        positives, negatives = generator.normal(1, 1, 80), generator.normal(0, 1, 80)
        interval = auc_interval(positives, negatives, Resampling(200, trial))
        inside += interval.low <= 0.7602 <= interval.high
    assert 0.88 <= inside / 200 <= 0.99


def test_the_bootstrap_repeats_itself() -> None:
    generator = np.random.default_rng(0)
    scores = generator.normal(1, 1, 50), generator.normal(0, 1, 50)
    three, four = Resampling(1000, 3), Resampling(1000, 4)
    assert auc_interval(*scores, three) == auc_interval(*scores, three)
    assert auc_interval(*scores, three) != auc_interval(*scores, four)
