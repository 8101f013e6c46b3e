"""MNIST at half its resolution."""

import numpy as np

from image_vae.reproduce.halved import halved


def test_each_pixel_is_the_mean_of_four() -> None:
    images = np.random.default_rng(0).integers(256, size=(3, 1, 6, 4), dtype=np.uint8)
    small = halved(images)
    assert (small.shape, small.dtype) == ((3, 1, 3, 2), np.uint8)
    corner = images[:, :, :2, :2].astype(float).mean((2, 3))
    np.testing.assert_array_equal(small[:, :, 0, 0], corner.round())
