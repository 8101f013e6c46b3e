"""Intervals of large samples: as wide as the bootstrap's, and right about the truth."""

from statistics import NormalDist

import numpy as np
import pytest

from graphvae.evaluation.exact import AgainstAll
from graphvae.evaluation.protocols import AllNonEdges, OwnNegatives, SharedNegatives
from graphvae.metrics import (
    Auc,
    AucAp,
    AveragePrecision,
    Hits,
    Metric,
    Mrr,
    PrecisionAtK,
    interval_methods,
)
from graphvae.metrics.bootstrap import ScoreBins
from graphvae.metrics.intervals import (
    LARGE,
    MIN_CLOSED_FORM,
    RESOLUTION,
    Interval,
    Resampling,
    bootstrap_intervals,
    coarsened,
    large_sample_intervals,
    standard_error,
)
from graphvae.metrics.ranking_curve import RankingCurve
from graphvae.metrics.ranks import GroupedRanks
from graphvae.metrics.scores import Scores

RESAMPLING = Resampling(1000, 0)
METRICS = (Auc(), AveragePrecision(), AucAp(), Mrr(), Hits(k=20), Hits(k=300), PrecisionAtK(k=200))


def normal_scores(positives: int, negatives: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose AUC is known: Φ(1 / √2); some are equal."""
    generator = np.random.default_rng(seed)
    ends = generator.normal(1, 1, positives), generator.normal(0, 1, negatives)
    return ends[0].round(3), ends[1].round(3)


def width(interval: Interval) -> float:
    return interval.high - interval.low


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(3000, 3000), (1500, 6000)])
def test_both_ways_agree_in_width_on_a_medium_part(sizes: tuple[int, int]) -> None:
    scores = normal_scores(*sizes)
    curve = RankingCurve.of(*scores)
    full = bootstrap_intervals(ScoreBins.of(*scores), METRICS, RESAMPLING)
    cheap = large_sample_intervals(curve, METRICS, RESAMPLING, negatives_sampled=True)
    for metric in METRICS:
        one, other = full[metric.key], cheap[metric.key]
        assert width(other) == pytest.approx(width(one), rel=0.15), metric.key
        assert other.low == pytest.approx(one.low, abs=0.2 * width(one)), metric.key
        assert other.high == pytest.approx(one.high, abs=0.2 * width(one)), metric.key
    assert [cheap[m.key].method for m in METRICS] == [
        *("DeLong", "delta method", "delta method"),
        *["grouped bootstrap"] * 4,
    ]


@pytest.mark.slow
def test_both_ways_agree_where_the_non_edges_are_no_sample() -> None:
    positives, negatives = normal_scores(3000, 2000)
    above = (negatives > positives[:, None]).sum(1)
    equal = (negatives == positives[:, None]).sum(1)
    bins = ScoreBins.of_all_non_edges(positives, above, equal, len(negatives))
    full = bootstrap_intervals(bins, METRICS, RESAMPLING)
    cheap = large_sample_intervals(bins.curve(), METRICS, RESAMPLING, negatives_sampled=False)
    for key, interval in full.items():
        assert width(cheap[key]) == pytest.approx(width(interval), rel=0.15), key


@pytest.mark.parametrize("metric", [Auc(), AveragePrecision(), AucAp()])
def test_an_influence_is_the_derivative_by_a_groups_share(metric: Metric) -> None:
    single = RankingCurve.of(*normal_scores(60, 50, seed=3))
    curve = RankingCurve(100 * single.true_positives, 100 * single.false_positives)
    influences = metric.influences(curve)
    assert influences is not None
    counts, step = (curve.positives, curve.negatives), 1e-6
    for kind in (0, 1):
        total = counts[kind].sum()
        assert (counts[kind] * influences[kind]).sum() == pytest.approx(0, abs=1e-9)
        for group in np.flatnonzero(counts[kind])[::7]:
            moved = [part.copy() for part in counts]
            moved[kind] *= 1 - step
            moved[kind][group] += step * total
            other = RankingCurve(np.cumsum(moved[0]), np.cumsum(moved[1]))
            slope = (metric.of_ranking(other) - metric.of_ranking(curve)) / step
            assert influences[kind][group] == pytest.approx(float(slope), abs=1e-4)


def test_delongs_variance_is_the_textbooks() -> None:
    """DeLong et al. 1988: variances of the placements, each over its number of scores."""
    positives, negatives = normal_scores(1200, 1100)
    beats = (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)
    variance = beats.mean(1).var(ddof=1) / 1200 + beats.mean(0).var(ddof=1) / 1100
    error = standard_error(Auc(), RankingCurve.of(positives, negatives))
    assert error == pytest.approx(variance**0.5)


@pytest.mark.slow
def test_delongs_interval_covers_the_truth_about_nineteen_times_in_twenty() -> None:
    truth = NormalDist().cdf(0.5**0.5)
    inside = 0
    for trial in range(200):
        curve = RankingCurve.of(*normal_scores(MIN_CLOSED_FORM, MIN_CLOSED_FORM, seed=trial))
        found = large_sample_intervals(curve, [Auc()], RESAMPLING, negatives_sampled=True)["auc"]
        inside += found.low <= truth <= found.high
    assert 0.9 <= inside / 200 <= 0.985


def test_few_positives_among_many_negatives_are_bootstrapped_by_groups() -> None:
    scores = normal_scores(MIN_CLOSED_FORM - 1, 4 * MIN_CLOSED_FORM)
    curve = RankingCurve.of(*scores)
    found = large_sample_intervals(curve, [Auc()], RESAMPLING, negatives_sampled=True)["auc"]
    assert found.method == "grouped bootstrap"
    full = bootstrap_intervals(ScoreBins.of(*scores), [Auc()], RESAMPLING)["auc"]
    assert width(found) == pytest.approx(width(full), rel=0.15)


def test_a_perfect_ranking_has_no_width_and_no_interval_leaves_the_range() -> None:
    curve = RankingCurve.of(np.full(2 * MIN_CLOSED_FORM, 2.0), np.zeros(2 * MIN_CLOSED_FORM))
    found = large_sample_intervals(curve, METRICS, RESAMPLING, negatives_sampled=True)
    assert all((i.low, i.high) == (1, 1) for key, i in found.items() if key != "mrr")
    nearly = RankingCurve.of(
        np.full(2 * MIN_CLOSED_FORM, 2.0), np.append(np.zeros(2 * MIN_CLOSED_FORM), 3.0)
    )
    found = large_sample_intervals(nearly, [Auc()], RESAMPLING, negatives_sampled=True)
    assert found["auc"].high == 1


def test_coarser_groups_keep_the_top_and_bound_the_number() -> None:
    generator = np.random.default_rng(0)
    curve = RankingCurve.of(generator.normal(1, 1, 40_000), generator.normal(0, 1, 40_000))
    coarse = coarsened(curve)
    assert len(coarse.positives) < 2 * RESOLUTION * (2 + np.log(40_000 / RESOLUTION))
    assert (coarse.true_positives[-1], coarse.false_positives[-1]) == (40_000, 40_000)
    assert set(range(1, RESOLUTION)) <= set(coarse.true_positives) & set(coarse.false_positives)
    for metric in METRICS[:5]:
        assert metric.of_ranking(coarse) == pytest.approx(metric.of_ranking(curve), rel=2e-3)


def test_the_size_decides_and_the_method_stands_beside_the_number() -> None:
    metrics = (Auc(), AveragePrecision(), Mrr())
    for size, methods in (
        (LARGE, ["bootstrap"] * 3),
        (LARGE + 2, ["DeLong", "delta method", "grouped bootstrap"]),
    ):
        part = SharedNegatives(*normal_scores(size // 2, size // 2))
        values = part.measure(metrics, Resampling(50, 0))
        found = [value.interval.method for value in values.values() if value.interval is not None]
        assert found == methods
        plain = Scores(values, size // 2, size // 2).to_dict()
        named = [plain.get(f"{metric.key}_interval_method", "bootstrap") for metric in metrics]
        assert named == methods
    assert interval_methods([plain], metrics) == (
        "AUC DeLong, AP delta method, MRR grouped bootstrap"
    )


def test_the_size_decides_against_all_non_edges_and_own_negatives_too() -> None:
    generator = np.random.default_rng(0)
    for size, methods in ((LARGE, ["bootstrap"] * 2), (LARGE + 1, ["DeLong", "normal"])):
        scores = np.sort(generator.normal(size=size))[::-1].copy()
        above = np.sort(generator.integers(0, 10**6, size))
        everything = AllNonEdges(AgainstAll(scores, above, np.zeros_like(above), 10**6))
        own = OwnNegatives(GroupedRanks(above % 100, np.zeros_like(above), 100))
        found = [
            part.measure([Auc()], Resampling(200, 0))["auc"].interval for part in (everything, own)
        ]
        assert [interval.method for interval in found if interval is not None] == methods
        widths = [width(interval) for interval in found if interval is not None]
        spread = (1 - (above % 100) / 100).std() / size**0.5
        assert widths[1] == pytest.approx(3.92 * spread, rel=0.2)
