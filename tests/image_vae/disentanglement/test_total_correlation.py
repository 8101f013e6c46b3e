"""Total correlation and mutual information: closed forms, limits, additivity."""

import math

import numpy as np
import pytest
import torch

from graphvae_data.core.errors import InputError
from image_vae.disentanglement.aggregate import draw_codes, log_marginals
from image_vae.disentanglement.code import Codes, codes_of, points
from image_vae.disentanglement.total_correlation import mutual_information, total_correlation
from image_vae.parts.distributions.posteriors import DiagonalGaussian

DRAWS = 3_000


def with_any_factors(q: DiagonalGaussian) -> Codes:
    rows = np.arange(len(q.mean))
    return codes_of(q, np.stack([rows % 2, rows % 3], axis=1), ("a", "b"))


def correlated(matrix: torch.Tensor, std: float, count: int = 4_000) -> DiagonalGaussian:
    """Means whose aggregate with N(0, std²) is N(0, R)."""
    noise = torch.randn(count, len(matrix), generator=torch.Generator().manual_seed(0))
    left = torch.linalg.cholesky(matrix - std**2 * torch.eye(len(matrix)))
    return DiagonalGaussian(noise @ left.T, torch.full((count, len(matrix)), math.log(std)))


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.7])
def test_a_correlated_gaussian_has_the_closed_form(
    generator: torch.Generator, correlation: float
) -> None:
    matrix = torch.eye(3)
    matrix[0, 1] = matrix[1, 0] = correlation
    q = with_any_factors(correlated(matrix, 0.5))
    found = total_correlation(q, generator, draws=DRAWS)
    expected = -0.5 * float(torch.logdet(matrix))
    assert found.nats == pytest.approx(expected, abs=0.04)
    assert 0 < found.standard_error < 0.02


def test_the_information_of_a_gaussian_channel(generator: torch.Generator) -> None:
    """With z = x + noise of total variance 1, I = −log σ for each coordinate."""
    q = with_any_factors(correlated(torch.eye(2), 0.5))
    found = mutual_information(q, generator, draws=DRAWS)
    assert found.nats == pytest.approx(-2 * math.log(0.5), abs=0.06)
    assert found.log_n == math.log(4_000)


def test_a_complete_grid_of_independent_factors_has_none(generator: torch.Generator) -> None:
    mean = torch.cartesian_prod(torch.arange(6.0), torch.arange(5.0), torch.arange(4.0))
    q = with_any_factors(DiagonalGaussian(mean, torch.full_like(mean, math.log(0.01))))
    assert total_correlation(q, generator, draws=240).nats == pytest.approx(0, abs=1e-3)
    found = mutual_information(q, generator, draws=240)
    assert found.nats == pytest.approx(math.log(120), abs=1e-3)


def test_a_repeated_coordinate_counts_what_it_holds(generator: torch.Generator) -> None:
    mean = torch.arange(8.0)[:, None].expand(8, 2).repeat(4, 1)
    q = with_any_factors(DiagonalGaussian(mean, torch.full_like(mean, math.log(0.01))))
    assert total_correlation(q, generator, draws=64).nats == pytest.approx(math.log(8), abs=1e-3)
    assert mutual_information(q, generator, draws=64).nats == pytest.approx(math.log(8), abs=1e-3)


def test_equal_posteriors_tell_nothing(generator: torch.Generator) -> None:
    q = with_any_factors(DiagonalGaussian(torch.ones(50, 2), torch.zeros(50, 2)))
    assert mutual_information(q, generator, draws=100).nats == pytest.approx(0, abs=1e-6)
    assert total_correlation(q, generator, draws=100).nats == pytest.approx(0, abs=1e-5)


def test_the_marginals_are_the_mixtures(generator: torch.Generator) -> None:
    q = DiagonalGaussian(
        torch.randn(70, 3, generator=generator), torch.linspace(-4, 1, 210).view(70, 3)
    )
    z = draw_codes(q, 150, generator).z
    normal = torch.distributions.Normal(q.mean, q.log_std.exp())
    expected = normal.log_prob(z[:, None]).logsumexp(1) - math.log(70)
    for cells in (1, 500, 10**6):
        assert torch.allclose(log_marginals(z, q, cells=cells), expected, atol=1e-4)


def test_every_picture_is_drawn_as_often_as_any_other(generator: torch.Generator) -> None:
    q = DiagonalGaussian(torch.zeros(7, 1), torch.zeros(7, 1))
    assert set(draw_codes(q, 16, generator).row.bincount().tolist()) == {2, 3}


@pytest.mark.slow
def test_the_parts_add_up_to_the_divergence(generator: torch.Generator) -> None:
    """Holds for wrong estimators too; here it is beside the closed forms above."""
    q = correlated(torch.eye(2), 0.6, 500)
    codes, seeds = with_any_factors(q), (torch.Generator().manual_seed(5) for _ in range(3))
    information = mutual_information(codes, next(seeds), draws=20_000).nats
    correlation = total_correlation(codes, next(seeds), draws=20_000).nats
    z = draw_codes(q, 20_000, next(seeds)).z
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(z)
    by_dimension = float((log_marginals(z, q) - prior).sum(1).mean())
    mean_kl = float(q.kl_standard_normal().mean())
    assert information + correlation + by_dimension == pytest.approx(mean_kl, abs=0.02)


def test_what_cannot_be_is_refused(generator: torch.Generator) -> None:
    q = DiagonalGaussian(torch.zeros(4, 1), torch.zeros(4, 1))
    for measure in (total_correlation, mutual_information):
        with pytest.raises(InputError, match="draws: expected at least 2, got 1"):
            measure(with_any_factors(q), generator, draws=1)
    rows = np.array([[0, 0], [1, 1]])
    with pytest.raises(InputError, match="expected codes with a density"):
        total_correlation(codes_of(points(rows / 2), rows, ("a", "b")), generator)
