"""Pools of codes: each image is encoded once, with its own factors."""

import numpy as np
import pytest
import torch

from graphvae_data.core.errors import InputError
from graphvae_data.images.factors import grid_table
from image_vae.disentanglement.code import BATCH, codes_of, encode, points, pool
from image_vae.parts.distributions.posteriors import DiagonalGaussian, PointMass

TABLE = grid_table(
    ("one", "a", "b"), ((0.0,), tuple(map(float, range(50))), tuple(map(float, range(60))))
)


def test_a_pool_is_encoded_in_batches_with_its_own_factors(generator: torch.Generator) -> None:
    sizes = []

    def representation(rows: np.ndarray) -> DiagonalGaussian:
        sizes.append(len(rows))
        mean = torch.from_numpy(TABLE.of_row[rows][:, 1:].astype(float))
        return DiagonalGaussian(mean, -mean)

    rows = pool(3_000, 2_500, generator)
    codes = encode(representation, TABLE, rows)
    assert sizes == [BATCH, BATCH, 500]
    assert codes.names == ("a", "b")
    assert np.array_equal(codes.mean, TABLE.of_row[rows][:, 1:])
    assert torch.equal(codes.gaussian.log_std, -codes.gaussian.mean)


def test_halves_share_no_picture(generator: torch.Generator) -> None:
    rows = np.arange(11)
    codes = codes_of(points(rows[:, None] / 1), np.stack([rows % 2, rows % 3], 1), ("a", "b"))
    first, second = codes.halves(generator)
    assert sorted([*first.mean[:, 0], *second.mean[:, 0]]) == list(range(11))
    assert np.array_equal(first.factors[:, 1], first.mean[:, 0].astype(int) % 3)
    assert isinstance(first.posterior, PointMass)


def test_a_pool_is_drawn_without_replacement(generator: torch.Generator) -> None:
    assert pool(5, None, generator).tolist() == pool(5, 9, generator).tolist() == list(range(5))
    assert len(set(pool(100, 30, generator))) == 30


def test_what_cannot_be_measured_is_refused() -> None:
    known = np.array([[0, 0], [0, 1]])
    with pytest.raises(InputError, match="at least two that vary over the images, got 1"):
        codes_of(points(known / 1), known, ("a", "b"))
    with pytest.raises(InputError, match="expected finite numbers, got NaN or infinity"):
        codes_of(points(np.array([[0.0], [np.nan]])), np.array([[0, 0], [1, 1]]), ("a", "b"))
