"""The three C's on values made by hand."""

import math

import numpy as np
import pytest

from image_vae.imagination.measures import ceiling, correctness, coverage, resampled, similarity

GIVEN = np.array([[1, -1], [0, 2]])
SEEN = np.array([[[1, 0], [1, 1], [0, 2], [1, 2]], [[0, 2], [0, 0], [1, 2], [0, 2]]])


def test_correctness_is_the_share_of_given_values() -> None:
    assert correctness(SEEN, GIVEN).tolist() == [3 / 4, 6 / 8]


def test_similarity_of_histograms_by_hand() -> None:
    assert similarity(np.array([3, 3, 3])) == 1
    half = 0.5 * math.log(4 / 3) + 0.5 * (0.5 * math.log(2 / 3) + 0.5 * math.log(2))
    assert similarity(np.array([10, 0])) == pytest.approx(1 - half)
    many = similarity(np.array([1] + [0] * 9_999))
    assert many == pytest.approx(1 - math.log(2), abs=1e-3)


def test_coverage_is_of_what_was_left_open() -> None:
    covered = coverage(SEEN, GIVEN, (2, 3))
    assert covered[0] == similarity(np.array([1, 1, 2]))
    assert math.isnan(covered[1])


def test_the_ceiling_is_what_uniform_draws_reach() -> None:
    """With two draws of two values: half of the time both are seen, else one."""
    given = np.array([[-1]])
    one = float(similarity(np.array([2, 0])))
    assert ceiling(given, (2,), 2) == pytest.approx((1 + one) / 2, abs=0.005)
    assert ceiling(given, (10,), 10) < ceiling(given, (10,), 1000) < 1
    assert math.isnan(ceiling(np.array([[0]]), (2,), 10))


def test_resamples_of_equal_queries_do_not_vary() -> None:
    assert resampled(np.full(10, 0.5)) == (0.5, 0.0)
    mean, spread = resampled(np.array([0.0, 1.0] * 50))
    assert mean == 0.5
    assert 0 < spread < 0.1
