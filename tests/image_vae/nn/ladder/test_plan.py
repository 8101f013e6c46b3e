"""Resolutions, channels and padding follow from the scales and the image."""

import pytest

from graphvae_data.settings.setting_errors import SettingClash
from image_vae.nn.ladder.plan import TowerPlan


@pytest.mark.parametrize(
    ("side", "halvings", "padding"),
    [(8, 0, 0), (14, 1, 1), (16, 1, 0), (28, 2, 2), (32, 2, 0), (33, 3, 15)],
)
def test_an_image_is_padded_to_a_multiple_of_the_largest_scale(
    side: int, halvings: int, padding: int
) -> None:
    plan = TowerPlan((1, side, side), ((4, 4), (8, 8)), (2, 3), 8)
    left, right, top, bottom = plan.padding
    assert (plan.halvings, left, top) == (halvings, padding, padding)
    assert plan.padded == (side + top + bottom, side + left + right)
    assert plan.padded == (8 << halvings, 8 << halvings)


def test_channels_double_where_the_resolution_halves() -> None:
    plan = TowerPlan((3, 64, 64), ((8, 8), (16, 16), (32, 32)), (5, 10, 20), 64)
    assert (plan.bottom_channels, plan.top_channels) == (128, 512)


def test_scales_must_double() -> None:
    with pytest.raises(SettingClash, match="twice the height and width of the one above, got 4x4"):
        TowerPlan((1, 28, 28), ((4, 4), (7, 7)), (1, 1), 8)
