"""Every recipe is built, trained for two steps on real digits, and restored from its weights."""

import subprocess
import sys

import pytest
import torch
from image_vae.specs.recipes import RECIPES, SETTINGS, recipe
from sklearn.datasets import load_digits
from torch import Tensor

from graphvae_data.core.errors import InputError
from image_vae.models.build import build_discriminator, build_model, build_objective
from image_vae.specs.config import CHOICES, ImageConfig

SMALL = {"hidden": (12, 10), "prior_components": 20}
PRIORS = ("normal", "mog", "vamp", "vamp-data", "aggregate")


@pytest.fixture(scope="module")
def digits() -> Tensor:
    """Two hundred real digits of 8 by 8 pixels in [0, 1]."""
    return torch.tensor(load_digits().images[:200], dtype=torch.float32).unsqueeze(1) / 16


def config_of(name: str, **given: object) -> ImageConfig:
    found = recipe(name).settings
    small = {"latent": tuple(range(5, 5 + len(found.latent))), "hidden": SMALL["hidden"]}
    if found.hidden_between:
        small["hidden_between"] = (7,)
    if given.get("prior", found.prior) in ("mog", "vamp", "vamp-data"):
        small["prior_components"] = 20
    penalty = given.get("penalty", found.penalty)
    if penalty == "decomposed" and found.groups:
        small["groups"] = (2, 3)
    if penalty == "density-ratio":
        small["discriminator"] = (9, 8)
    return ImageConfig(dataset="digits", model=name, **{**small, **given})


def two_steps(config: ImageConfig, digits: Tensor) -> tuple[torch.nn.Module, list[float]]:
    """Train for two steps, checking each loss against its parts."""
    model = build_model(config, digits, torch.Generator().manual_seed(0))
    discriminator = build_discriminator(config, torch.Generator().manual_seed(2))
    objective = build_objective(config, 10, 200, discriminator)
    optimizer = torch.optim.Adam(model.parameters(), config.settings.lr)
    generator = torch.Generator().manual_seed(1)
    losses = []
    for step, batch in enumerate(digits.split(100)):
        trace = model({"x": batch}, config.settings.k, generator)
        terms = objective(trace, step)
        if config.settings.estimator != "iwae":
            penalty = objective.penalty(trace, step, analytic=config.settings.estimator == "elbo")
            torch.testing.assert_close(terms.total, terms.parts["recon"] + penalty.total)
        elif config.settings.k > 1:
            bound = terms.parts["recon"] + terms.parts["kl"]
            assert float(terms.total.detach()) < float(bound.detach())
        optimizer.zero_grad()
        terms.total.backward()
        learnt = [weight for weight in model.parameters() if weight.requires_grad]
        assert all(weight.grad is not None for weight in learnt)
        assert all(bool(weight.grad.isfinite().all()) for weight in learnt)
        optimizer.step()
        losses += [float(each.detach()) for each in (terms.total, *terms.parts.values())]
    assert all(torch.tensor(losses).isfinite())
    return model, losses


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "infogan"])
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


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "logistic"])
@pytest.mark.parametrize("prior", PRIORS)
def test_every_prior_goes_with_every_likelihood(
    prior: str, likelihood: str, digits: Tensor
) -> None:
    two_steps(config_of("vae", prior=prior, likelihood=likelihood), digits)


@pytest.mark.parametrize("estimator", ["elbo", "elbo-mc", "iwae"])
@pytest.mark.parametrize("name", ["vae", "iwae-2", "hvae", "hierarchical-vae"])
def test_every_estimator_goes_with_every_graph(name: str, estimator: str, digits: Tensor) -> None:
    two_steps(config_of(name, estimator=estimator, k=4, warmup=0), digits)


@pytest.mark.parametrize("penalty", CHOICES["penalty"])
@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_every_penalty_goes_with_every_network(penalty: str, network: str, digits: Tensor) -> None:
    name = "vae" if penalty in ("decomposed", "density-ratio") else "hvae"
    two_steps(config_of(name, penalty=penalty, network=network), digits)


def test_the_same_seed_gives_the_same_losses(digits: Tensor) -> None:
    config = config_of("vamp-vae")
    assert two_steps(config, digits)[1] == two_steps(config, digits)[1]


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_tells_its_source(name: str) -> None:
    found = recipe(name)
    assert found.title
    assert any(year in found.paper for year in map(str, range(2013, 2026)))
    assert len(SETTINGS) == len(vars(found.settings))


def test_settings_are_those_of_the_papers() -> None:
    assert recipe("iwae-2").settings.latent == (100, 50)
    assert (recipe("iwae").settings.estimator, recipe("iwae").layers) == ("iwae", "one")
    assert recipe("beta-vae").settings.hidden == (1200, 1200)
    assert (recipe("capacity-vae").settings.gamma, recipe("capacity-vae").settings.capacity) == (
        1000,
        25,
    )
    tcvae = recipe("beta-tcvae").settings
    assert (tcvae.alpha, tcvae.beta, tcvae.gamma, tcvae.batch_size) == (1, 6, 1, 2048)
    assert recipe("factor-vae").settings.discriminator == (1000,) * 6
    assert (recipe("factor-vae").settings.lr, recipe("factor-vae").settings.batch_size) == (
        1e-4,
        64,
    )
    assert recipe("hvae").settings.prior_components == 500
    assert recipe("vamp-vae").settings.activation == "gated"


def test_a_name_that_is_nearly_right_is_hinted_at() -> None:
    with pytest.raises(InputError, match=r"model: expected one of vae, .*got 'bta-vae'.*beta-vae"):
        recipe("bta-vae")


def test_recipes_need_no_torch() -> None:
    """A list of recipes is printed at once; torch alone would take a second to import."""
    code = "import sys, image_vae.specs.recipes; sys.exit('torch' in sys.modules)"
    root = str(__file__).rsplit("/tests/", 1)[0]
    path = f"import sys; sys.path[:0] = [{root!r}, {root + '/data'!r}]; "
    assert subprocess.run([sys.executable, "-c", path + code], check=False).returncode == 0
