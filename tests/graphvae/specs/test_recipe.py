"""Recipes: parts that go together, and messages for those that do not."""

import json

import pytest

from graphvae.runs.experiment import mlp_config
from graphvae.specs.presets import PRESETS
from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae_data.core.errors import InputError
from graphvae_data.core.layers import Layer, overridden
from image_vae.specs.bounds import Elbo
from image_vae.specs.priors import Normal, Vamp
from tests.graphvae.configs import make_config


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_json_exactly(name: str) -> None:
    recipe = PRESETS[name].recipe
    back = type(recipe).model_validate(json.loads(recipe.model_dump_json()))
    assert back == recipe
    parts = ("encoder", "decoder", "loss", "prior", "bound", "penalty", "adversary", "posterior")
    assert [type(getattr(back, part)) for part in parts] == [
        type(getattr(recipe, part)) for part in parts
    ]
    assert hash(back) == hash(recipe)


@pytest.mark.parametrize("name", PRESETS)
def test_differences_turn_one_recipe_into_another(name: str) -> None:
    base = FitConfig(dataset="karate")
    other = FitConfig(dataset="karate", **dict(PRESETS[name].recipe))
    flat = CATALOGUE.differences(base, other)
    assert overridden(base, [Layer(CATALOGUE.nested(flat))], CATALOGUE) == other


def test_every_setting_has_its_place_in_help() -> None:
    sections = {flat.section for flat in CATALOGUE.flats.values()}
    assert sections == {"Model", "Objective", "Training", "Split and evaluation", "Run"}
    assert all(flat.help.strip() for flat in CATALOGUE.flats.values())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"model": "strong-gae", "prior": "vamp"},
            "prior: vamp is for variational models; choose --posterior gaussian or a model such as "
            "vgae",
        ),
        (
            {"model": "gae", "warmup": 3},
            "penalty: weight is for variational models; choose --posterior gaussian or a model "
            "such as vgae",
        ),
        (
            {"model": "arvgae", "prior": "vamp"},
            "prior: the adversary draws its codes from a standard normal, got vamp",
        ),
        (
            {"warmup": 3, "penalty": "free-bits"},
            "warmup: penalty free-bits has no such setting; penalty weight has",
        ),
        (
            {"prior": "mog", "prior_components": 2.5},
            "prior_components: expected a whole number of at least 1, got 2.5",
        ),
        (
            {"prior": "mog", "prior_components": True},
            "prior_components: expected a whole number of at least 1, got True",
        ),
        (
            {"penalty": "free-bits", "free_bits": float("nan")},
            "free_bits: expected a number of at least 0, got nan",
        ),
        (
            {"bound": "iwae", "loss": "sampled"},
            "bound: iwae bounds the likelihood of the whole graph; it needs the loss elbo, got "
            "sampled",
        ),
        (
            {"bound": "iwae", "loss": "elbo", "penalty": "free-bits"},
            "penalty: iwae has no divergence of its own to weigh, got FreeBits(free_bits=0.5)",
        ),
        (
            {"model": "strong-gae", "loss": "paper"},
            "loss: paper needs the decoder inner-product, got hadamard-mlp; choose sampled",
        ),
        (
            {"model": "st-gae", "latent": 7},
            "latent: source-target needs an even number, got 7",
        ),
        (
            {"batch_size": 10},
            "batch_size: loss paper has no such setting; loss sampled has",
        ),
        (
            {"model": "linear-gae", "propagate": "once", "dropout": 0.5},
            "propagate: once requires no dropout, got 0.5",
        ),
        (
            {"val_fraction": 0.5, "test_fraction": 0.6},
            "val_fraction: 0.5 and test_fraction 0.6 leave no edges to train on; choose smaller "
            "ones",
        ),
        ({"capture": True}, "capture: needs a CUDA device, got 'cpu'"),
        (
            {"capture": True, "device": "cuda", "warmup": 3},
            "capture: does not support penalty Weight(beta=1.0, warmup=3)",
        ),
        (
            {"capture": True, "device": "cuda", "model": "sage"},
            "capture: does not support encoder Sage(hidden=32, dropout=0.0)",
        ),
        ({"modle": "gae"}, "modle: no such setting (did you mean mode?)"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        make_config("karate", **settings)  # type: ignore[arg-type]
    assert str(error.value).split(" (did")[0] == message.split(" (did")[0]


def test_the_baseline_has_the_users_settings_and_none_of_the_presets() -> None:
    config = make_config(loss="elbo", prior="mog", bound="iwae", hidden=48)
    baseline = mlp_config(config, directed=False)
    assert (baseline.prior, baseline.bound) == (Normal(), Elbo())
    assert baseline.encoder.hidden_width == 48
    strong = mlp_config(make_config(model="strong-gae", epochs=7), directed=False)
    assert (strong.training.epochs, strong.latent, strong.training.masked) == (7, 16, 0.0)


def test_parts_from_python_are_taken_as_they_are() -> None:
    assert make_config(prior=Vamp(components=7)).prior == Vamp(components=7)
    assert make_config(prior=Vamp).prior == Vamp()
    assert make_config(prior=Vamp(components=7), prior_components=9).prior == Vamp(components=9)
