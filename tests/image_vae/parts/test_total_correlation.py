"""Minibatch weights for a whole dataset, and decompositions with known terms."""

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.parts.objectives import ElboObjective
from image_vae.parts.penalties import DecomposedKl, WeightedKl, mean_kl
from image_vae.parts.schedules import constant
from image_vae.parts.total_correlation import Decomposition, decompose, log_weights
from tests.image_vae.parts.traces import trace_of

KINDS = ("hfvae", "stratified", "weighted")
UNBIASED = KINDS[:2]
STD = 0.5
CORRELATIONS = torch.tensor(
    [[1.0, 0.6, 0.3, 0.0], [0.6, 1.0, 0.0, 0.3], [0.3, 0.0, 1.0, -0.5], [0.0, 0.3, -0.5, 1.0]]
)


def exact(correlations: Tensor) -> float:
    """The total correlation of a Gaussian: −½ log det R."""
    return -0.5 * float(torch.logdet(correlations))


@pytest.mark.parametrize("kind", UNBIASED)
@pytest.mark.parametrize(("batch", "images"), [(2, 2), (2, 9), (3, 4), (64, 64), (64, 5000)])
def test_rows_sum_to_one_with_a_share_for_the_own_image(kind: str, batch: int, images: int) -> None:
    weights = log_weights(kind, batch, images, dtype=torch.float64).exp()
    one = torch.ones(batch, dtype=torch.float64)
    torch.testing.assert_close(weights.sum(0), one)
    torch.testing.assert_close(weights.sum(1), one)
    torch.testing.assert_close(weights.diagonal(), one / images)


def test_stratified_rows_have_one_image_that_stands_for_less() -> None:
    weights = log_weights("stratified", 5, 100, dtype=torch.float64).exp()
    for row in range(5):
        found = sorted(weights[row].tolist())
        assert found == pytest.approx([1 / 100, 96 / 400, 1 / 4, 1 / 4, 1 / 4])


def test_a_batch_of_all_images_is_the_full_data() -> None:
    torch.testing.assert_close(log_weights("hfvae", 7, 7), torch.full((7, 7), -math.log(7)))
    torch.testing.assert_close(log_weights("hfvae", 7, 3), torch.full((7, 7), -math.log(7)))


def test_minibatch_weights_sum_to_the_bias_they_are_known_for() -> None:
    weights = log_weights("weighted", 8, 50, dtype=torch.float64).exp()
    torch.testing.assert_close(weights.sum(1), torch.full((8,), 1 / 50, dtype=torch.float64))


@pytest.mark.parametrize("kind", UNBIASED)
def test_one_image_stands_for_itself(kind: str) -> None:
    assert log_weights(kind, 1, 100).tolist() == [[0.0]]


def posteriors(count: int, generator: torch.Generator) -> DiagonalGaussian:
    """Whose average is a Gaussian of correlations R: means of covariance R − σ²."""
    factor = torch.linalg.cholesky(CORRELATIONS - STD**2 * torch.eye(4))
    mean = torch.randn(count, 4, generator=generator) @ factor.T
    return DiagonalGaussian(mean, torch.full_like(mean, math.log(STD)))


def decomposed(
    kind: str, batch: int, count: int, generator: torch.Generator, groups: tuple[int, ...] = ()
) -> Decomposition:
    every = posteriors(count, generator)
    q = DiagonalGaussian(every.mean[:batch], every.log_std[:batch])
    z = q.sample(generator)
    standard = DiagonalGaussian(torch.zeros(4), torch.zeros(4))
    weights = log_weights(kind, batch, count)
    return decompose(z[None], q, standard.log_prob(z)[None], weights, groups)


@pytest.mark.parametrize("kind", UNBIASED)
@pytest.mark.parametrize("count", [1024, 20_000])
def test_the_parts_of_a_correlated_gaussian(
    kind: str, count: int, generator: torch.Generator
) -> None:
    found = decomposed(kind, 1024, count, generator)
    assert float(found.total_correlation) == pytest.approx(exact(CORRELATIONS), abs=0.1)
    entropy = 0.5 * float(torch.logdet(CORRELATIONS))
    assert float(found.mutual_information) == pytest.approx(entropy - 4 * math.log(STD), abs=0.15)
    assert float(found.dimension_kl) == pytest.approx(0, abs=0.1)
    assert float(found.within) == 0


def test_groups_share_the_total_correlation(generator: torch.Generator) -> None:
    found = decomposed("hfvae", 1024, 20_000, generator, (2, 2))
    inside = exact(CORRELATIONS[:2, :2]) + exact(CORRELATIONS[2:, 2:])
    assert float(found.within) == pytest.approx(inside, abs=0.1)
    assert float(found.between) == pytest.approx(exact(CORRELATIONS) - inside, abs=0.1)


def test_groups_of_every_kind_have_the_same_sum(generator: torch.Generator) -> None:
    sums = [
        decomposed("hfvae", 50, 90, torch.Generator().manual_seed(3), groups).total_correlation
        for groups in ((), (1, 1, 1, 1), (1, 3), (2, 2), (4,))
    ]
    for one, other in pairwise(sums):
        torch.testing.assert_close(one, other)


def test_minibatch_weights_are_not_for_reports(generator: torch.Generator) -> None:
    """Each of the four log q(z_j) is too small by log N, and log q(z) only once: 3 log N."""
    found = decomposed("weighted", 1024, 1024, generator)
    expected = exact(CORRELATIONS) + 3 * math.log(1024)
    assert float(found.total_correlation) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("groups", [(), (1, 2), (3,)])
@pytest.mark.parametrize("k", [1, 3])
def test_with_all_weights_one_it_is_the_bound_and_its_gradient(
    kind: str, groups: tuple[int, ...], k: int, generator: torch.Generator
) -> None:
    """Value and gradient, even for weights that are wrong: the parts telescope."""
    mean = torch.randn(1, 6, 3, generator=generator).requires_grad_()
    penalty = DecomposedKl(1.0, 1.0, 1.0, kind, 40, groups=groups)
    results = []
    for each in (penalty, WeightedKl(constant(1.0))):
        trace = trace_of(mean.expand(k, 6, 3))
        total = ElboObjective(each, analytic=False)(trace, 0).total
        results.append((total.detach(), *torch.autograd.grad(total, mean)))
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_each_weight_weighs_its_part(generator: torch.Generator) -> None:
    trace = trace_of(torch.randn(1, 9, 3, generator=generator))
    parts = DecomposedKl(1.0, 1.0, 1.0, "stratified", 40, groups=(2, 1)).decomposition(trace)
    penalty = DecomposedKl(2.0, 3.0, 5.0, "stratified", 40, within=7.0, groups=(2, 1))
    expected = (
        2 * parts.mutual_information + 3 * parts.between + 7 * parts.within + 5 * parts.dimension_kl
    )
    found = penalty(trace, 0, analytic=True)
    torch.testing.assert_close(found.total, expected)
    torch.testing.assert_close(sum(found.parts.values()), mean_kl(trace, analytic=False))
    torch.testing.assert_close(found.parts["total_correlation_within"], parts.within)
    assert penalty.settled == 0
