"""Image configurations: complete when made, refused in one line, the same after a file."""

import json
from dataclasses import fields

import pytest
from image_vae.specs.recipes import RECIPES, SETTINGS, Settings, recipe

from graphvae_data.core.checks import option
from graphvae_data.core.errors import InputError
from image_vae.specs.config import BELONGS, CHOICES, ImageConfig


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_fills_every_setting_in(name: str) -> None:
    config = ImageConfig(dataset="digits", model=name)
    assert config.settings == recipe(name).settings
    assert config.recipe is RECIPES[name]
    assert config.binarize == ("none" if name == "infogan" else "dynamic")


@pytest.mark.parametrize("name", RECIPES)
def test_a_configuration_is_the_same_after_a_file(name: str) -> None:
    config = ImageConfig(dataset="digits", model=name, lr=0.25, batch_size=7, seed=3)
    values = json.loads(json.dumps(config.to_dict()))
    assert ImageConfig.from_dict(values) == config
    assert {setting for setting in SETTINGS if values[setting] is None} <= {"steps"}


CHANGED = {
    "latent": (3,),
    "hidden": (9,),
    "hidden_between": (4,),
    "network": "conv",
    "activation": "gated",
    "likelihood": "logistic",
    "prior": "mog",
    "estimator": "elbo-mc",
    "k": 3,
    "penalty": "capacity",
    "beta": 2.0,
    "warmup": 5,
    "batch_size": 9,
    "batches": "one-factor",
    "epochs": 2,
    "steps": 7,
    "lr": 0.5,
    "rates": "burda",
}


@pytest.mark.parametrize("name", CHANGED)
def test_what_a_person_sets_takes_the_recipes_place(name: str) -> None:
    config = ImageConfig(dataset="digits", **{name: CHANGED[name]})
    assert config.settings == Settings(**{name: CHANGED[name]})
    assert ImageConfig.from_dict(config.to_dict()) == config


def test_passes_that_are_asked_for_are_not_cut_short_by_the_recipes_limit() -> None:
    assert ImageConfig(dataset="digits", model="dc-ign").steps == 300_000
    config = ImageConfig(dataset="digits", model="dc-ign", epochs=1000)
    assert config.steps is None
    assert ImageConfig.from_dict(config.to_dict()) == config
    assert ImageConfig(dataset="digits", model="dc-ign", epochs=1000, steps=7).steps == 7


def test_settings_beside_the_part_they_belong_to() -> None:
    config = ImageConfig(
        dataset="digits", penalty="capacity", gamma=10.0, capacity=3.0, capacity_steps=5
    )
    assert (config.gamma, config.capacity, config.capacity_steps) == (10.0, 3.0, 5)
    free = ImageConfig(dataset="digits", penalty="free-bits", free_bits=0.0)
    assert free.settings.free_bits == 0
    vamp = ImageConfig(dataset="digits", model="vae", prior="vamp", prior_components=9)
    assert vamp.settings.prior_components == 9
    assert set(CHANGED) | set(BELONGS) | {"discriminator_lr"} == set(SETTINGS)


def test_grey_levels_stay_grey_unless_pixels_are_binary() -> None:
    def binarize(**given: str) -> str | None:
        return ImageConfig(dataset="digits", **given).binarize

    assert binarize() == "dynamic"
    assert binarize(likelihood="gaussian") == binarize(likelihood="logistic") == "none"
    assert binarize(binarize="threshold") == "threshold"
    assert binarize(likelihood="gaussian", binarize="fixed") == "fixed"


def unchecked(**given: object) -> ImageConfig:
    """Make a configuration without the type checker of the tests, as a person's program does."""
    config = object.__new__(ImageConfig)
    for field in fields(ImageConfig):
        object.__setattr__(config, field.name, given.get(field.name, field.default))
    config.__post_init__()
    return config


REFUSED = [
    ({"model": "vea"}, "model: expected one of vae, "),
    ({"prior_components": 0, "prior": "mog"}, "prior-components: expected a whole number"),
    ({"k": 0}, "k: expected a whole number of at least 1, got 0"),
    ({"k": True}, "k: expected a whole number of at least 1, got True"),
    ({"capacity_steps": 0}, "capacity-steps: expected a whole number of at least 1"),
    ({"batch_size": 0}, "batch-size: expected a whole number of at least 1"),
    ({"batch_size": 1.5}, "batch-size: expected int | None, got 1.5"),
    ({"epochs": -1}, "epochs: expected a whole number of at least 1"),
    ({"threads": 0}, "threads: expected a whole number of at least 1"),
    ({"seed": -1}, "seed: expected a whole number of at least 0"),
    ({"warmup": -1}, "warmup: expected a whole number of at least 0"),
    ({"gamma": 0.0, "penalty": "capacity"}, "gamma: expected a positive number"),
    ({"lr": 0.0}, "lr: expected a positive number, got 0.0"),
    ({"lr": float("nan")}, "lr: expected a positive number, got nan"),
    ({"lr": float("inf")}, "lr: expected a positive number, got inf"),
    ({"lr": "1"}, "lr: expected float | None, got '1'"),
    ({"beta": -1.0}, "beta: expected a number of at least 0"),
    ({"beta": False}, "beta: expected a number of at least 0, got False"),
    ({"capacity": -1.0, "penalty": "capacity"}, "capacity: expected a number of at least 0"),
    ({"free_bits": -0.1, "penalty": "free-bits"}, "free-bits: expected a number of at least 0"),
    ({"latent": ()}, "latent: expected at least one width, got none"),
    ({"hidden": ()}, "hidden: expected at least one width, got none"),
    ({"latent": (0,)}, "latent: expected a whole number of at least 1, got 0"),
    ({"hidden": (9, -1)}, "hidden: expected a whole number of at least 1, got -1"),
    ({"hidden_between": (0,)}, "hidden-between: expected a whole number of at least 1, got 0"),
    ({"latent": (3, 2)}, "latent: vae has 1 codes; expected a width for each"),
    ({"model": "hvae", "latent": (3,)}, "latent: hvae has 2 codes"),
    ({"model": "iwae-2", "latent": (3,)}, "latent: iwae-2 has two or more codes"),
    ({"model": "hierarchical-vae", "latent": (3,)}, "latent: hierarchical-vae has two or more"),
    ({"penalty": "capacity", "beta": 2.0}, "beta: goes with --penalty weight, decomposed, and"),
    ({"penalty": "free-bits", "warmup": 2}, "warmup: goes with --penalty weight"),
    ({"gamma": 2.0}, "gamma: goes with --penalty capacity, decomposed, density-ratio, and"),
    ({"capacity": 2.0}, "capacity: goes with --penalty capacity"),
    ({"capacity_steps": 2}, "capacity-steps: goes with --penalty capacity"),
    ({"free_bits": 0.1}, "free-bits: goes with --penalty free-bits"),
    ({"alpha": 2.0}, "alpha: goes with --penalty decomposed, and this is 'weight'"),
    ({"within": 2.0}, "within: goes with --penalty decomposed"),
    ({"tc_weights": "stratified"}, "tc-weights: goes with --penalty decomposed"),
    ({"groups": (25, 25)}, "groups: goes with --penalty decomposed"),
    ({"discriminator": (9,)}, "discriminator: goes with --penalty density-ratio"),
    ({"discriminator_lr": 0.1}, "discriminator-lr: goes with --penalty density-ratio"),
    ({"model": "factor-vae", "discriminator": ()}, "discriminator: expected at least one width"),
    ({"model": "hfvae", "groups": (4, 4)}, "groups: expected sizes that sum to the latent width"),
    ({"model": "hfvae", "latent": (4,)}, "groups: expected sizes that sum to the latent width 4"),
    ({"model": "beta-tcvae", "alpha": -1.0}, "alpha: expected a number of at least 0"),
    ({"model": "beta-tcvae", "prior": "mog"}, "penalty: decomposed goes with a prior of"),
    ({"model": "hvae", "penalty": "decomposed"}, "penalty: decomposed is of a model of one code"),
    ({"model": "hvae", "penalty": "density-ratio"}, "penalty: density-ratio is of a model of one"),
    ({"model": "hvae", "batches": "one-factor"}, "batches: one-factor is of a model of one code"),
    ({"noise": 9}, "noise: goes with --estimator adversarial, and this is 'elbo'"),
    ({"categories": (9,)}, "categories: goes with --estimator adversarial"),
    ({"information": 9.0}, "information: goes with --estimator adversarial"),
    ({"prior": "uniform"}, "prior: uniform is that of --estimator adversarial"),
    ({"estimator": "adversarial"}, "prior: uniform is that of --estimator adversarial"),
    ({"model": "infogan", "prior": "mog"}, "prior: uniform is that of --estimator adversarial"),
    ({"model": "infogan", "noise": 0}, "noise: expected a whole number of at least 1"),
    ({"model": "infogan", "information": -1.0}, "information: expected a number of at least 0"),
    ({"model": "infogan", "beta": 2.0}, "estimator: adversarial has no divergence"),
    ({"model": "infogan", "k": 2}, "estimator: adversarial has no samples to take k of"),
    ({"prior_components": 9}, "prior-components: goes with --prior mog, vamp, vamp-data"),
    ({"model": "iwae", "beta": 2.0}, "estimator: iwae bounds log p(x) itself; leave out"),
    ({"model": "iwae", "warmup": 2}, "estimator: iwae bounds log p(x) itself"),
    ({"model": "iwae", "penalty": "free-bits"}, "estimator: iwae bounds log p(x) itself"),
    ({"model": "beta-vae", "estimator": "iwae"}, "estimator: iwae bounds log p(x) itself"),
    ({"model": "iwae-2", "prior": "vamp"}, "prior: vamp encodes images into the topmost code"),
    ({"model": "iwae-2", "prior": "vamp-data"}, "prior: vamp-data encodes images"),
    ({"model": "iwae-2", "prior": "aggregate"}, "prior: aggregate encodes images"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_makes_no_sense_is_refused_in_one_line(given: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        unchecked(dataset="digits", **given)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", CHOICES)
def test_a_closed_list_names_its_choices(name: str) -> None:
    with pytest.raises(InputError) as caught:
        unchecked(**{"dataset": "digits", name: "other"})
    expected = ", ".join(CHOICES[name])
    assert str(caught.value) == f"{option(name)}: expected one of {expected}, got 'other'"


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_is_taken(name: str) -> None:
    infogan = {"estimator": "adversarial", "prior": "uniform"}
    beside = {"penalty": "decomposed"} if name == "tc_weights" else {}
    for choice in CHOICES[name]:
        given = {**beside, **(infogan if choice in infogan.values() else {}), name: choice}
        assert getattr(ImageConfig(dataset="digits", **given), name) == choice


@pytest.mark.parametrize(
    ("penalty", "gamma"), [("capacity", 1000), ("decomposed", 1), ("density-ratio", 10)]
)
def test_gamma_is_what_its_penalty_takes_it_for(penalty: str, gamma: float) -> None:
    config = ImageConfig(dataset="digits", penalty=penalty)
    assert config.gamma == gamma
    assert ImageConfig.from_dict(config.to_dict()) == config
    assert ImageConfig(dataset="digits", penalty=penalty, gamma=3.0).gamma == 3


def test_a_file_with_other_settings_is_refused() -> None:
    with pytest.raises(InputError, match=r"lr: expected float \| None, got 'fast'"):
        ImageConfig.from_dict({"dataset": "digits", "lr": "fast"})
    with pytest.raises(InputError, match="config: unknown setting 'bta'"):
        ImageConfig.from_dict({"dataset": "digits", "bta": 1})
    with pytest.raises(InputError, match="config: no setting 'dataset'"):
        ImageConfig.from_dict({"model": "vae"})
