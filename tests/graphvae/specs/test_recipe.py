"""Recipes: parts that go together, and messages for those that do not."""

import json

import pytest

from graphvae.setup.experiment import mlp_config
from graphvae.specs.presets import PRESETS
from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae_data.core.errors import InputError
from graphvae_data.settings.layers import Layer, overridden
from graphvae_data.settings.setting_errors import expectation
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
            "prior: vamp is for variational models; choose the posterior gaussian or a model such "
            "as vgae",
        ),
        (
            {"model": "gae", "warmup": 3},
            "penalty: weight is for variational models; choose the posterior gaussian or a model "
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
            {"bound": "iwae", "loss": "sampled"},
            "bound: iwae bounds the likelihood of the whole graph; it needs the loss elbo, got "
            "sampled",
        ),
        (
            {"bound": "iwae", "loss": "elbo", "penalty": "free-bits"},
            "penalty: iwae has no separate divergence to weight, got "
            "FreeBits(free_bits=0.5, free_bits_per='coordinate')",
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
            "batch_size: loss paper has no such setting; loss sampled or bpr or hard has",
        ),
        (
            {"model": "linear-gae", "propagate": "once", "dropout": 0.5},
            "propagate: once requires no dropout, got 0.5",
        ),
        (
            {"val_fraction": 0.5, "test_fraction": 0.6},
            "val_fraction: 0.5 and a test fraction of 0.6 leave no edges for training; choose "
            "smaller ones",
        ),
        ({"capture": True}, "capture: needs a CUDA device, got 'cpu'"),
        (
            {"capture": True, "device": "cuda", "warmup": 3},
            "capture: does not support penalty Weight(beta=1.0, warmup=3.0)",
        ),
        (
            {"capture": True, "device": "cuda", "model": "sage"},
            "capture: does not support encoder SageEncoder(hidden=32, dropout=0.0)",
        ),
        (
            {"penalty": "decomposed", "prior": "mog", "loss": "elbo"},
            "penalty: decomposed needs a prior with independent coordinates, such as normal; got "
            "mog",
        ),
        (
            {"penalty": "decomposed", "groups": (2, 3), "latent": 6},
            "groups: expected sizes that sum to the latent width 6, got 2,3",
        ),
        ({"samples": 2}, "samples: elbo draws one on graphs, got 2"),
        ({"penalty": "density-ratio"}, "penalty: density-ratio is for images only"),
        ({"bound": "adversarial"}, "bound: adversarial is for images only"),
        (
            {"select": "auc+mrr"},
            "select: expected a name such as auc, ap, auc+ap, mrr, hits@20, precision@100, "
            "mrr-per-source, hits@20-per-source, precision@100-per-source, map-per-source, "
            "recall@20-per-source, ndcg@20-per-source (K at least 1), got 'auc+mrr' "
            "(did you mean auc+ap?)",
        ),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        make_config("karate", **settings)  # type: ignore[arg-type]
    assert str(error.value) == message


ACCEPTED = {
    "a whole number of at least 1": "hidden hops attention_heads latent prior_components "
    "posterior_hidden prior_steps prior_hidden decoder_hidden "
    "decoder_layers negative_ratio candidates samples capacity_steps epochs validate_every",
    "a whole number of at least 0": "seed label_seed lr_warmup posterior_steps posterior_context",
    "a whole number of at least 1, or none": "batch_size patience labels_per_class "
    "decoder_signatures",
    "a whole number from 1 to 4096, or none": "threads",
    "a whole number of at least 2, or none": "decode_nodes",
    "a positive number": "gamma adversary_lr lr optimizer_eps",
    "a positive number, or none": "clip_grad",
    "a number of at least 0": "decay decode_alpha beta warmup capacity free_bits alpha within "
    "label_weight optimizer_weight_decay",
    "a number from 0 up to 1": "dropout state_dropout decoder_dropout masked ema optimizer_beta1 "
    "optimizer_beta2",
    "a number from 0 to 1": "rates_end hard_share",
    "a number between 0 and 1": "val_fraction test_fraction",
    "true or false": "bias features capture deterministic val_edges refit baselines",
    "one of coordinate, map": "free_bits_per",
    "one of glorot, orthogonal": "init",
    "one of each-step, once": "propagate",
    "one of none, tf-idf": "scaling",
    "one of hfvae, stratified, weighted": "tc_weights",
    "one of random, time": "split_by",
    "one of uniform, degree, heart, all": "select_negatives",
    "whole numbers of at least 1": "groups",
    "whole numbers of at least 1, at least one of them": "adversary_hidden",
    "text": "select device",
}
"""What every setting takes."""
NO_WHOLE = (0.5, 1.0, True, "1", float("nan"), (1,))
NO_NUMBER = (float("nan"), float("inf"), -float("inf"), "1", True)
REFUSED = {
    "a whole number of at least 1": (0, -1, None, *NO_WHOLE),
    "a whole number of at least 0": (-1, None, *NO_WHOLE),
    "a whole number of at least 1, or none": (0, -1, *NO_WHOLE),
    "a whole number from 1 to 4096, or none": (0, -1, 4097, *NO_WHOLE),
    "a whole number of at least 2, or none": (1, 0, *NO_WHOLE),
    "a positive number": (0.0, -0.1, None, *NO_NUMBER),
    "a positive number, or none": (0.0, -0.1, *NO_NUMBER),
    "a number of at least 0": (-0.1, None, *NO_NUMBER),
    "a number from 0 up to 1": (-0.1, 1.0, 1.5, None, *NO_NUMBER),
    "a number from 0 to 1": (-0.1, 1.5, None, *NO_NUMBER),
    "a number between 0 and 1": (-0.1, 0.0, 1.0, None, *NO_NUMBER),
    "true or false": (0, 1, "true", None),
    "whole numbers of at least 1": ((0,), (2, -1), (1.5,), ("1",), 0, 1.5, "3"),
    "whole numbers of at least 1, at least one of them": ((), (0,), 0, None),
    "text": (3, None, True),
}
"""Values that are refused; of closed lists, those that are no such word."""


def test_what_every_setting_takes_is_known() -> None:
    taken = {name: what for what, names in ACCEPTED.items() for name in names.split()}
    settings = {name: flat for name, flat in CATALOGUE.flats.items() if flat.family is None}
    for name, flat in settings.items():
        assert {expectation(field) for field in flat.fields.values()} == {taken.get(name)}, name
    assert taken.keys() == settings.keys()


@pytest.mark.parametrize("what", ACCEPTED)
def test_values_out_of_bounds_are_refused_by_name(what: str) -> None:
    for name in ACCEPTED[what].split():
        flat = CATALOGUE.flats[name]
        for part in flat.fields:
            chosen = {flat.path[0]: part} if part else {}
            for value in REFUSED.get(what, ("othrer", 3, None)):
                with pytest.raises(InputError) as error:
                    make_config(**{**chosen, name: value})
                said = str(error.value)
                assert said.startswith(f"{name}: expected {what}, got "), said
                assert "\n" not in said


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
