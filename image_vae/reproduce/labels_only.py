"""The baseline of semi-supervised models: a classifier trained on the labelled images alone."""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float, Int

from graphvae_data.core.rng import numpy_seed
from image_vae.data.feed import Feed
from image_vae.results.result import ImageFitResult

HIDDEN = 500
"""Width of its hidden layer, as of q(y | x) in M2."""


def classifier_accuracy(result: ImageFitResult) -> float:
    """Return the accuracy on test images of a network of one hidden layer.

    It is trained by scikit-learn (`MLPClassifier` with its default settings: Adam, until the loss
    does not fall for ten epochs, at most 200) on the training images whose label is known in the
    run.
    """
    from sklearn.exceptions import ConvergenceWarning  # slow to import
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((HIDDEN,), random_state=numpy_seed(result.config.run.seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(*_labelled(result.experiment.feed("train")))
    return float(model.score(*_labelled(result.experiment.feed("test"))))


def _labelled(
    feed: Feed,
) -> tuple[Float[np.ndarray, "image pixel"], Int[np.ndarray, " image"]]:
    """Return the images with a known label, flattened, with values from 0 to 1; and the labels."""
    assert feed.label is not None, "a model that infers a label"
    labels = feed.label.of_row[feed.part.rows]
    known = np.flatnonzero(labels >= 0)
    images = feed.part.images.take(known)
    return images.reshape(len(images), -1) / np.float32(255), labels[known]
