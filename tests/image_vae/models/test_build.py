"""Building a model from settings: the right networks, prior and penalty."""

import pytest
import torch
from torch import Tensor, nn

from graphvae_data.core.errors import InputError
from graphvae_data.settings.setting_errors import SettingClash
from image_vae.models.build import build_model, build_objective
from image_vae.models.vae import VAE
from image_vae.nn.networks import Convolutional, Dense
from image_vae.parts.distributions.priors import GaussianMixture, StandardNormal, VampPrior
from image_vae.parts.objectives import ElboObjective, IwaeObjective, Objective
from image_vae.parts.penalties import (
    CapacityKl,
    DecomposedKl,
    DensityRatioKl,
    FreeBitsKl,
    PenaltyTerm,
    WeightedKl,
)
from image_vae.parts.schedules import LinearSchedule, constant
from image_vae.specs.penalties import PenaltyInputs
from image_vae.specs.recipe import ImageConfig
from tests.image_vae.configs import image_config


def images(count: int = 30) -> Tensor:
    return torch.rand(count, 1, 8, 8, generator=torch.Generator().manual_seed(4))


def built(model: str = "vae", *, seed: int = 0, **given: object) -> VAE:
    config = image_config("digits", model, **given)
    return build_model(config, images(), torch.Generator().manual_seed(seed))


def penalty_of(config: ImageConfig) -> PenaltyTerm:
    """Build a penalty for 600 examples and sixty steps an epoch."""
    generator, device = torch.Generator().manual_seed(0), torch.device("cpu")
    return config.penalty.build(
        PenaltyInputs(
            latent=config.latents.latent[0],
            examples=600,
            steps_per_epoch=60,
            steps=600,
            generator=generator,
            device=device,
        )
    )


def objective_of(model: str = "vae", **settings: object) -> Objective:
    config = image_config("digits", model, **settings)
    return build_objective(config, penalty_of(config))


def widths(network: torch.nn.Module) -> list[int]:
    return [each.out_features for each in network.modules() if isinstance(each, torch.nn.Linear)]


def test_the_networks_are_those_of_burda_and_others() -> None:
    """§5: q(z1 | x) by 200s, q(z2 | z1) and p(z1 | z2) by 100s, p(x | z1) by 200s."""
    model = built("iwae-2")
    assert widths(model.inference["z1"]) == [200, 200, 100, 100]
    assert widths(model.inference["z2"]) == [100, 100, 50, 50]
    assert widths(model.generation["z1"]) == [100, 100, 100, 100]
    assert widths(model.decoders["x"]) == [200, 200, 64]
    assert set(model.priors) == {"z2"}


def test_hidden_layers_are_mirrored_in_the_decoder() -> None:
    model = built(hidden=(9, 5), latent=(3,))
    assert widths(model.inference["z"]) == [9, 5, 3, 3]
    assert widths(model.decoders["x"]) == [5, 9, 64]


def test_both_codes_of_an_hvae_reach_the_image() -> None:
    model = built("hvae", hidden=(9, 7), prior="normal")
    assert set(model.decoders["x"].hidden.bodies) == {"z1", "z2"}
    assert set(model.inference["z1"].network.bodies) == {"x", "z2"}
    assert set(model.generation) == {"z1"}


def test_convolutions_stand_next_to_the_image_only() -> None:
    model = built("conv-hvae", hidden=(9, 7), prior="normal")
    bodies = model.inference["z1"].network.bodies
    assert isinstance(bodies["x"], Convolutional)
    assert isinstance(bodies["z2"], Dense)
    assert model.decoders["x"].image is not None
    assert built(hidden=(9,)).decoders["x"].image is None


PRIORS = {
    "normal": (StandardNormal, False),
    "mog": (GaussianMixture, True),
    "vamp": (VampPrior, True),
    "vamp-data": (VampPrior, False),
    "aggregate": (VampPrior, False),
}


@pytest.mark.parametrize("name", PRIORS)
def test_a_prior_is_what_its_name_says(name: str) -> None:
    some = {"prior_components": 7} if name in ("mog", "vamp", "vamp-data") else {}
    prior = built(prior=name, hidden=(9,), **some).priors["z"]
    kind, learnt = PRIORS[name]
    assert type(prior) is kind
    assert any(weight.requires_grad for weight in prior.parameters()) is learnt
    if kind is VampPrior:
        assert len(prior.pseudo_inputs()) == (30 if name == "aggregate" else 7)


def test_pseudo_inputs_are_different_images_chosen_by_the_seed() -> None:
    def chosen(seed: int) -> list[int]:
        prior = built(prior="vamp-data", hidden=(9,), prior_components=7, seed=seed).priors["z"]
        same = (prior.pseudo_inputs()[:, None] == images()[None]).flatten(2).all(-1)
        assert same.sum(1).tolist() == [1] * 7
        return same.int().argmax(1).tolist()

    assert len(set(chosen(0))) == 7
    assert chosen(0) == chosen(0) != chosen(1)
    assert chosen(0) != list(range(7))


def test_the_prior_of_an_hvae_is_that_of_its_top() -> None:
    model = built("hvae", hidden=(9, 7), latent=(4, 3), prior_components=5)
    assert set(model.priors) == {"z2"}
    mixture = model.prior(model.graph["z2"], {})
    assert mixture.components.mean.shape == (5, 3)
    q = model.inference["z2"]({"x": model.priors["z2"].pseudo_inputs().unsqueeze(0)})
    torch.testing.assert_close(mixture.components.mean, q.mean[0])


def test_more_fixed_pseudo_inputs_than_images_are_refused() -> None:
    with pytest.raises(SettingClash, match="expected at most the 30 examples, got 31"):
        built(prior="vamp-data", prior_components=31)


def test_learnt_pseudo_inputs_may_outnumber_the_images() -> None:
    inputs = built(prior="vamp", prior_components=31).priors["z"].pseudo_inputs()
    assert len(inputs) == 31
    assert len(inputs.detach().unique(dim=0)) == 30


def test_the_decoder_starts_at_the_mean_image() -> None:
    start = built(hidden=(9,)).decoders["x"].head.start
    torch.testing.assert_close(start.sigmoid(), images().mean(0))


OBJECTIVES = {
    "vae": ElboObjective(WeightedKl(constant(1.0))),
    "beta-vae": ElboObjective(WeightedKl(constant(4.0))),
    "capacity-vae": ElboObjective(CapacityKl(1000.0, LinearSchedule(0.0, 25.0, 100_000))),
    "beta-tcvae": ElboObjective(DecomposedKl(1.0, 6.0, 1.0, "hfvae", 600)),
    "hfvae": ElboObjective(DecomposedKl(1.0, 6.0, 1.0, "hfvae", 600, groups=(2,) * 5)),
    "annealed-vae": ElboObjective(WeightedKl(LinearSchedule(0.0, 1.0, 600))),
    "free-bits-vae": ElboObjective(FreeBitsKl(0.5)),
    "iwae": IwaeObjective(),
    "iwae-2": IwaeObjective(),
    "vamp-vae": ElboObjective(WeightedKl(LinearSchedule(0.0, 1.0, 6_000))),
    "hierarchical-vae": ElboObjective(WeightedKl(constant(1.0))),
}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_an_objective_is_its_papers(name: str) -> None:
    """Sixty steps an epoch: a warm-up is counted in epochs, a capacity in steps."""
    assert objective_of(name) == OBJECTIVES[name]


def test_a_bound_by_samples_takes_no_closed_form() -> None:
    expected = ElboObjective(WeightedKl(constant(1.0)), analytic=False)
    assert objective_of(bound="elbo-mc") == expected


def test_a_density_ratio_has_a_discriminator_and_nothing_else_has() -> None:
    term = penalty_of(image_config("digits", "factor-vae", discriminator=(7, 5)))
    assert isinstance(term, DensityRatioKl)
    assert term.gamma == 10
    critic = term.critic
    assert widths(critic.network) == [7, 5, 2]
    assert critic.lr == 1e-4
    assert penalty_of(image_config()).critic is None


class Features(nn.Module):
    """A user's encoder."""

    def __init__(self, width: int = 5) -> None:
        super().__init__()
        self.layer = nn.Linear(64, width)

    def forward(self, images: Tensor) -> Tensor:
        return self.layer(images.flatten(1)).relu()


def test_a_users_module_is_copied_into_the_place_of_the_body() -> None:
    module = Features()
    body = built("hvae", encoder=module, prior="normal").inference["z1"].network.bodies["x"]
    assert body.width == 5
    assert body.module is not module
    assert torch.equal(body.module.layer.weight, module.layer.weight)
    pixels = images(6).unflatten(0, (2, 3))
    assert torch.equal(body(pixels).flatten(0, 1), module(images(6)))


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (
            nn.Linear(9, 2),
            "encoder: Linear cannot be called with images [batch, 1×8×8] (",
        ),
        (nn.Identity(), "encoder: expected Identity to return features [batch, width] for images "),
        (nn.Flatten(0), "encoder: expected Flatten to return features [batch, width] for images"),
    ],
)
def test_a_module_that_gives_no_features_is_refused(module: nn.Module, words: str) -> None:
    with pytest.raises(InputError) as caught:
        built(encoder=module)
    assert str(caught.value).startswith(words)


def test_a_module_that_is_called_for_its_width_does_not_learn() -> None:
    module = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64))
    body = built(encoder=module).inference["z"].network.bodies["x"]
    assert body.training
    assert torch.equal(body.module[1].running_mean, torch.zeros(64))
