"""Batches in which one factor varies, and the value and gradient of the clamp by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from graphvae_data.core.errors import InputError
from graphvae_data.images.images import load_images
from graphvae_data.settings.setting_errors import SettingClash
from image_vae.data.binarize import Binarization
from image_vae.data.one_factor import INVARIANCE, AlignedFeed, clamp, owned
from image_vae.models.build import build_objective
from image_vae.parts.penalties import FreeBitsKl
from image_vae.runs.fit import fit
from image_vae.training.experiment import prepare
from image_vae.training.players import clamped_loss
from tests.image_vae.configs import image_config

NONE = Binarization.NONE


def feed(size: int = 16, seed: int = 0) -> AlignedFeed:
    data = load_images("sprites-toy")
    return AlignedFeed(data.train, NONE, data.factors, size, seed=seed, device=torch.device("cpu"))


def test_one_factor_varies_in_each_batch_of_training_images() -> None:
    found = feed()
    factors = load_images("sprites-toy").train.factors
    assert factors is not None
    order = found.order(1)
    assert len(order) == len(found)
    seen = set()
    for step, index in enumerate(order.split(16), start=22):
        spread = np.ptp(factors[index.numpy()], axis=0) > 0
        assert spread.sum() == 1
        assert found.varied[int(spread.argmax())] == found.varied[found.varying(step)]
        assert len(set(index.tolist())) >= 2
        seen.add(int(spread.argmax()))
    assert seen == {0, 1, 2}


def test_every_image_of_a_line_comes_as_often_as_the_others() -> None:
    for index in feed().order(0).split(16)[:-1]:
        counts = np.unique(index.numpy(), return_counts=True)[1]
        assert np.ptp(counts) <= 1


def test_the_lines_are_a_function_of_seed_and_epoch() -> None:
    assert torch.equal(feed().order(3), feed().order(3))
    assert not torch.equal(feed().order(3), feed().order(4))
    assert not torch.equal(feed().order(3), feed(seed=1).order(3))


def test_images_without_a_complete_table_are_refused() -> None:
    digits, sprites = load_images("digits"), load_images("sprites-toy")
    config = image_config(dataset="digits", model="dc-ign")
    with pytest.raises(InputError, match="batches: one-factor needs images with every combination"):
        prepare(config, digits)
    assert sprites.factors is not None
    torn = replace(sprites, factors=replace(sprites.factors, row_at=None))
    with pytest.raises(InputError, match="no complete table of factors"):
        prepare(config, torn)


def test_a_code_has_a_coordinate_for_each_factor() -> None:
    config = image_config(dataset="sprites-toy", model="dc-ign", latent=(2,))
    with pytest.raises(SettingClash, match=r"^latent: expected a coordinate .* x, y, got 2"):
        prepare(config, load_images("sprites-toy"))


def test_every_coordinate_belongs_to_one_factor() -> None:
    assert torch.stack([owned(7, place, 3) for place in range(3)]).sum(0).tolist() == [1] * 7


def test_the_clamp_has_the_mean_for_value_and_the_deviation_for_gradient() -> None:
    z = torch.tensor([[[1.0, 10.0], [2.0, 20.0], [6.0, 60.0]]], requires_grad=True)
    value = clamp(z, torch.tensor([False, True]), 0.5)
    assert value.tolist() == [[[3.0, 10.0], [3.0, 20.0], [3.0, 60.0]]]
    (value * torch.tensor([100.0, 7.0])).sum().backward()
    assert z.grad is not None
    assert z.grad.tolist() == [[[-1.0, 7.0], [-0.5, 7.0], [1.5, 7.0]]]


def test_the_clamped_gradient_is_that_of_half_the_squared_deviation(
    generator: torch.Generator,
) -> None:
    z = torch.randn(2, 5, 3, generator=generator).requires_grad_()
    pull = 0.5 * 0.01 * (z - z.mean(1, keepdim=True)).square().sum()
    (expected,) = torch.autograd.grad(pull, z)
    (found,) = torch.autograd.grad(clamp(z, torch.zeros(3, dtype=torch.bool), 0.01).sum(), z)
    torch.testing.assert_close(found, expected)


def test_only_the_free_coordinates_reach_the_decoder() -> None:
    config = image_config(dataset="sprites-toy", model="dc-ign", hidden=(8,), latent=(3,))
    found = prepare(config, load_images("sprites-toy"))
    train = found.feed("train")
    assert isinstance(train, AlignedFeed)
    seen: list[torch.Tensor] = []
    found.model.decoders["x"].register_forward_pre_hook(
        lambda module, given: seen.append(given[0]["z"])
    )
    found.model.register_forward_hook(lambda module, given, trace: seen.append(trace.z["z"]))
    objective = build_objective(found.config, FreeBitsKl(1.0))
    loss = clamped_loss(found.model, objective, 2, train)
    images = train.batch(train.order(0)[:20], torch.Generator())
    loss({"x": images}, 0, torch.Generator().manual_seed(0))
    decoded, drawn = seen
    free = owned(3, train.varying(0), 3)
    assert torch.equal(decoded[..., free], drawn[..., free])
    means = drawn[..., ~free].mean(1, keepdim=True)
    torch.testing.assert_close(decoded[..., ~free], means.expand(2, 20, 2))
    assert INVARIANCE == 1 / 100


@pytest.mark.slow
def test_the_defaults_do_not_leave_the_code_at_its_prior() -> None:
    """With the whole divergence in the loss it is below 0.1 nats after as many steps."""
    result = fit("sprites-toy", "dc-ign", epochs=14, seed=1, device="cpu")
    assert result.history[-1].validation["kl"] > 2
    assert result.history[-1].validation["recon"] < 0.9 * result.history[0].validation["recon"]
