"""Cells: shapes, receptive fields, and identities that make them cheaper."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from image_vae.nn.ladder.cells import (
    Change,
    DoubledSkip,
    HalvedSkip,
    Repeated,
    SqueezeExcitation,
    depthwise_cell,
    encoder_cell,
)

SIDE = 25


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize(
    ("make", "change", "channels", "side"),
    [
        (encoder_cell, "same", 8, 8),
        (encoder_cell, "down", 16, 4),
        (encoder_cell, "up", 4, 16),
        (depthwise_cell, "same", 8, 8),
        (depthwise_cell, "up", 4, 16),
    ],
)
def test_a_cell_changes_channels_and_resolution(
    make: object, change: Change, channels: int, side: int
) -> None:
    assert callable(make)
    cell = make(8, channels, change, generator())
    assert cell(torch.randn(2, 8, 8, 8)).shape == (2, channels, side, side)


def reach(network: nn.Module, channels: int) -> int:
    """The side of the window of inputs that the middle output depends on."""
    x = torch.randn(1, channels, SIDE, SIDE, generator=generator(), requires_grad=True)
    middle = network.eval()(x)[0, :, SIDE // 2, SIDE // 2].sum()
    (slope,) = torch.autograd.grad(middle, x)
    rows = slope.abs().sum((0, 1, 3)).nonzero()
    return int(rows.max() - rows.min()) + 1


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize(
    ("make", "step"),
    [
        (partial(encoder_cell, squeeze=False), 4),  # two windows of 3: 2 + 2
        (partial(depthwise_cell, squeeze=False, expansion=2), 4),  # one window of 5
    ],
)
def test_the_receptive_field_grows_by_four_with_every_cell(
    make: object, step: int, count: int
) -> None:
    assert callable(make)
    cells = nn.Sequential(*(make(4, 4, "same", generator()) for _ in range(count)))
    assert reach(cells, 4) == 1 + step * count


def test_squeeze_and_excitation_sees_the_whole_image() -> None:
    assert reach(encoder_cell(4, 4, "same", generator()), 4) == SIDE


def test_squeeze_and_excitation_multiplies_each_channel_by_a_gate() -> None:
    layer = SqueezeExcitation(64, generator())
    x = torch.randn(3, 64, 5, 5, generator=generator())
    gates = layer(x) / x
    torch.testing.assert_close(gates, gates[:, :, :1, :1].expand_as(gates), atol=1e-3, rtol=1e-3)
    assert bool(((gates > 0) & (gates < 1)).all())
    assert layer.squeeze.out_features == 4


def test_halving_has_a_convolution_for_each_corner() -> None:
    layer = HalvedSkip(3, 8, generator())
    x = torch.randn(2, 3, 6, 6, generator=generator())
    weights, biases = layer.corners.weight.chunk(4), layer.corners.bias.chunk(4)
    parts = [
        F.conv2d(F.silu(x[:, :, row:, column:]), weight, bias, stride=2)
        for (row, column), weight, bias in zip(
            ((0, 0), (0, 1), (1, 0), (1, 1)), weights, biases, strict=True
        )
    ]
    torch.testing.assert_close(layer(x), torch.cat(parts, 1))


def test_interpolation_and_a_convolution_of_one_pixel_commute() -> None:
    layer = DoubledSkip(6, 3, generator())
    x = torch.randn(2, 6, 4, 4, generator=generator())
    first = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
    torch.testing.assert_close(layer(x), layer.mix(first))


def test_repeating_pixels_late_is_the_same_as_early() -> None:
    cell = depthwise_cell(4, 2, "up", generator())
    x = torch.randn(3, 4, 5, 5, generator=generator())
    layers = [each for each in cell.body if not isinstance(each, Repeated)]
    early: Tensor = nn.Sequential(Repeated(), *layers)(x)
    torch.testing.assert_close(cell.body(x), early)
