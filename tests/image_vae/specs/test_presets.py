"""Every preset is built, trained for two steps on real digits, and restored from its weights."""

import json
import subprocess
import sys

import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor

from graphvae_data.core.errors import InputError
from image_vae.models.build import build_model, build_objective
from image_vae.parts.penalties import PenaltyTerm
from image_vae.specs.bounds import Iwae
from image_vae.specs.latents import OneLayer
from image_vae.specs.penalties import Capacity, Decomposed, DensityRatio, Penalty, PenaltyInputs
from image_vae.specs.presets import PRESETS, preset
from image_vae.specs.priors import Vamp
from image_vae.specs.recipe import ImageConfig, ImageRecipe
from tests.image_vae.configs import image_config
from tests.parameters import slow_except

PRIORS = ("normal", "mog", "vamp", "vamp-data", "aggregate")


@pytest.fixture(scope="module")
def digits() -> Tensor:
    """Two hundred real digits of 8 by 8 pixels in [0, 1]."""
    return torch.tensor(load_digits().images[:200], dtype=torch.float32).unsqueeze(1) / 16


MULTIMODAL = [name for name, each in PRESETS.items() if each.recipe.latents.multimodal]
"""Presets with objectives of several passes; see `test_subset_objectives`."""


def config_of(name: str, **settings: object) -> ImageConfig:
    """A preset with small widths."""
    recipe = preset(name).recipe
    if name.startswith("nvae"):
        tiny = {"scales": "2x2:1,4x4:1,8x8:2", "channels": 4, "latent": (3,)}
        return image_config("digits", name, **{**tiny, **settings})
    small: dict[str, object] = {"latent": tuple(range(5, 5 + len(recipe.latents.latent)))}
    if recipe.latents.own_networks:
        return image_config("digits", name, **small, features=4, **settings)
    small["hidden"] = (12, 10)
    if name == "ladder-vae":
        small["hidden"] = (12, 11, 10, 9, 8)
    if recipe.encoder.hidden_between:
        small["hidden_between"] = (7,)
    if settings.get("prior", recipe.prior.kind()) in ("mog", "vamp", "vamp-data"):
        small["prior_components"] = 20
    if recipe.penalty.coordinate_groups and "penalty" not in settings:
        small["groups"] = (2, 3)
    if settings.get("penalty", recipe.penalty.kind()) == "density-ratio":
        small["discriminator"] = (9, 8)
    return image_config("digits", name, **{**small, **settings})


def penalty_of(config: ImageConfig) -> PenaltyTerm:
    return config.penalty.build(
        PenaltyInputs(
            latent=config.latents.sizes[0],
            examples=200,
            steps_per_epoch=10,
            steps=100,
            generator=torch.Generator().manual_seed(2),
            device=torch.device("cpu"),
        )
    )


def two_steps(config: ImageConfig, digits: Tensor) -> tuple[torch.nn.Module, list[float]]:
    """Train for two steps, checking each loss against its parts."""
    model = build_model(config, digits, torch.Generator().manual_seed(0))
    penalty = penalty_of(config)
    objective = build_objective(config, penalty)
    optimizer = torch.optim.Adam(model.parameters(), config.training.lr)
    generator = torch.Generator().manual_seed(1)
    losses = []
    for step, batch in enumerate(digits.split(100)):
        trace = model({"x": batch}, config.bound.samples, generator)
        terms = objective(trace, step)
        if not config.bound.importance_weighted:
            added = penalty(trace, step, analytic=config.bound.analytic)
            torch.testing.assert_close(terms.total, terms.parts["recon"] + added.total)
        elif config.bound.samples > 1:
            bound = terms.parts["recon"] + terms.parts["kl"]
            assert float(terms.total.detach()) < float(bound.detach())
        optimizer.zero_grad()
        terms.total.backward()
        learnt = [weight for weight in model.parameters() if weight.requires_grad]
        assert all(weight.grad is not None for weight in learnt)
        assert all(bool(weight.grad.isfinite().all()) for weight in learnt)
        optimizer.step()
        losses += [float(each.detach()) for each in (terms.total, *terms.parts.values())]
        assert terms.parts.keys() <= objective.curves.keys()
    assert all(torch.tensor(losses).isfinite())
    return model, losses


def plain(recipe: ImageRecipe) -> bool:
    """Whether a trace of images alone is what training minimises a function of."""
    return not (
        recipe.bound.adversarial or recipe.latents.infers_label or recipe.latents.multimodal
    )


PLAIN = {name for name, each in PRESETS.items() if plain(each.recipe)}
DEEP = {name for name in PLAIN if name.startswith(("nvae", "pixel", "iaf-resnet"))}


@pytest.mark.parametrize("name", slow_except(sorted(PLAIN), *PLAIN - DEEP))
def test_a_recipe_trains_and_comes_back_from_its_weights(name: str, digits: Tensor) -> None:
    config = config_of(name)
    model, _ = two_steps(config, digits)
    other = build_model(config, digits.flip(0), torch.Generator().manual_seed(99))
    other.load_state_dict(model.state_dict())
    with torch.no_grad():
        one, again = (
            each({"x": digits[:7]}, 3, torch.Generator().manual_seed(3)) for each in (model, other)
        )
    for part in ("log_px", "log_pz", "log_qz", "kl_by_dimension", "z"):
        ours, theirs = getattr(one, part), getattr(again, part)
        assert set(ours) == set(theirs)
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    assert torch.equal(one.log_w, again.log_w)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "logistic", "logistic-mixture"])
@pytest.mark.parametrize("prior", PRIORS)
def test_every_prior_goes_with_every_likelihood(
    prior: str, likelihood: str, digits: Tensor
) -> None:
    two_steps(config_of("vae", prior=prior, likelihood=likelihood), digits)


@pytest.mark.parametrize("bound", ["elbo", "elbo-mc", "iwae"])
@pytest.mark.parametrize("name", ["vae", "iwae-2", "hvae", "hierarchical-vae"])
def test_every_bound_goes_with_every_graph(name: str, bound: str, digits: Tensor) -> None:
    plain = {} if name.startswith("iwae") else {"warmup": 0}
    two_steps(config_of(name, bound=bound, samples=4, **plain), digits)


@pytest.mark.parametrize("penalty", Penalty.family)
@pytest.mark.parametrize("encoder", ["mlp", "conv"])
def test_every_penalty_goes_with_every_encoder(penalty: str, encoder: str, digits: Tensor) -> None:
    name = "vae" if penalty in ("decomposed", "density-ratio") else "hvae"
    two_steps(config_of(name, penalty=penalty, encoder=encoder), digits)


def test_the_same_seed_gives_the_same_losses(digits: Tensor) -> None:
    config = config_of("vamp-vae")
    assert two_steps(config, digits)[1] == two_steps(config, digits)[1]


@pytest.mark.parametrize("decoder", ["mirror", "mlp", "conv"])
@pytest.mark.parametrize("encoder", ["mlp", "conv"])
def test_every_decoder_goes_with_every_encoder(decoder: str, encoder: str, digits: Tensor) -> None:
    config = config_of("vae", decoder=decoder, encoder=encoder)
    model, _ = two_steps(config, digits)
    convolutional = encoder if decoder == "mirror" else decoder
    assert (model.decoders["x"].image is not None) is (convolutional == "conv")


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_its_source(name: str) -> None:
    assert preset(name).title
    assert any(year in preset(name).paper for year in map(str, range(2013, 2026)))


def test_settings_are_those_of_the_papers() -> None:
    recipes = {name: each.recipe for name, each in PRESETS.items()}
    assert recipes["iwae-2"].latents.latent == (100, 50)
    assert (recipes["iwae"].bound, recipes["iwae"].latents) == (Iwae(samples=5), OneLayer())
    assert recipes["beta-vae"].encoder.hidden == (1200, 1200)
    assert recipes["capacity-vae"].penalty == Capacity(gamma=1000.0, capacity=25.0)
    assert recipes["beta-tcvae"].penalty == Decomposed(alpha=1.0, beta=6.0, gamma=1.0)
    assert recipes["beta-tcvae"].training.batch_size == 2048
    assert recipes["factor-vae"].penalty == DensityRatio(discriminator=(1000,) * 6)
    assert recipes["factor-vae"].training.lr == 1e-4
    assert recipes["factor-vae"].training.batch_size == 64
    assert recipes["hvae"].prior == Vamp(components=500)
    assert recipes["vamp-vae"].encoder.activation == "gated"


@pytest.mark.parametrize("name", PRESETS)
def test_a_recipe_survives_a_file(name: str) -> None:
    recipe = preset(name).recipe
    again = ImageRecipe.model_validate(json.loads(json.dumps(recipe.to_dict())))
    assert again == recipe
    assert all(
        type(getattr(again, slot)) is type(getattr(recipe, slot))
        for slot in recipe.model_fields_set
    )


def test_a_name_that_is_nearly_right_is_hinted_at() -> None:
    with pytest.raises(InputError, match=r"model: expected one of vae, .*got 'bta-vae'.*beta-vae"):
        preset("bta-vae")


def test_presets_need_no_torch() -> None:
    """A list of recipes is printed at once; torch alone would take a second to import."""
    code = "import sys, image_vae.specs.presets; sys.exit('torch' in sys.modules)"
    root = str(__file__).rsplit("/tests/", 1)[0]
    path = f"import sys; sys.path[:0] = [{root!r}, {root + '/data'!r}]; "
    assert subprocess.run([sys.executable, "-c", path + code], check=False).returncode == 0
