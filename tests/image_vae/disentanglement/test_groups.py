"""Groups that share one factor's value: the other factors vary as in the pool."""

import numpy as np
import pytest
import torch

from graphvae_data.core.errors import InputError
from image_vae.disentanglement.groups import Groups
from tests.image_vae.disentanglement.synthetic import NAMES, K, factors


def test_a_group_shares_the_value_that_is_held_fixed(generator: torch.Generator) -> None:
    known = factors(2_000)
    groups = Groups.of(known, NAMES)
    fixed = groups.fixed(500, generator)
    assert set(fixed) == set(range(K))
    drawn = known[groups.draw(fixed, 3, 4, generator)]
    held = np.take_along_axis(drawn, fixed[:, None, None, None], axis=-1)[..., 0]
    assert (held == held[:, :, :1]).all()
    assert (held[:, 0, 0] != held[:, 1, 0]).mean() > 0.5


def test_the_others_vary_freely(generator: torch.Generator) -> None:
    known = factors(4_000)
    drawn = known[Groups.of(known, NAMES).draw(np.zeros(3_000, dtype=int), 1, 2, generator)[:, 0]]
    assert (drawn[:, 0, 1] == drawn[:, 1, 1]).mean() == pytest.approx(1 / 6, abs=0.03)
    assert (drawn[:, 0, 2] == drawn[:, 1, 2]).mean() == pytest.approx(1 / 40, abs=0.01)


def test_every_row_of_a_value_is_drawn_alike(generator: torch.Generator) -> None:
    known = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [1, 0]])
    drawn = Groups.of(known, ("a", "b")).draw(np.zeros(6_000, dtype=int), 1, 1, generator)
    share = np.bincount(drawn.ravel()) / 6_000
    assert share == pytest.approx([0.2] * 5, abs=0.02)


def test_a_value_of_one_picture_is_refused() -> None:
    with pytest.raises(InputError, match="two images for every value of b, got one, of 3"):
        Groups.of(np.array([[0, 0], [0, 0], [0, 1]]), ("a", "b"))
