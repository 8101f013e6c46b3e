"""Coordinates that the encoder does not use have no vote."""

import math

import numpy as np
import pytest
import torch

from graphvae_data.core.errors import InputError
from image_vae.disentanglement.code import codes_of, points
from image_vae.disentanglement.metrics.factor_vae import DEAD, alive, factor_vae
from image_vae.disentanglement.metrics.higgins import higgins
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from tests.image_vae.disentanglement.synthetic import (
    NAMES,
    K,
    code,
    factors,
    gaussian,
    noise,
    places,
)

ROWS = 3_000


def with_dead(count: int, *, dead_first: bool) -> DiagonalGaussian:
    """A perfect code with coordinates collapsed to the prior, their means a little noise."""
    live, dead = gaussian(places(factors(ROWS)), 0.1), torch.from_numpy(noise(ROWS, count) * 0.05)
    parts = [(live.mean, live.log_std), (dead, torch.zeros_like(dead))]
    ordered = parts[::-1] if dead_first else parts
    return DiagonalGaussian(*(torch.cat(each, 1) for each in zip(*ordered, strict=True)))


@pytest.mark.parametrize("dead_first", [False, True])
def test_dead_coordinates_are_left_out(generator: torch.Generator, dead_first: bool) -> None:
    codes = codes_of(with_dead(4, dead_first=dead_first), factors(ROWS), NAMES)
    assert alive(codes).tolist() == (
        [False] * 4 + [True] * K if dead_first else [True] * K + [False] * 4
    )
    found = factor_vae(codes, generator)
    assert (found.accuracy, found.train_accuracy, found.kept) == (1, 1, K)


def test_a_missing_factor_is_not_won_by_a_dead_coordinate(generator: torch.Generator) -> None:
    """(K − 1)/K exactly: each kept coordinate votes for its own factor, and none for the last."""
    q = with_dead(1, dead_first=False)
    keep = [0, 1, 2, 3, 5]
    codes = codes_of(DiagonalGaussian(q.mean[:, keep], q.log_std[:, keep]), factors(ROWS), NAMES)
    found = factor_vae(codes, generator, votes=5_000, test_votes=5_000)
    assert found.kept == K - 1
    assert found.accuracy == pytest.approx(0.8, abs=0.02)


def test_the_share_of_the_variance_decides() -> None:
    """Var μ / (Var μ + σ²) on both sides of the threshold, whatever the scale."""
    sign = np.tile([-1.0, 1.0], 50)[:, None]
    width = np.array([math.sqrt(1 / (DEAD * factor) - 1) for factor in (0.98, 1.02)])
    for scale in (1.0, 1e3):
        mean = torch.from_numpy(sign * scale * np.ones(2))
        q = DiagonalGaussian(mean, torch.from_numpy(np.log(scale * width)).expand(100, 2))
        known = np.stack([np.arange(100) % 2, np.arange(100) % 3], 1)
        assert alive(codes_of(q, known, ("a", "b"))).tolist() == [False, True]


def test_points_are_dead_only_where_nothing_moves(generator: torch.Generator) -> None:
    perfect = places(factors(ROWS))
    mean = np.hstack([perfect, np.full((ROWS, 2), 0.3)])
    found = factor_vae(codes_of(points(mean), factors(ROWS), NAMES), generator)
    assert (found.kept, found.accuracy) == (K, 1)


def test_a_code_that_is_all_dead_scores_nothing(generator: torch.Generator) -> None:
    codes = codes_of(points(np.ones((ROWS, 3))), factors(ROWS), NAMES)
    found = factor_vae(codes, generator)
    assert (found.kept, found.accuracy, found.train_accuracy) == (0, 0, 0)


def test_more_pairs_make_a_noisy_code_clearer(generator: torch.Generator) -> None:
    known = factors(ROWS)
    codes = codes_of(points(places(known) + 2 * noise(ROWS, K)), known, NAMES)
    few, many = (higgins(codes, generator, pairs=pairs).accuracy for pairs in (4, 256))
    assert few < 0.6 < many


def test_numbers_out_of_range_are_refused(generator: torch.Generator) -> None:
    codes = code("perfect", 1_000)
    with pytest.raises(InputError, match="higgins: expected at least 1 of pairs, got 0"):
        higgins(codes, generator, pairs=0)
    with pytest.raises(InputError, match="expected votes for at least two factors, got 1"):
        higgins(codes, generator, votes=1)
    with pytest.raises(InputError, match="factorvae: expected at least 2 pictures, got 1"):
        factor_vae(codes, generator, pictures=1)


@pytest.mark.parametrize("measure", [higgins, factor_vae])
def test_the_scale_of_a_noisy_coordinate_does_not_count(measure) -> None:
    """Where nothing is held quite still, only variances relative to the whole can be compared."""
    known = factors(ROWS)
    noisy = places(known) + 0.5 * noise(ROWS, K)
    plain, scaled = (
        measure(
            codes_of(points(noisy * scale), known, NAMES), torch.Generator().manual_seed(0)
        ).accuracy
        for scale in (np.ones(K), np.array([1.0, 100.0, 0.01, 10.0, -5.0]))
    )
    assert scaled == pytest.approx(plain, abs=0.01)
    assert plain > 0.95
