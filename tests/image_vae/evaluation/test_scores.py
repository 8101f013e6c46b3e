"""Scores: the bound at weight one, and a likelihood that does not depend on the chunk size."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from graphvae_data.images.images import load_images
from image_vae.data.binarize import Binarization
from image_vae.data.feed import Feed
from image_vae.evaluation.scores import bound_scores, likelihood, measure_of
from image_vae.parts.bounds import elbo
from image_vae.results.result import ImageFitResult
from image_vae.runs.fit import fit
from image_vae.specs.likelihoods import BernoulliPixels, GaussianPixels, LogisticPixels


def test_the_bound_is_reconstruction_and_divergence_at_weight_one() -> None:
    weighed = fit("digits", "beta-vae", beta=20.0, epochs=1, hidden=(16,), latent=(3,))
    found = weighed.experiment.bound(weighed.experiment.feed("test"))
    assert found.elbo == pytest.approx(-found.reconstruction - sum(found.kl.values()), rel=1e-5)
    assert found.bits_per_dim == pytest.approx(-found.elbo / 64 / math.log(2))
    assert (found.images, found.binarize) == (180, "dynamic")


def test_the_bound_is_the_mean_over_the_images(small: Callable[[str], ImageFitResult]) -> None:
    result = small("vae")
    model, feed = result.experiment.model, result.experiment.feed("test")
    found = bound_scores(model, feed, seed=0, samples=200)
    images = torch.cat(list(feed.in_order(5)))  # 1000 // 200 at a time, drawn alike
    with torch.no_grad():
        trace = model({"x": images}, 200, torch.Generator().manual_seed(1))
    assert found.elbo == pytest.approx(float(elbo(trace).mean()), abs=0.15)


def test_the_likelihood_lies_above_the_bound(small: Callable[[str], ImageFitResult]) -> None:
    result = small("vae")
    model, feed = result.experiment.model, result.experiment.feed("test")
    found = likelihood(model, feed, seed=0, samples=200)
    assert -found.nll > bound_scores(model, feed, seed=0).elbo
    assert (found.images, found.samples) == (180, 200)
    assert 0 < found.standard_error < 2


@pytest.mark.slow
def test_the_likelihood_does_not_depend_on_the_chunk(
    small: Callable[[str], ImageFitResult],
) -> None:
    result = small("vae")
    model, feed = result.experiment.model, result.experiment.feed("test")
    values = [
        likelihood(model, feed, seed=0, samples=300, limit=20, chunk=chunk).nll
        for chunk in (50, 1_000, 10_000)
    ]
    assert max(values) - min(values) < 0.3


def test_it_tells_of_every_image(small: Callable[[str], ImageFitResult]) -> None:
    result, heard = small("vae"), list[int]()
    result.likelihood("test", samples=2, limit=100, chunk=400, on_images=heard.append)
    assert sum(heard) == 100


@pytest.mark.slow
def test_bits_per_dim_are_of_a_probability_only(small: Callable[[str], ImageFitResult]) -> None:
    density = small("mog-vae").metrics["test"]
    assert (density["measure"], density["bits_per_dim"]) == ("density", None)
    assert small("vae").metrics["test"]["measure"] == "probability"
    feed = Feed(load_images("digits").test, Binarization.NONE, seed=0, device=torch.device("cpu"))
    assert measure_of(BernoulliPixels(), feed) == "cross-entropy"
    assert measure_of(LogisticPixels(), feed) == "probability"
    assert measure_of(GaussianPixels(), feed) == "density"


def test_pixels_of_0_and_1_need_no_binarisation_to_have_a_probability() -> None:
    drawn = np.random.default_rng(0).integers(0, 2, (40, 4, 4), dtype=np.uint8)
    result = fit(drawn, binarize="none", epochs=1, hidden=(8,), latent=(2,), batch_size=5)
    assert result.metrics["test"]["measure"] == "probability"
    assert result.metrics["test"]["bits_per_dim"] > 0


@pytest.mark.slow
def test_the_weighted_bound_stands_beside_the_elbo(small: Callable[[str], ImageFitResult]) -> None:
    scores = small("iwae-2").metrics["test"]
    assert scores["weighted"]["samples"] == 2
    assert scores["weighted"]["value"] > scores["elbo"] - 0.5
    assert "weighted" not in small("vae").metrics["test"]


def test_one_image_has_no_spread(small: Callable[[str], ImageFitResult]) -> None:
    data = small("vae").experiment.data
    one = fit(data.whole.images.array()[:9], epochs=1, hidden=(8,), latent=(2,), batch_size=2)
    assert one.metrics["test"]["active_units"] == {"z": None}
    assert one.likelihood("test", samples=5).standard_error is None
