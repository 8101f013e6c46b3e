"""Settings of a run: preset, file, keywords; each over the one before, and refused in one line."""

import json
from pathlib import Path

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.layers import Layer, file_layer, keyword_layer
from graphvae_data.settings.rebuild import rebuild
from image_vae.runs import fit_settings, generate
from image_vae.runs.configure import Facts, configure, file_and_model
from image_vae.specs.bounds import Iwae
from image_vae.specs.encoders import Conv, Mlp
from image_vae.specs.likelihoods import BernoulliPixels
from image_vae.specs.penalties import Capacity, Penalty, Weight
from image_vae.specs.presets import PRESETS
from image_vae.specs.priors import Mog, Normal, Vamp
from image_vae.specs.recipe import CATALOGUE, ImageConfig, ImageRecipe, ImageTraining
from image_vae.specs.recipes.multimodal import MULTIMODAL
from tests.image_vae.configs import image_config


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_resolved_and_survives_a_file(name: str) -> None:
    config = image_config("digits", name, lr=0.25, batch_size=7, seed=3)
    assert config.data.binarize == (
        "none" if name in ("infogan", "iaf-resnet", "nvae-celeba64") else "dynamic"
    )
    training = {**dict(PRESETS[name].recipe.training), "lr": 0.25, "batch_size": 7}
    assert config.training == ImageTraining(**training)
    content = json.loads(json.dumps(config.to_dict()))
    assert rebuild(ImageConfig, content, CATALOGUE, {}) == config


@pytest.mark.parametrize("name", CATALOGUE.flats)
def test_every_setting_can_be_given_by_its_flat_name(name: str) -> None:
    """The default value, to the part that has the setting, changes nothing (but a CPU's name)."""
    flat = CATALOGUE.flats[name]
    if len(flat.path) == 1:
        part = getattr(image_config(), name)
        assert getattr(image_config(**{name: part.kind()}), name) == part
        return
    for part, field in flat.fields.items():
        if flat.path[0] in ("prior", "bound") and part in ("uniform", "adversarial"):
            base = {"prior": "uniform", "bound": "adversarial"}
        else:
            base = {} if part == "" else {flat.path[0]: part}
        base |= {"latent": (4, 3)} if part in ("chain", "hvae", "labelled-codes") else {}
        base |= {"label": "class"} if part in ("labelled", "labelled-codes") else {}
        base |= {"latent": (4, 3, 2)} if part == "hierarchy" else {}
        base |= {"label": "class"} if part.startswith("labelled") else {}
        base |= {"latents": "modalities"} if part in MULTIMODAL else {}
        base |= {"bound": "telbo"} if part == "modalities" else {}
        whole = {**base, name: base.get(name, field.default)}
        if name != "device":
            assert image_config(**whole) == image_config(**base)


def test_the_keywords_of_fit_are_current() -> None:
    source = Path(fit_settings.__file__).read_text(encoding="utf-8")
    assert source == generate.fit_settings()
    assert fit_settings.ImageFitSettings.__annotations__.keys() == CATALOGUE.flats.keys()


def test_another_part_brings_its_own_defaults() -> None:
    def prior(**settings: object) -> object:
        return image_config("digits", "mog-vae", **settings).prior

    assert prior() == prior(prior="mog") == Mog(components=500)
    assert prior(prior_components=7) == Mog(components=7)
    assert prior(prior="vamp", prior_components=9) == Vamp(components=9)
    assert prior(prior="normal") == Normal()
    assert prior(prior=Mog) == Mog(components=500)
    assert prior(prior=Mog()) == Mog(components=10)
    assert image_config("digits", "capacity-vae", penalty="weight").penalty == Weight()


def test_settings_lost_with_a_part_are_named() -> None:
    layers = [keyword_layer(CATALOGUE, {"encoder": "conv"})]
    config, notes = configure("digits", "beta-vae", layers)
    assert config.encoder == Conv()
    assert notes == (
        "encoder: conv has hidden (200, 200) (was (1200, 1200) with mlp)",
        "encoder: conv has activation tanh (was relu with mlp)",
    )
    assert configure("digits", "beta-vae", [])[1] == ()
    chosen = keyword_layer(CATALOGUE, {"encoder": "conv", "hidden": (9,), "activation": "relu"})
    assert configure("digits", "beta-vae", [chosen])[1] == ()


def test_a_recipe_may_be_passed_instead_of_a_name() -> None:
    recipe = ImageRecipe(bound=Iwae(samples=7), encoder=Mlp(hidden=(9,)))
    config, _ = configure("digits", recipe, [keyword_layer(CATALOGUE, {"samples": 3})])
    assert (config.model, config.bound, config.encoder.hidden) == (
        "own-recipe",
        Iwae(samples=3),
        (9,),
    )


def test_epochs_lift_a_limit_on_steps_from_below() -> None:
    def steps(**settings: object) -> int | None:
        return image_config("digits", "dc-ign", **settings).training.steps

    assert steps() == steps(lr=0.1) == 300_000
    assert steps(epochs=1000) is None
    assert steps(epochs=1000, steps=7) == 7


def test_binarisation_follows_the_likelihood() -> None:
    def binarize(*layers: Layer, **settings: object) -> str | None:
        config, _ = configure("digits", "vae", [*layers, keyword_layer(CATALOGUE, settings)])
        return config.data.binarize

    assert binarize() == "dynamic"
    assert binarize(likelihood="gaussian") == binarize(likelihood="logistic") == "none"
    assert binarize(binarize="threshold") == "threshold"
    assert binarize(likelihood="gaussian", binarize="fixed") == "fixed"
    of_a_run = file_layer(CATALOGUE, Path("config.json"), image_config().to_dict())
    assert binarize(of_a_run, likelihood="gaussian") == "none"
    fixed = file_layer(CATALOGUE, Path("c"), image_config(binarize="fixed").to_dict())
    assert binarize(fixed, likelihood="gaussian") == "fixed"


def test_a_file_stands_between_preset_and_keywords(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        'model = "vamp-vae"\nepochs = 3\n[prior]\ncomponents = 8\n[encoder]\nhidden = [9]\n'
    )
    layers, model = file_and_model(path, None)
    config, _ = configure("digits", model, [*layers, keyword_layer(CATALOGUE, {"epochs": 4})])
    assert (config.model, config.prior, config.training.epochs) == (
        "vamp-vae",
        Vamp(components=8),
        4,
    )
    assert (config.encoder.hidden, config.encoder.activation) == ((9,), "gated")
    with pytest.raises(InputError, match=r"^model: .* has model vamp-vae, got 'iwae'; omit"):
        file_and_model(path, "iwae")
    assert file_and_model(None, "iwae") == ([], "iwae")


def test_the_config_of_a_run_is_that_run_again(tmp_path: Path) -> None:
    config = image_config("digits", "hvae", latent=(4, 3), seed=5, likelihood="logistic")
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config.to_dict()))
    layers, model = file_and_model(path, None)
    assert configure("digits", model, layers)[0] == config


REFUSED = [
    ({"model": "vea"}, "model: expected one of vae, "),
    ({"prior_components": 0, "prior": "mog"}, "prior_components: expected a whole number of at le"),
    ({"samples": 0}, "samples: expected a whole number of at least 1, got 0"),
    ({"samples": True}, "samples: expected a whole number of at least 1, got True"),
    ({"batch_size": 1.5}, "batch_size: expected a whole number of at least 1, got 1.5"),
    ({"warmup": -1}, "warmup: expected a number of at least 0, got -1"),
    ({"gamma": 0.0, "penalty": "capacity"}, "gamma: expected a positive number, got 0.0"),
    ({"lr": float("nan")}, "lr: expected a positive number, got nan"),
    ({"lr": float("inf")}, "lr: expected a positive number, got inf"),
    ({"lr": "1"}, "lr: expected a positive number, got '1'"),
    (
        {"latent": ()},
        "latent: one has 1 codes; expected a dimension for each, from the image upwards",
    ),
    ({"hidden": ()}, "hidden: expected whole numbers of at least 1, at least one of them, got ()"),
    ({"latent": (0,)}, "latent: expected whole numbers of at least 1, got"),
    ({"latent": (3, 2)}, "latent: one has 1 codes; expected a dimension for each"),
    ({"model": "hvae", "latent": (3,)}, "latent: hvae has 2 codes"),
    ({"model": "iwae-2", "latent": (3,)}, "latent: chain has 2 or more codes"),
    ({"model": "hierarchical-vae", "latent": (3,)}, "latent: hierarchy has 2 or more codes"),
    (
        {"activation": "rleu"},
        "activation: expected one of tanh, relu, softplus, gated, got 'rleu' (did you m",
    ),
    (
        {"penalty": "capasity"},
        "penalty: expected one of weight, capacity, free-bits, decomposed, d",
    ),
    ({"penalty": "free-bits", "warmup": 2}, "warmup: penalty free-bits has no such setting; penal"),
    (
        {"gamma": 2.0},
        "gamma: penalty weight has no such setting; penalty capacity or decomposed or",
    ),
    (
        {"discriminator_lr": 0.1},
        "discriminator_lr: penalty weight has no such setting; penalty den",
    ),
    (
        {"prior_components": 9},
        "prior_components: prior normal has no such setting; prior mog or va",
    ),
    ({"noise": 9}, "noise: bound elbo has no such setting; bound adversarial has"),
    (
        {"model": "hfvae", "groups": (4, 4)},
        "groups: expected sizes that sum to the latent width 10",
    ),
    (
        {"model": "beta-tcvae", "prior": "mog"},
        "penalty: decomposed needs a prior with independent ",
    ),
    (
        {"model": "hierarchical-vae", "penalty": "decomposed"},
        "penalty: decomposed requires a model with one co",
    ),
    (
        {"model": "hvae", "penalty": "density-ratio"},
        "penalty: density-ratio requires a model with ",
    ),
    (
        {"model": "hvae", "batches": "one-factor"},
        "batches: one-factor requires a model with one co",
    ),
    ({"prior": "uniform"}, "prior: uniform and the bound adversarial require each other, got unif"),
    ({"bound": "adversarial"}, "prior: uniform and the bound adversarial require each other"),
    (
        {"model": "infogan", "beta": 2.0},
        "bound: adversarial has no divergence; leave out the penal",
    ),
    ({"model": "infogan", "samples": 2}, "samples: adversarial uses 1 sample, got 2"),
    ({"model": "iwae", "beta": 2.0}, "bound: iwae bounds log p(x) itself; leave out the penalty"),
    ({"model": "beta-vae", "bound": "iwae"}, "bound: iwae bounds log p(x) itself"),
    ({"model": "iwae-2", "prior": "vamp"}, "prior: vamp encodes images into the topmost code"),
    ({"model": "iwae-2", "prior": "aggregate"}, "prior: aggregate encodes images into the topmost"),
    ({"posterior": "point"}, "posterior: point is for graphs only"),
    ({"modle": "vae"}, "modle: no such setting"),
    ({"prior_componets": 3}, "prior_componets: no such setting (did you mean prior_components?)"),
    (
        {"prior": 3},
        "prior: expected one of normal, mog, vamp, vamp-data, aggregate, uniform, af or a",
    ),
    ({"prior": Capacity}, "prior: expected one of normal, mog"),
]


@pytest.mark.parametrize(("settings", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_makes_no_sense_is_refused_in_one_line(
    settings: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        image_config(**settings)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_no_name_means_two_things() -> None:
    assert set(Catalogue(ImageConfig).flats) == set(CATALOGUE.flats)
    assert len({flat.path for flat in CATALOGUE.flats.values()}) == len(CATALOGUE.flats)


def test_a_damaged_file_is_refused() -> None:
    def line(**changes: object) -> str:
        with pytest.raises(InputError) as caught:
            rebuild(ImageConfig, {**image_config().to_dict(), **changes}, CATALOGUE, {})
        return str(caught.value)

    assert line(training={"lr": "fast"}) == "training.lr: expected a positive number, got 'fast'"
    assert line(trainin={}) == "trainin: no such setting (did you mean training?)"
    assert line(dataset=None).startswith("dataset: expected text")
    assert line(prior={"kind": "vmap"}).startswith("prior: expected one of normal, mog")
    assert line(prior={"kind": "no_such_module:Prior"}) == (
        "prior: cannot import no_such_module:Prior (No module named 'no_such_module'); pass the "
        "part itself: load(…, prior=Prior)"
    )
    assert line(prior={"kind": "os:system"}).startswith(
        "prior: expected a class derived from Prior"
    )


def test_parts_of_a_file_can_be_passed() -> None:
    content = image_config(prior=Mog(components=3)).to_dict()

    def prior(part: object) -> object:
        return rebuild(ImageConfig, content, CATALOGUE, {"prior": part}).prior

    assert prior(Mog) == prior(Mog(components=3)) == Mog(components=3)
    with pytest.raises(InputError, match=r"expected the part of the run, .*'components': 3"):
        prior(Mog(components=4))
    with pytest.raises(InputError, match="prior: expected the part of the run"):
        prior(Normal)
    with pytest.raises(InputError, match=r"pior: no such part \(did you mean prior\?\);"):
        rebuild(ImageConfig, content, CATALOGUE, {"pior": Mog})


def test_every_penalty_is_offered() -> None:
    assert CATALOGUE.parts(Penalty) == Penalty.family


def test_colour_images_have_256_levels_unless_something_else_is_chosen() -> None:
    colour, grey = Facts(channels=3, train=1_000), Facts(channels=1, train=1_000)

    def likelihood(model: str | ImageRecipe, facts: Facts, **settings: object) -> tuple[str, int]:
        layer = keyword_layer(CATALOGUE, settings)
        config, notes = configure("photos", model, [layer], facts)
        return config.likelihood.kind(), len(notes)

    assert likelihood("vae", colour) == ("logistic", 1)
    assert likelihood("beta-vae", colour, epochs=3) == ("logistic", 1)
    assert likelihood("vae", grey) == ("bernoulli", 0)
    assert likelihood("infogan", colour) == ("bernoulli", 0)
    assert likelihood("vae", colour, likelihood="bernoulli") == ("bernoulli", 0)
    assert likelihood("vae", colour, binarize="threshold") == ("bernoulli", 0)
    assert likelihood(ImageRecipe(likelihood=BernoulliPixels()), colour) == ("bernoulli", 0)
    config, notes = configure("photos", "vae", [], colour)
    assert config.binarize == "none"
    assert notes == ("likelihood: logistic, for colour images; bernoulli would binarise them",)


def test_a_default_number_of_components_is_at_most_that_of_the_images() -> None:
    few = Facts(channels=1, train=40)

    def components(model: str | ImageRecipe, **settings: object) -> tuple[int, int]:
        config, notes = configure("few", model, [keyword_layer(CATALOGUE, settings)], few)
        return config.prior.components, len(notes)

    for name in ("mog-vae", "vamp-vae", "hvae", "conv-hvae"):
        assert components(name) == (40, 1)
    assert components("vae", prior="vamp-data") == (40, 1)
    assert components("vae", prior="mog") == (10, 0)
    assert components("vamp-vae", prior_components=60) == (60, 0)
    assert components(ImageRecipe(prior=Vamp(components=60))) == (60, 0)
    layer = keyword_layer(CATALOGUE, {})
    (note,) = configure("few", "vamp-vae", [layer], few)[1]
    assert note == "prior_components: 40 instead of 500, the number of training images"
