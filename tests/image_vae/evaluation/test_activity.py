"""Active units: known variances, and layers whose parents are sampled."""

import pytest
import torch
from torch import Tensor

from graphvae_data.core.errors import InputError
from image_vae.evaluation.activity import THRESHOLD, Activity, active_units
from image_vae.parts.latent_graph import one_layer
from tests.image_vae.linear import GRAPHS, Linear, linear_model

IMAGES = 2_000


def set_map(linear: Linear, latent: str, parent: str, weight: Tensor) -> None:
    step = linear.vae.inference[latent]
    with torch.no_grad():
        step.weights[parent].copy_(weight)


def test_a_unit_counts_by_the_variance_of_its_mean(generator: torch.Generator) -> None:
    linear = linear_model(one_layer(2))
    x = torch.randn(IMAGES, 4, generator=generator, dtype=torch.float64)
    weight = torch.zeros(2, 4, dtype=torch.float64)
    weight[0, 0], weight[1, 1] = 0.2, 0.05
    set_map(linear, "z", "x", weight)
    found = active_units(linear.vae, [{"x": x[:700]}, {"x": x[700:]}], generator)
    expected = x[:, :2].var(0, correction=0) * torch.tensor([0.2, 0.05]).square()
    torch.testing.assert_close(found.variance["z"], expected, rtol=1e-6, atol=0)
    assert found.count == {"z": 1}
    assert found.images == IMAGES


def test_the_width_of_the_posterior_does_not_matter(generator: torch.Generator) -> None:
    linear = linear_model(one_layer(2))
    set_map(linear, "z", "x", torch.zeros(2, 4))
    with torch.no_grad():
        linear.vae.inference["z"].log_std.fill_(1.0)
    found = active_units(linear.vae, [{"x": linear.images(100)}], generator)
    assert found.variance["z"].tolist() == pytest.approx([0, 0], abs=1e-20)
    assert found.count == {"z": 0}


@pytest.mark.parametrize("draws", [2, 10])
@pytest.mark.parametrize(
    ("name", "latent", "parent"), [("chain", "z2", "z1"), ("hvae", "z1", "z2")]
)
def test_a_layer_below_another_averages_over_its_draws(
    name: str, latent: str, parent: str, draws: int
) -> None:
    """E_q[z] is linear in E_q[z_parent], so its variance has a closed form that few draws reach."""
    linear = linear_model(GRAPHS[name])
    x = linear.images(IMAGES)
    first = linear.vae.inference[parent]({"x": x}).mean
    second = linear.vae.inference[latent]({"x": x, parent: first}).mean
    expected = second.detach().var(0)
    found = active_units(linear.vae, [{"x": x}], torch.Generator().manual_seed(0), draws=draws)
    torch.testing.assert_close(found.variance[latent], expected, rtol=0.1, atol=0.01)
    torch.testing.assert_close(found.variance[parent], first.detach().var(0, correction=0))


def test_noise_in_the_parents_activates_nothing() -> None:
    """z2 copies z1, which is noise that no image moves: its mean over draws is the same for all."""
    linear = linear_model(GRAPHS["chain"])
    set_map(linear, "z1", "x", torch.zeros(2, 4))
    set_map(linear, "z2", "z1", torch.eye(2))
    with torch.no_grad():
        linear.vae.inference["z1"].log_std.fill_(0.0)
    generator = torch.Generator().manual_seed(0)
    found = active_units(linear.vae, [{"x": linear.images(20_000)}], generator, draws=10)
    assert float(found.variance["z2"].abs().max()) < THRESHOLD
    assert found.count == {"z1": 0, "z2": 0}


def test_a_single_image_moves_nothing(generator: torch.Generator) -> None:
    linear = linear_model(GRAPHS["chain"])
    found = active_units(linear.vae, [{"x": linear.images(1)}], generator)
    assert all(not bool(each.any()) for each in found.variance.values())


def test_a_unit_at_the_threshold_is_not_active() -> None:
    activity = Activity({"z": torch.tensor([0.0, THRESHOLD, 0.011, 2.0])}, 5)
    assert activity.count == {"z": 2}


def test_one_draw_is_refused(generator: torch.Generator) -> None:
    linear = linear_model(one_layer(2))
    with pytest.raises(InputError, match="draws: expected at least 2, got 1"):
        active_units(linear.vae, [{"x": linear.images(5)}], generator, draws=1)
