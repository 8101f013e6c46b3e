"""Disentanglement reports of a model and its baselines on real images."""

import json

import numpy as np
import pytest
import torch

from graphvae_data.core.errors import InputError
from graphvae_data.images.images import load_images
from image_vae.disentanglement import representations
from image_vae.disentanglement.choices import BASELINES, METRICS, check_baselines, check_metrics
from image_vae.disentanglement.code import encode
from image_vae.disentanglement.measure import Effort, measure
from image_vae.disentanglement.report import disentanglement
from image_vae.parts.distributions.posteriors import PointMass
from image_vae.training.experiment import ImageExperiment, prepare, untrained
from tests.image_vae.configs import image_config

LITTLE = Effort(votes=200, test_votes=100, draws=100)


def experiment(
    dataset: str = "sprites-toy", model: str = "vae", **given: object
) -> ImageExperiment:
    sizes = {"latent": (3,) if model == "vae" else (3, 2), "hidden": (16,)}
    config = image_config(dataset=dataset, model=model, **(sizes | given))
    return prepare(config, load_images(dataset))


@pytest.fixture(scope="module")
def toy() -> ImageExperiment:
    return experiment()


@pytest.mark.slow
def test_everything_at_once_is_plain(toy: ImageExperiment) -> None:
    heard = []
    found = disentanglement(
        toy,
        METRICS,
        baselines=BASELINES,
        effort=LITTLE,
        on_metric=lambda *names: heard.append(names),
    )
    plain = found.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert (plain["pictures"], plain["aggregate"]) == (432, 432)
    assert plain["factors"] == ["shape", "x", "y"]
    of_points = [metric for metric in METRICS if metric not in ("mig", "tc", "mi")]
    assert {name: sorted(each) for name, each in found.scores.items()} == {
        "model": sorted(METRICS),
        "untrained": sorted(METRICS),
        **{name: sorted(of_points) for name in ("pca", "ica", "pixels")},
    }
    assert len(heard) == 2 * len(METRICS) + 3 * len(of_points)
    assert found.scores["model"] != found.scores["pca"]


def test_a_model_that_was_never_trained_is_its_own_baseline(toy: ImageExperiment) -> None:
    numbers = disentanglement(
        toy, ("higgins", "mig-hist", "mi"), baselines=("untrained",), effort=LITTLE
    ).numbers()
    assert numbers["model"] == numbers["untrained"]
    weights = zip(toy.model.parameters(), untrained(toy).parameters(), strict=True)
    assert all(torch.equal(first, second) for first, second in weights)


@pytest.mark.slow
def test_a_number_does_not_depend_on_what_else_was_asked_for(toy: ImageExperiment) -> None:
    together = disentanglement(toy, METRICS, effort=LITTLE).numbers()["model"]
    alone = disentanglement(toy, ("tc",), effort=LITTLE).numbers()["model"]
    assert alone == {"tc": together["tc"]}
    assert disentanglement(toy, ("tc",), effort=LITTLE, seed=1).numbers()["model"] != alone


def test_the_pools_are_cut_to_what_was_asked_for(toy: ImageExperiment) -> None:
    found = disentanglement(toy, ("mig-hist", "mi"), codes=300, aggregate=50, effort=LITTLE)
    assert (found.pictures, found.aggregate) == (300, 50)
    assert found.scores["model"]["mi"].log_n == pytest.approx(np.log(50))


def test_components_are_orthogonal_and_whitened(generator: torch.Generator) -> None:
    data = load_images("sprites-toy")
    rows = np.arange(432)
    assert data.factors is not None
    for make in (representations.pca, representations.ica):
        codes = encode(make(data.whole, 4, generator), data.factors, rows).mean
        spread = np.cov(codes.T)
        assert spread == pytest.approx(np.diag(np.diag(spread)), abs=2e-3)
    assert np.diag(spread) == pytest.approx(np.ones(4), rel=0.01)


def test_pixels_know_where_a_sprite_is() -> None:
    data = load_images("sprites-toy")
    assert data.factors is not None
    codes = encode(representations.pixels(data.whole, 432), data.factors, np.arange(432))
    assert codes.mean.shape == (432, 256)
    assert codes.mean.max() == 1
    found = measure(codes, ("dci",), seed=0)["dci"]
    assert found.lasso.explained["x"] > 0.6
    assert found.lasso.explained["shape"] < found.lasso.explained["x"]


def test_a_code_drawn_from_another_code_is_a_point(generator: torch.Generator) -> None:
    deep = experiment(model="iwae-2", hidden_between=(8,), samples=1)
    with pytest.raises(InputError, match="expected codes with a density"):
        disentanglement(deep, ("tc",), effort=LITTLE)
    found = disentanglement(deep, ("tc", "dci"), effort=LITTLE)
    assert list(found.scores["model"]) == ["dci"]
    assert "expected codes with a density" in found.skipped["model"]["tc"]
    found = disentanglement(deep, ("mi",), layer="z1", effort=LITTLE)
    assert np.isfinite(found.numbers()["model"]["mi"])
    made = representations.model_code(deep.model, deep.feed("test"), generator)
    assert isinstance(made(np.arange(3)), PointMass)


@pytest.mark.slow
def test_principal_components_of_dsprites_beat_an_untrained_encoder(toy: ImageExperiment) -> None:
    """Higgins et al. 2017, table 1: 84.9 against 44.1, there with another classifier."""
    sprites = experiment("dsprites", latent=(10,), hidden=(64,))
    found = disentanglement(
        sprites, ("higgins", "dci"), baselines=("pca",), codes=2_000, seed=0
    ).numbers()
    known = "dci informativeness (lasso)"
    assert found["pca"]["higgins"] > found["model"]["higgins"] > 0.3
    assert found["pca"][known] > found["model"][known]


def test_names_are_put_in_order_once() -> None:
    assert check_metrics(["mi", "nll", "higgins", "mi"], ("nll",)) == ("higgins", "mi")
    assert check_baselines(["pixels", "pca"]) == ("pca", "pixels")
    with pytest.raises(InputError, match=r"metrics: expected some of nll, .*got 'mgi'"):
        check_metrics(["mgi"], ("nll",))
    with pytest.raises(InputError, match=r"baselines: expected some of untrained, .*got 'pcs'"):
        check_baselines(["pcs"])


def test_what_cannot_be_is_refused(toy: ImageExperiment, generator: torch.Generator) -> None:
    with pytest.raises(InputError, match="higgins need a dataset with known factors"):
        disentanglement(experiment("digits"), ("higgins",))
    with pytest.raises(InputError, match="codes: expected at least 2, got 1"):
        disentanglement(toy, ("dci",), codes=1)
    with pytest.raises(InputError, match="layer: expected one of z, got 'y'"):
        disentanglement(toy, ("dci",), layer="y")
    with pytest.raises(InputError, match="pixels: expected codes of at most 4 GiB"):
        representations.pixels(toy.data.whole, 10**8)
    with pytest.raises(InputError, match=r"components: expected at most 256 .* got 300"):
        representations.pca(toy.data.whole, 300, generator)
