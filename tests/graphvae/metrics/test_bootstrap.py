"""Bootstrap over bins gives the same numbers as over the scores themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphvae.metrics.bootstrap import Binned, mean_intervals, ranking_intervals
from graphvae.metrics.curves import Ranking, rank

tied = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=30).map(np.array)
MEASURES = {
    "auc": Ranking.auc,
    "ap": Ranking.average_precision,
    "mrr": Ranking.mean_reciprocal_rank,
    "hits@1": lambda ranking: ranking.hits_at(1),
    "precision@2": lambda ranking: ranking.precision_at(2),
}


@pytest.mark.parametrize("name", MEASURES)
@given(positives=tied, negatives=tied)
def test_bins_lose_nothing(name: str, positives: np.ndarray, negatives: np.ndarray) -> None:
    if name == "precision@2":  # among negatives alone a bin has no order, and needs none
        positives = np.append(positives, [9.0, 8.0])
    measure = MEASURES[name]
    expected = pytest.approx(float(measure(rank(positives, negatives))))
    assert float(measure(Binned.of(positives, negatives).ranking())) == expected
    above = (negatives > positives[:, None]).sum(1)
    equal = (negatives == positives[:, None]).sum(1)
    population = Binned.population(positives, above, equal, len(negatives))
    assert float(measure(population.ranking())) == expected


@given(tied, tied, st.integers(0, 2**31))
def test_a_resample_is_the_ranking_of_the_scores_drawn(
    positives: np.ndarray, negatives: np.ndarray, seed: int
) -> None:
    binned = Binned.of(positives, negatives)
    (drawn,) = binned.resamples(3, np.random.default_rng(seed))
    again = np.random.default_rng(seed)
    picks = [
        again.integers(len(part), size=(3, len(part)), dtype=np.int32)
        for part in (positives, negatives)
    ]
    expected = [float(rank(positives[p], negatives[n]).auc()) for p, n in zip(*picks, strict=True)]
    assert drawn.auc() == pytest.approx(np.array(expected))


def test_an_interval_narrows_with_the_root_of_the_sample() -> None:
    generator = np.random.default_rng(0)
    widths = []
    for size in (200, 3200):
        scores = generator.normal(1, 1, size), generator.normal(0, 1, size)
        interval = ranking_intervals(Binned.of(*scores), MEASURES, resamples=300)["auc"]
        widths.append(interval.high - interval.low)
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.25)


def test_the_interval_of_a_mean_is_the_normal_one() -> None:
    values = np.random.default_rng(0).normal(3, 2, 1000)
    interval = mean_intervals({"mean": values}, resamples=2000)["mean"]
    half = 1.96 * values.std() / np.sqrt(1000)
    assert interval.low == pytest.approx(values.mean() - half, abs=0.015)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.015)


def test_a_population_is_not_resampled() -> None:
    """One positive against all non-edges: no draw can change anything."""
    binned = Binned.population(np.array([1.0]), np.array([3]), np.array([1]), 10)
    interval = ranking_intervals(binned, {"auc": Ranking.auc}, resamples=20)["auc"]
    assert interval.low == interval.high == pytest.approx(0.65)
