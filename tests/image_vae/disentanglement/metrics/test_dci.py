"""DCI scores of an importance matrix, computed by hand."""

import math

import numpy as np
import pytest
import torch

from graphvae_data.core.errors import InputError
from image_vae.disentanglement.code import codes_of
from image_vae.disentanglement.metrics.dci import completeness, dci, disentanglement
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from tests.image_vae.disentanglement.synthetic import NAMES, code, factors, gaussian, noise, places

PAIR = 1 - math.log(2) / math.log(3)


def test_a_permuted_and_scaled_identity_is_perfect() -> None:
    matrix = np.eye(4)[[2, 0, 3, 1]] * np.array([1.0, 7.0, 0.1, 3.0])
    assert (disentanglement(matrix), completeness(matrix)) == (1, 1)


def test_one_coordinate_for_two_factors_is_complete_but_not_disentangled() -> None:
    matrix = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert completeness(matrix) == 1
    assert disentanglement(matrix) == pytest.approx((2 * PAIR + 1) / 3)


def test_two_coordinates_for_one_factor_are_disentangled_but_not_complete() -> None:
    matrix = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert disentanglement(matrix) == 1
    assert completeness(matrix) == pytest.approx((PAIR + 1) / 2)


def test_what_is_not_known_counts_for_completeness_alone() -> None:
    matrix = np.array([[1.0, 0.0], [0.0, 0.0]])
    assert (disentanglement(matrix), completeness(matrix)) == (1, 0.5)
    assert (disentanglement(0 * matrix), completeness(0 * matrix)) == (0, 0)


def test_one_coordinate_alone_is_complete_where_it_knows_anything() -> None:
    assert completeness(np.array([[1.0, 0.0, 2.0]])) == pytest.approx(2 / 3)


def test_a_pool_too_small_is_refused(generator: torch.Generator) -> None:
    with pytest.raises(InputError, match="a pool of at least 4 images, got 3"):
        dci(code("perfect", 3), generator)


def collapsed(rows: int, live: int, dead: int) -> DiagonalGaussian:
    """A code of some coordinates that encode a factor each, and some whose mean hardly moves."""
    known = factors(rows)
    perfect = gaussian(places(known)[:, :live], 0.1)
    still = torch.from_numpy(0.01 * places(known)[:, :dead] + 0.01 * noise(rows, dead))
    return DiagonalGaussian(
        torch.cat([perfect.mean, still], 1), torch.cat([perfect.log_std, 0 * still], 1)
    )


@pytest.mark.parametrize("live", [0, 1])
def test_a_collapsed_code_has_no_disentanglement(live: int, generator: torch.Generator) -> None:
    codes = codes_of(collapsed(1_000, live, 3), factors(1_000), NAMES)
    for found in vars(dci(codes, generator)).values():
        assert found.disentanglement is None
        assert found.completeness == pytest.approx(live / len(NAMES))
        assert found.importance.shape == (1, len(NAMES))


@pytest.mark.slow
def test_dead_coordinates_change_nothing(generator: torch.Generator) -> None:
    codes = codes_of(collapsed(1_000, len(NAMES), 3), factors(1_000), NAMES)
    found = dci(codes, generator).lasso
    assert (found.disentanglement, found.completeness) == (1, 1)
    assert len(found.importance) == len(NAMES)
