"""Every metric on codes with known scores: perfect, permuted, repeated, rotated, spoilt."""

import functools
import math

import pytest

from image_vae.disentanglement.choices import Metric
from image_vae.disentanglement.measure import measure
from image_vae.disentanglement.metrics.dci import DciPair
from tests.image_vae.disentanglement.synthetic import KINDS, K, code

PAIR = 1 - math.log(2) / math.log(K)
"""1 − H of two equal shares, to the base K."""
ALIKE = {"perfect": 1.0, "permuted": 1.0, "repeated": 1.0}
HIGGINS = {**ALIKE, "rotated": 0.8, "one missing": 1.0, "noisy last": 1.0, "noise": 0.2}
FACTOR_VAE = {**ALIKE, "rotated": 0.8, "one missing": 0.8, "noisy last": 0.83, "noise": 0.2}
DCI = {
    "perfect": (1.0, 1.0, 1.0),
    "permuted": (1.0, 1.0, 1.0),
    "rotated": ((K - 2 + 2 * PAIR) / K, (K - 2 + 2 * PAIR) / K, 1.0),
    "one missing": (1.0, 0.8, 0.8),
    "noisy last": (1.0, 0.8, 0.8),
    "noise": (None, 0.0, 0.0),
}


@functools.cache
def score(kind: str, metric: Metric):
    return measure(code(kind, density=False), [metric], seed=0)[metric]


@pytest.mark.parametrize("kind", KINDS)
def test_higgins(kind: str) -> None:
    """A code that lacks a factor still has 1: the metric's fault, and not this code's."""
    assert score(kind, "higgins").accuracy == pytest.approx(HIGGINS[kind], abs=0.06)
    if HIGGINS[kind] == 1:
        assert score(kind, "higgins").accuracy == 1


@pytest.mark.parametrize("kind", KINDS)
def test_factor_vae(kind: str) -> None:
    found = score(kind, "factorvae")
    assert found.accuracy == pytest.approx(FACTOR_VAE[kind], abs=0.06)
    assert found.train_accuracy == pytest.approx(FACTOR_VAE[kind], abs=0.06)
    assert found.kept == {"repeated": 2 * K, "one missing": K - 1}.get(kind, K)
    if FACTOR_VAE[kind] == 1:
        assert found.accuracy == 1


@pytest.mark.slow
@pytest.mark.parametrize("regression", ["trees", "lasso"])
@pytest.mark.parametrize("kind", DCI)
def test_dci(kind: str, regression: str) -> None:
    pair = score(kind, "dci")
    assert isinstance(pair, DciPair)
    found = getattr(pair, regression)
    three = (found.disentanglement, found.completeness, found.informativeness)
    assert three == pytest.approx(DCI[kind], abs=0.06 if kind == "noise" else 0.05)


@pytest.mark.slow
def test_a_repeated_code_is_disentangled_and_less_complete() -> None:
    """Trees share the importance out between the two; the lasso keeps to one of them."""
    pair = score("repeated", "dci")
    assert pair.trees.disentanglement == pytest.approx(1, abs=0.01)
    assert pair.trees.completeness == pytest.approx(1 - math.log(2) / math.log(2 * K), abs=0.05)
    assert (pair.lasso.disentanglement, pair.lasso.completeness) == pytest.approx((1, 1))


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["higgins", "factorvae", "dci", "mig-hist"])
def test_the_same_seed_gives_the_same_score(metric: Metric) -> None:
    given = code("rotated", 1_500, density=False)
    first, again, other = (repr(measure(given, [metric], seed=seed)) for seed in (3, 3, 4))
    assert first == again
    assert (first == other) == (metric == "mig-hist")
