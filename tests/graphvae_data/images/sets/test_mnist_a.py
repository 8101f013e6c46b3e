"""MNIST with attributes: what is drawn lies where the attributes say, and is the same each time."""

import numpy as np
import pytest

from graphvae_data.images.image_data import RawImages
from graphvae_data.images.image_store import ArrayStore
from graphvae_data.images.sets import mnist_a
from graphvae_data.images.sets.mnist_a import (
    FULL,
    SMALL,
    VALUES,
    attribute_table,
    draw,
    draw_all,
    split_within_replicas,
)

BLOCK = np.pad(np.full((20, 8), 255, np.uint8), ((4, 4), (10, 10)))
"""A bar that stands."""


def drawn(scale: int, orientation: int, location: int, seed: int, canvas=FULL) -> np.ndarray:
    random = np.random.default_rng(seed)
    return draw(BLOCK, np.array([0, scale, orientation, location]), canvas, random)


def middle(picture: np.ndarray) -> np.ndarray:
    return np.argwhere(picture).mean(0)


@pytest.mark.parametrize("canvas", [FULL, SMALL])
@pytest.mark.parametrize("location", range(4))
def test_a_digit_lies_in_its_corner(canvas, location: int) -> None:
    centres = np.array([middle(drawn(1, 1, location, s, canvas)) for s in range(40)]).mean(0)
    half = canvas.side / 2
    assert ((centres > half) == [location >= 2, location % 2 == 1]).all()


def test_a_big_digit_has_more_pixels() -> None:
    big, small = (np.mean([drawn(s, 1, 0, n).sum() for n in range(30)]) for s in (0, 1))
    assert 1.6 < big / small < 2.9  # (0.9 / 0.6)² = 2.25


def test_orientations_turn_the_bar() -> None:
    """The slope of a standing bar that is turned: falling to the right when counter-clockwise."""
    slopes = []
    for orientation in range(3):
        covariances = [np.cov(np.argwhere(drawn(0, orientation, 0, n)).T)[0, 1] for n in range(30)]
        slopes.append(np.mean(covariances))
    assert slopes[0] < -4  # clockwise: its top lies to the right
    assert abs(slopes[1]) < 1
    assert slopes[2] > 4


def test_pixels_of_the_full_canvas_are_drawn_once() -> None:
    grey = np.full((28, 28), 128, np.uint8)
    picture = draw(grey, np.array([0, 0, 1, 0]), FULL, np.random.default_rng(0))
    box = np.argwhere(picture)
    low, high = box.min(0), box.max(0)
    inner = picture[low[0] + 2 : high[0] - 1, low[1] + 2 : high[1] - 1]
    assert abs(inner.mean() - 0.5) < 0.1


def test_pictures_are_a_function_of_digits_and_attributes() -> None:
    table = attribute_table(np.arange(30) % 10)
    digits = np.broadcast_to(BLOCK, (30, 28, 28))
    whole = np.concatenate(list(draw_all(digits, table.of_row, FULL)))
    assert np.array_equal(whole, np.concatenate(list(draw_all(digits, table.of_row, FULL))))
    assert whole.shape == (30, 64, 64)
    assert [len(values) for values in VALUES] == [10, 2, 3, 4]
    assert all(set(table.of_row[:, at]) <= set(range(len(v))) for at, v in enumerate(VALUES))


def test_every_replica_is_split_alike() -> None:
    parts = split_within_replicas(200, 3).reshape(3, 200)
    assert [np.bincount(row).tolist() for row in parts] == [[170, 10, 20]] * 3
    assert not np.array_equal(parts[0], parts[1])


def test_unseen_combinations_are_in_one_part() -> None:
    table = attribute_table(np.arange(20_000) % 10)
    raw = RawImages(ArrayStore(np.zeros((20_000, 1, 1, 1), np.uint8)), attributes=table)
    parts = mnist_a._split_by_combination(raw).parts
    combination = np.ravel_multi_index(table.of_row.T, [10, 2, 3, 4])
    of_combination = [set(parts[combination == each]) for each in range(240)]
    assert all(len(each) == 1 for each in of_combination)
    assert np.bincount([each.pop() for each in of_combination]).tolist() == [204, 12, 24]
