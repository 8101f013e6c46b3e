"""q(z | some variables): what is given decides, and an unknown attribute counts as absent."""

import torch

from image_vae.models.build import build_model
from image_vae.models.latent_model import LatentModel
from image_vae.nn.experts import Experts, present
from image_vae.parts.distributions.fusion import EqualMixture
from tests.image_vae.configs import image_config

SIZES = {"class": 10, "side": 2}
SMALL = {"encoder": "mlp", "decoder": "mirror", "hidden": (8,), "latent": (3,)}


def model(name: str) -> LatentModel:
    config = image_config("digits", name, **SMALL, attribute_hidden=(6,))
    images = torch.rand(20, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    return build_model(config, images, torch.Generator().manual_seed(1), attributes=SIZES)


def batch() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    images = torch.rand(6, 1, 8, 8, generator=generator)
    return {
        "x": images,
        "class": torch.tensor([0, 1, 2, -1, 4, 5]),
        "side": torch.tensor([0, 1, 0, 1, -1, 1]),
    }


def posterior(name: str, given: tuple[str, ...], data: dict[str, torch.Tensor] | None = None):
    return model(name).infer(data or batch(), 1, torch.Generator(), given=given).q["z"]


def test_nothing_given_is_the_prior() -> None:
    for name in ("telbo", "mvae", "mmvae"):
        q = posterior(name, ())
        assert torch.equal(q.mean, torch.zeros(1, 6, 3))
        assert torch.equal(q.log_std, torch.zeros(1, 6, 3))


def test_an_unknown_value_is_an_absent_expert() -> None:
    for name in ("telbo", "mvae", "mmvae"):
        both, side = posterior(name, ("class", "side")), posterior(name, ("side",))
        torch.testing.assert_close(both.mean[:, 3], side.mean[:, 3])
        assert not torch.allclose(both.mean[:, 1], side.mean[:, 1])


def test_a_joint_network_sees_an_unknown_value_as_it_sees_a_missing_one() -> None:
    data = batch()
    data["class"] = torch.full((6,), -1)
    whole = posterior("jmvae", ("x", "class", "side"), data)
    part = posterior("jmvae", ("x", "side"), data)
    torch.testing.assert_close(whole.mean, part.mean)


def test_a_product_is_sharper_than_each_expert() -> None:
    whole = posterior("mvae", ("x", "class", "side"))
    for given in (("x",), ("class",), ("x", "side")):
        assert (whole.log_std <= posterior("mvae", given).log_std + 1e-6).all()


def test_a_mixture_has_the_image_and_the_attributes() -> None:
    mixture = posterior("mmvae", ("x", "class", "side"))
    assert isinstance(mixture, EqualMixture)
    torch.testing.assert_close(mixture.first.mean, posterior("mmvae", ("x",)).mean)
    torch.testing.assert_close(mixture.second.mean, posterior("mmvae", ("class", "side")).mean)


def test_an_image_is_always_present() -> None:
    assert torch.equal(present(torch.zeros(1, 6, 1, 8, 8)), torch.ones(1, 6, 1))
    assert isinstance(model("mvae").inference["z"], Experts)
