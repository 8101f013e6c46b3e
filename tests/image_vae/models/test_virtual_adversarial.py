"""Virtual adversarial training: the direction and divergence of a linear classifier, by hand."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F

import image_vae
from graphvae_data.core.errors import InputError
from image_vae.models import virtual_adversarial
from image_vae.models.labelled import SemiSupervised
from image_vae.models.virtual_adversarial import (
    PART,
    VirtualAdversarial,
    adversarial_divergence,
    normalised,
)
from image_vae.parts.objectives import ElboObjective
from image_vae.parts.penalties import WeightedKl
from tests.image_vae.configs import image_config
from tests.image_vae.labelled_model import Y, data, generator, model_of

RADIUS = 0.7


def test_of_two_values_and_a_linear_classifier_the_direction_is_its_weight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The Hessian of the divergence has rank one, so that one power iteration is exact."""
    weight = torch.randn(16, generator=generator(3), dtype=torch.double)
    images = torch.rand(5, 1, 4, 4, generator=generator(4), dtype=torch.double)

    def log_q(model: object, given: dict[str, torch.Tensor]) -> torch.Tensor:
        logit = given["x"].flatten(1) @ weight
        return torch.stack([torch.zeros_like(logit), logit], 1).log_softmax(1)

    monkeypatch.setattr(virtual_adversarial, "label_logits", log_q)
    found = adversarial_divergence(model_of(), images, RADIUS, generator(5))
    logit, change = images.flatten(1) @ weight, RADIUS * weight.norm()
    p = logit.sigmoid()
    both = torch.stack(
        [
            F.binary_cross_entropy_with_logits(logit + sign * change, p, reduction="none")
            - F.binary_cross_entropy_with_logits(logit, p, reduction="none")
            for sign in (-1, 1)
        ]
    )
    assert bool((found - both).abs().amin(0).lt(1e-3 * found).all())


def test_it_adds_the_mean_divergence_which_no_label_changes() -> None:
    model, plain = model_of(), SemiSupervised(ElboObjective(WeightedKl()), 3.0, 2.0)
    objective = VirtualAdversarial(plain, RADIUS)
    parts = []
    for labels in (Y, torch.full((6,), -1)):
        terms = objective.loss(model, data(labels), 1, generator(1), 0)
        without = plain.loss(model, data(labels), 1, generator(1), 0)
        torch.testing.assert_close(terms.total, without.total + terms.parts[PART])
        parts.append(float(terms.parts[PART].detach()))
    assert all(part > 0 for part in parts)
    assert set(objective.curves) >= {*plain.curves, PART}
    with torch.no_grad():
        scored = objective.score(model, data(Y), 1, generator(1), 0)
    assert PART not in scored.parts


def test_no_gradient_passes_through_the_first_distribution() -> None:
    """With radius 0 both are equal: the divergence and its gradient are 0, entropies are not."""
    model = model_of()
    adversarial_divergence(model, data()["x"], 0.0, generator(1)).sum().backward()
    gradients = [each.grad for each in model.inference["y"].parameters() if each.grad is not None]
    assert gradients
    assert all(float(each.abs().max()) < 1e-12 for each in gradients)


def test_a_larger_radius_has_a_larger_divergence() -> None:
    model = model_of()
    small, middle, large = (
        adversarial_divergence(model, data()["x"], radius, generator(1)).mean()
        for radius in (0.1, 0.5, 2.0)
    )
    assert small < middle < large


def test_images_are_normalised_each_and_zeros_stay() -> None:
    images = torch.stack([torch.ones(1, 2, 2), torch.zeros(1, 2, 2)])
    norms = normalised(images).flatten(1).norm(dim=1)
    assert norms.tolist() == [pytest.approx(1.0), 0.0]


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        ("vae", {}, "requires a label, got 1"),
        ("hfvae", {"label": "class"}, "requires latents that infer the label"),
    ],
)
def test_it_needs_a_label_as_latent_variable(
    model: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        image_config("digits", model, vat_radius=1.0, **settings)


@pytest.mark.parametrize("model", ["m2", "m1-m2"])
def test_models_with_a_latent_label_train_with_it(model: str) -> None:
    result = image_vae.fit(
        "digits", model, vat_radius=0.5, hidden=(12,), labels_per_class=3, steps=4, epoch_steps=2
    )
    assert result.history[-1].parts[PART] > 0
