"""Objectives over subsets of the variables: their values by hand, and which gradients they stop."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from image_vae.models.build import build_model, build_objective
from image_vae.models.latent_model import LatentModel
from image_vae.models.subset_objectives import MvaeObjective, drawn_subset
from image_vae.parts.bounds import elbo
from image_vae.parts.objectives import ElboObjective, Objective
from image_vae.parts.penalties import WeightedKl
from image_vae.specs.recipe import ImageConfig
from tests.image_vae.configs import image_config

RECIPES = ("telbo", "jmvae", "bivcca", "mvae", "mmvae")
SMALL = {"encoder": "mlp", "decoder": "mirror", "hidden": (8,), "latent": (3,)}
WEIGHT = 7.0


def config_of(name: str) -> ImageConfig:
    return image_config("digits", name, **SMALL, attribute_hidden=(6,), attribute_weight=WEIGHT)


def model_of(name: str) -> LatentModel:
    images = torch.rand(20, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    sizes = {"a": 4, "b": 2}
    return build_model(
        config_of(name), images, torch.Generator().manual_seed(1), attributes=sizes
    ).double()


def batch() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(2)
    images = torch.rand(5, 1, 8, 8, generator=generator, dtype=torch.float64).round()
    return {"x": images, "a": torch.tensor([0, 1, 2, 3, 0]), "b": torch.tensor([0, 1, 0, 1, 1])}


def loss(objective: Objective, model: LatentModel, data: dict[str, Tensor], seed: int = 3):
    return objective.loss(model, data, 1, torch.Generator().manual_seed(seed), 0)


def objective_of(name: str) -> Objective:
    return build_objective(config_of(name), WeightedKl())


ROW = ElboObjective(WeightedKl(), weights={"a": WEIGHT, "b": WEIGHT})


def test_telbo_is_the_mean_of_three_bounds() -> None:
    model, data = model_of("telbo"), batch()
    generator = torch.Generator().manual_seed(3)
    subsets = (tuple(data), ("x",), ("a", "b"))
    bounds = [ROW(model({n: data[n] for n in names}, 1, generator), 0).total for names in subsets]
    total = loss(objective_of("telbo"), model, data).total
    torch.testing.assert_close(total, torch.stack(bounds).mean())


def test_the_divergence_of_one_variable_is_that_of_its_own_posterior() -> None:
    """Not one with the variance of the joint posterior, which a published toolkit takes."""
    model, data = model_of("telbo"), batch()
    own = model.infer(data, 1, torch.Generator(), given=("x",)).q["z"].gaussian
    trace = model({"x": data["x"]}, 1, torch.Generator().manual_seed(0))
    expected = own.kl_standard_normal()
    torch.testing.assert_close(trace.kl("z", analytic=True), expected)
    joint = model.infer(data, 1, torch.Generator()).q["z"].gaussian
    mixed = replace(own, log_std=joint.log_std).kl_standard_normal()
    assert not torch.allclose(mixed, expected)


def test_decoders_learn_from_the_joint_bound_only() -> None:
    model, data = model_of("telbo"), batch()
    loss(objective_of("telbo"), model, data).total.backward()
    whole = {n: w.grad.clone() for n, w in model.decoders.named_parameters()}
    model.zero_grad()
    generator = torch.Generator().manual_seed(3)
    (ROW(model(data, 1, generator), 0).total / 3).backward()
    for name, weight in model.decoders.named_parameters():
        torch.testing.assert_close(whole[name], weight.grad)
    assert all(weight.requires_grad for weight in model.parameters())


@pytest.mark.slow
def test_gradients_of_the_encoders_are_finite_differences() -> None:
    model, data = model_of("telbo"), batch()
    objective = objective_of("telbo")
    loss(objective, model, data).total.backward()
    step = 1e-6
    for name, weight in model.inference.named_parameters():
        flat, gradient = weight.data.view(-1), weight.grad.view(-1)
        index = int(gradient.abs().argmax())
        before = float(flat[index])
        ends = []
        for change in (step, -step):
            flat[index] = before + change
            ends.append(float(loss(objective, model, data).total.detach()))
        flat[index] = before
        slope = (ends[0] - ends[1]) / (2 * step)
        assert slope == pytest.approx(float(gradient[index]), rel=1e-4, abs=1e-7), name


def test_the_divergences_of_jmvae_by_hand() -> None:
    model, data = model_of("jmvae"), batch()
    terms = loss(objective_of("jmvae"), model, data)
    q = {
        given: model.infer(data, 1, torch.Generator(), given=given).q["z"].gaussian
        for given in (tuple(data), ("x",), ("a", "b"))
    }
    normal = {given: Normal(each.mean, each.log_std.exp()) for given, each in q.items()}
    joint = normal[tuple(data)]
    for part, given in (("kl_to_image", ("x",)), ("kl_to_attributes", ("a", "b"))):
        expected = kl_divergence(joint, normal[given]).sum(-1).mean()
        torch.testing.assert_close(terms.parts[part], expected)
    bound = ROW(model(data, 1, torch.Generator().manual_seed(3)), 0).total
    divergences = terms.parts["kl_to_image"] + terms.parts["kl_to_attributes"]
    torch.testing.assert_close(terms.total, bound + divergences)


def test_bivcca_weighs_two_bounds_on_everything() -> None:
    model, data = model_of("bivcca"), batch()
    generator = torch.Generator().manual_seed(3)
    image, attributes = (
        ROW(model(data, 1, generator, given=given), 0).total for given in (("x",), ("a", "b"))
    )
    total = loss(objective_of("bivcca"), model, data).total
    torch.testing.assert_close(total, 0.7 * image + 0.3 * attributes)


def test_mvae_adds_the_bounds_of_each_variable() -> None:
    model, data = model_of("mvae"), batch()
    generator = torch.Generator().manual_seed(3)
    subsets = (tuple(data), ("x",), ("a",), ("b",))
    bounds = [ROW(model({n: data[n] for n in names}, 1, generator), 0).total for names in subsets]
    objective = MvaeObjective(WeightedKl(), WEIGHT, subsets=0)
    torch.testing.assert_close(loss(objective, model, data).total, torch.stack(bounds).sum())


def test_mmvae_scores_each_component_under_the_mixture() -> None:
    model, data = model_of("mmvae"), batch()
    generator = torch.Generator().manual_seed(3)
    groups = (("x",), ("a", "b"))
    experts = [model.infer(data, 1, generator, given=given).q["z"] for given in groups]
    total = torch.zeros((), dtype=torch.float64)
    for given in groups:
        trace = model(data, 1, generator, given=given)
        z = trace.z["z"]
        log_q = torch.logaddexp(*(each.log_prob(z) for each in experts)) - math.log(2)
        cost = -trace.log_px["x"] - WEIGHT * (trace.log_px["a"] + trace.log_px["b"])
        total = total + (cost + log_q - trace.log_pz["z"]).mean() / 2
    torch.testing.assert_close(loss(objective_of("mmvae"), model, data).total, total)


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("kept", ["x", "a", "b"])
def test_all_but_one_variable_may_be_missing(name: str, kept: str) -> None:
    """In training and in use: the loss is finite, and every variable can be imagined."""
    model, data = model_of(name), {kept: batch()[kept]}
    terms = loss(objective_of(name), model, data)
    assert torch.isfinite(terms.total)
    terms.total.backward()
    trace = model(data, 2, torch.Generator().manual_seed(0))
    assert set(trace.log_px) == {kept}
    assert set(trace.px) == {"x", "a", "b"}
    assert torch.isfinite(elbo(trace)).all()
    assert trace.px["x"].mean.shape == (2, 5, 1, 8, 8)


@pytest.mark.parametrize("name", RECIPES)
def test_an_unknown_attribute_is_not_scored(name: str) -> None:
    model, data = model_of(name), batch()
    data["a"] = torch.full((5,), -1)
    terms = loss(objective_of(name), model, data)
    assert float(terms.parts["recon_a"].detach()) == 0
    assert torch.isfinite(terms.total)


def test_subsets_are_drawn_and_never_empty() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = {drawn_subset(("x", "a"), generator) for _ in range(50)}
    assert drawn == {("x",), ("a",), ("x", "a")}
