"""Which coordinate follows which factor: a perfect code, and runs with and without factors."""

import numpy as np
import pytest
import torch

from image_vae.disentanglement import following as module
from image_vae.disentanglement.following import Following, following
from image_vae.parts.distributions.posteriors import PointMass
from image_vae.runs.fit import fit

SMALL = {"epochs": 1, "hidden": (8,), "latent": (3,)}


@pytest.fixture(scope="module")
def sprites():
    return fit("sprites-toy", "beta-vae", **SMALL).experiment


def test_a_code_of_the_factors_follows_each_with_one_coordinate(sprites, monkeypatch):
    factors = sprites.data.factors

    def perfect(model, feed, generator, layer):
        return lambda rows: PointMass(torch.from_numpy(factors.of_row[rows][:, ::-1].copy()) * 1.0)

    monkeypatch.setattr(module, "model_code", perfect)
    found = following(sprites)
    assert found.names == ("shape", "x", "y")
    assert [found.of(each) for each in range(3)] == ["y", "x", "shape"]
    assert np.allclose(found.share, np.eye(3)[::-1], atol=1e-6)
    assert found.mig == pytest.approx(1.0)
    assert found.pictures == 432


def test_a_trained_code_has_a_share_for_each_pair(sprites):
    found = following(sprites)
    assert found.share.shape == (3, 3)
    assert (found.share >= -1e-9).all()
    assert (found.share <= 1).all()
    assert np.array_equal(found.share, following(sprites).share)


def test_images_without_factors_have_nothing_to_follow(small):
    assert following(small("vae").experiment) is None


def test_a_coordinate_that_tells_next_to_nothing_follows_none():
    found = Following("z", ("x", "y"), np.array([[0.09, 0.02]]), 0.0, 10)
    assert found.of(0) is None
