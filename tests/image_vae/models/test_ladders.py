"""Building ladders: likelihoods, checkpointing, memory, and parts that do not go with them."""

import pytest
import torch
from torch import Tensor, nn

from graphvae_data.settings.setting_errors import SettingClash
from image_vae.models.build import build_model
from image_vae.models.latent_model import LatentModel
from tests.image_vae.configs import image_config
from tests.parameters import slow_except

TINY = {"scales": "2x2:2,4x4:2", "channels": 4, "latent": (3,)}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def built(images: Tensor, model: str = "nvae", **settings: object) -> LatentModel:
    sized = TINY if model == "nvae" else {"hidden": (16, 8), "latent": (4, 2)}
    config = image_config("digits", model, **{**sized, **settings})
    return build_model(config, images, generator())


def pictures(channels: int = 1, side: int = 8, count: int = 6) -> Tensor:
    return torch.rand(count, channels, side, side, generator=generator(1))


@pytest.mark.parametrize("side", slow_except([7, 8, 12], 7))
@pytest.mark.parametrize(
    "likelihood",
    slow_except(["bernoulli", "logistic-mixture", "logistic", "gaussian"], "logistic-mixture"),
)
def test_every_likelihood_and_size_of_image(likelihood: str, side: int) -> None:
    channels = 3 if "logistic" in likelihood else 1
    images = pictures(channels, side)
    model = built(images, likelihood=likelihood)
    trace = model({"x": images}, 2, generator())
    assert trace.log_px["x"].shape == (2, 6)
    assert model.eval().sample(3, generator())["x"].mean.shape == (1, 3, channels, side, side)


def test_padding_is_not_scored() -> None:
    """The likelihood of an image of 7×7 has 49 pixels, though the towers see 8×8."""
    images = pictures(side=7)
    px = built(images)({"x": images}, 1, generator()).px["x"]
    assert px.logits.shape == (1, 6, 1, 7, 7)


def gradients(model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    trace = model({"x": images}, 1, generator(2))
    (trace.reconstruction.mean() + trace.kl("z1", analytic=True).mean()).backward()
    return {name: each.grad for name, each in model.named_parameters() if each.grad is not None}


def test_checkpointing_gives_the_same_gradients_and_moments() -> None:
    images = pictures()
    plain, spared = built(images), built(images, checkpointing=True)
    ours, theirs = gradients(plain, images), gradients(spared, images)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    one, other = plain.state_dict(), spared.state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)


def kept_bytes(groups: int, *, checkpointing: bool) -> int:
    """The bytes that a forward pass keeps for the backward pass, weights left out."""
    images = pictures(count=32)
    scales = f"2x2:1,4x4:{groups}"
    model = built(images, scales=scales, checkpointing=checkpointing)
    weights = {each.untyped_storage().data_ptr() for each in model.parameters()}
    seen = dict[int, int]()

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        trace = model({"x": images}, 1, generator())
        loss = trace.reconstruction.mean() + sum(
            trace.kl(name, analytic=True).mean() for name in trace.z
        )
    assert isinstance(loss, Tensor)
    assert loss.requires_grad
    return sum(seen.values())


@pytest.mark.slow
def test_memory_grows_by_the_same_amount_with_each_group_and_less_with_checkpointing() -> None:
    plain = [kept_bytes(groups, checkpointing=False) for groups in (1, 2, 3)]
    spared = [kept_bytes(groups, checkpointing=True) for groups in (1, 2, 3)]
    assert plain[2] - plain[1] == pytest.approx(plain[1] - plain[0], rel=0.05)
    assert spared[2] - spared[1] < 0.5 * (plain[2] - plain[1])


def test_a_ladder_of_dense_layers() -> None:
    images = pictures()
    model = built(images, "ladder-vae")
    trace = model({"x": images}, 3, generator())
    assert [z.shape for z in trace.z.values()] == [(3, 6, 2), (3, 6, 4)]
    assert set(trace.kl_by_dimension) == {"z1", "z2"}
    assert all(bool((kl > 0).all()) for kl in trace.kl_by_dimension.values())
    assert model.eval().sample(3, generator())["x"].mean.shape == (1, 3, 1, 8, 8)


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        ("nvae", {"hidden": (4,)}, "nvae has its own networks, got mlp"),
        ("nvae", {"decoder": "conv"}, "nvae has its own networks, got conv"),
        ("nvae", {"posterior": "iaf"}, "nvae needs the posterior gaussian, got iaf"),
        ("nvae", {"prior": "vamp"}, "vamp encodes images, which nvae does not support"),
        ("nvae", {"scales": "2x2:1,5x5:1"}, "twice the height and width"),
        ("ladder-vae", {"hidden": (4,)}, "expected a width for each of the 2 codes"),
        ("ladder-vae", {"encoder": "conv", "hidden": (4, 4)}, "has dense layers, got conv"),
    ],
)
def test_parts_that_do_not_go_with_a_ladder(
    model: str, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(SettingClash, match=message):
        built(pictures(), model, **settings)
