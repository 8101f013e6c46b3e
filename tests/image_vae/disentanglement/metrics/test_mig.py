"""The mutual information gap: exact on complete grids, and the limits of binning."""

import numpy as np
import pytest
import torch

from graphvae_data.core.errors import InputError
from graphvae_data.images.factors import grid_table
from image_vae.disentanglement.code import codes_of, points
from image_vae.disentanglement.metrics.mig import mig, mig_histogram
from tests.image_vae.disentanglement.synthetic import NAMES, SIZES, code, gaussian, places

GRID = (3, 4, 6, 6)


def grid(sizes: tuple[int, ...]) -> np.ndarray:
    values = tuple(tuple(map(float, range(size))) for size in sizes)
    return grid_table(tuple(map(str, values)), values).of_row


def turned(perfect: np.ndarray) -> np.ndarray:
    return np.hstack([perfect[:, :2], perfect[:, 2:] @ np.array([[1.0, 1.0], [-1.0, 1.0]])])


SPOILT = {
    "perfect": (lambda z: z, 1.0),
    "permuted": (lambda z: z[:, ::-1] * np.array([1.0, -2.0, 9.0, 0.5]), 1.0),
    "repeated": (lambda z: np.hstack([z, z]), 0.0),
    "one missing": (lambda z: z[:, :3], 0.75),
    "rotated": (turned, 0.5),
    "collapsed": (lambda z: 0 * z, 0.0),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_by_samples_on_a_complete_grid(generator: torch.Generator, kind: str) -> None:
    spoil, expected = SPOILT[kind]
    known = grid(GRID)
    q = gaussian(spoil(known.astype(float)), 0.01)
    found = mig(codes_of(q, known, ("a", "b", "c", "d")), generator, draws=432)
    assert found.mig == pytest.approx(expected, abs=0.02)
    assert found.entropy == pytest.approx(np.log(GRID))


def test_by_samples_the_width_counts(generator: torch.Generator) -> None:
    """Two values at ±1 under N(·, 1): I = log 2 − E log(1 + e^(−2z)), by quadrature."""
    known = np.stack([np.repeat([0, 1], 20), np.tile([0, 1], 20)], axis=1)
    mean = np.stack([2.0 * known[:, 0] - 1, np.zeros(40)], axis=1)
    found = mig(codes_of(gaussian(mean, 1.0), known, ("a", "b")), generator, draws=40_000)
    z = np.linspace(-9, 11, 20_001)
    density = np.exp(-0.5 * (z - 1) ** 2) / np.sqrt(2 * np.pi)
    expected = np.log(2) - np.trapezoid(density * np.log1p(np.exp(-2 * z)), z)
    assert found.information[0, 0] == pytest.approx(expected, abs=0.01)
    assert found.information[1] == pytest.approx(0, abs=1e-6)
    assert found.gaps == pytest.approx({"a": expected / np.log(2), "b": 0}, abs=0.015)


@pytest.mark.slow
def test_twenty_bins_cannot_hold_forty_values() -> None:
    """A perfect code of all of dSprites: 20 bins of 32 values, twelve hold two and eight one."""
    known = grid(SIZES)
    found = mig_histogram(codes_of(points(places(known)), known, NAMES))
    thirty_two = (12 * 2 / 32 * np.log(16) + 8 / 32 * np.log(32)) / np.log(32)
    expected = {"shape": 1, "scale": 1, "orientation": np.log(20) / np.log(40)}
    assert found.gaps == pytest.approx({**expected, "x": thirty_two, "y": thirty_two})
    assert found.mig == pytest.approx(0.9025, abs=1e-4)


def test_ten_thousand_pictures_give_the_known_figure() -> None:
    perfect = code("perfect", 10_000, density=False)
    assert mig_histogram(perfect).mig == pytest.approx(0.896, abs=0.002)
    assert mig_histogram(perfect, bins=40).mig == pytest.approx(0.98, abs=0.02)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("permuted", 0.8859), ("repeated", 0.0), ("one missing", 0.72), ("noise", 0.0)],
)
def test_by_bins(kind: str, expected: float) -> None:
    assert mig_histogram(code(kind, density=False)).mig == pytest.approx(expected, abs=0.01)


def test_rotated_factors_leave_no_gap_by_bins() -> None:
    gaps = mig_histogram(code("rotated", density=False)).gaps
    assert (gaps["x"], gaps["y"]) == pytest.approx((0, 0), abs=0.02)


def test_one_coordinate_alone_has_all_it_tells_as_its_gap() -> None:
    known = np.stack([np.tile([0, 1], 8), np.repeat([0, 1], 8)], axis=1)
    found = mig_histogram(codes_of(points(known[:, :1].astype(float)), known, ("a", "b")))
    assert found.gaps == pytest.approx({"a": 1, "b": 0})


def test_points_have_no_density(generator: torch.Generator) -> None:
    with pytest.raises(InputError, match="expected codes with a density"):
        mig(code("perfect", 100, density=False), generator)


def test_numbers_out_of_range_are_refused(generator: torch.Generator) -> None:
    with pytest.raises(InputError, match="draws: expected at least 1, got 0"):
        mig(code("perfect", 100), generator, draws=0)
    with pytest.raises(InputError, match="bins: expected at least 2, got 1"):
        mig_histogram(code("perfect", 100), bins=1)
