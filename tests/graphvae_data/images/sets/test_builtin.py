"""The built-in image datasets."""

import numpy as np
from sklearn.datasets import load_digits

from graphvae_data.images.images import load_images
from graphvae_data.images.sets.builtin import SHAPES, sprite


def test_digits_are_scikit_learns_in_256_levels() -> None:
    data = load_images("digits")
    theirs = load_digits()
    result = data.whole.images.array()[:, 0]
    assert np.abs(result / 255 - theirs.images / 16).max() <= 0.5 / 255
    assert (result.min(), result.max()) == (0, 255)
    assert np.array_equal(data.whole.labels, theirs.target)
    assert data.class_names == tuple("0123456789")


def test_toy_sprites_are_drawn_where_their_factors_say() -> None:
    data = load_images("sprites-toy")
    assert data.factors.names == ("shape", "x", "y")
    assert data.factors.sizes == (3, 12, 12)
    for shape, area in enumerate((25, 21, 9)):
        (row,) = data.factors.index_of(np.array([[shape, 2, 9]]))
        (picture,) = data.whole.images.take(np.array([row]))
        assert np.array_equal(picture, sprite(shape, 2, 9))
        _, y, x = np.nonzero(picture)
        assert (x.min(), x.max(), y.min(), y.max()) == (2, 6, 9, 13)
        assert (len(x), data.class_names[data.whole.labels[row]]) == (area, SHAPES[shape])


def test_all_toy_sprites_differ() -> None:
    pictures = load_images("sprites-toy").whole.images.array()
    assert len(np.unique(pictures.reshape(len(pictures), -1), axis=0)) == 3 * 12 * 12
