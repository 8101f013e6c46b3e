"""The ResNet VAE: one pass down for q, p and the image; codes from above; free bits by map."""

import pytest
import torch

from graphvae_data.core.errors import InputError
from image_vae.models.bidirectional import BidirectionalVae, ResNetSizes
from image_vae.models.latent_model import Data
from image_vae.parts.distributions.likelihoods import BernoulliHead
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.parts.penalties import FreeBitsKl, mean_kl
from tests.image_vae.configs import image_config


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def model(steps: int = 1, size: int = 11) -> BidirectionalVae:
    sizes = ResNetSizes((2, 3, 2), 6, 2, steps)
    head = BernoulliHead(torch.full((1, size, size), 0.3))
    made = BidirectionalVae((1, size, size), sizes, head, generator=seeded())
    made.start.data.normal_(generator=seeded(1))
    return made


def data(size: int = 11) -> Data:
    return {"x": torch.rand(4, 1, size, size, generator=seeded(2)).round()}


@pytest.mark.parametrize("size", [8, 11])
def test_codes_are_maps_of_falling_size(size: int) -> None:
    made = model(size=size)
    half, quarter = (size + 1) // 2, ((size + 1) // 2 + 1) // 2
    assert [each.name for each in made.graph.latents] == ["z3", "z2", "z1"]
    assert [each.shape for each in made.graph.latents] == [
        (2, quarter, quarter),
        (3, half, half),
        (2, half, half),
    ]
    trace = made(data(size), 3, seeded(3))
    assert trace.px["x"].mean.shape == (3, 4, 1, size, size)
    assert trace.log_w.shape == (3, 4)


def test_the_pass_down_gives_the_same_densities_as_its_parts() -> None:
    """What `infer` computes on the way is p of each code, and p(x | z), given the draws."""
    made = model()
    inferred = made.infer(data(), 2, seeded(3))
    z = inferred.z
    for latent in made.graph.latents:
        on_the_way, alone = inferred.p[latent.name], made.prior(latent, z)
        assert isinstance(on_the_way, DiagonalGaussian)
        alone = alone.expand(2, 4) if alone.mean.size(1) == 1 else alone
        torch.testing.assert_close(on_the_way.mean, alone.mean)
        torch.testing.assert_close(on_the_way.log_std, alone.log_std)
    on_the_way, alone = inferred.px["x"], made.decode(z)["x"]
    torch.testing.assert_close(on_the_way.log_prob(data()["x"]), alone.log_prob(data()["x"]))


def test_codes_drawn_from_the_prior_follow_those_above() -> None:
    made = model()
    codes = made.sample_codes(5, seeded(1))
    assert {name: each.shape for name, each in codes.items()} == {
        latent.name: (1, 5, latent.size) for latent in made.graph.latents
    }
    assert made.decode(codes)["x"].mean.shape == (1, 5, 1, 11, 11)


@pytest.mark.slow
def test_without_steps_the_divergence_is_in_closed_form() -> None:
    made = model(steps=0)
    trace = made(data(), 4_000, seeded(3))
    assert set(trace.kl_by_dimension) == {"z1", "z2", "z3"}
    estimate, exact = mean_kl(trace, analytic=False), mean_kl(trace, analytic=True)
    torch.testing.assert_close(estimate, exact, rtol=0.02, atol=0)


def test_free_bits_are_of_maps_after_the_mean_of_the_batch() -> None:
    trace = model()(data(), 2, seeded(3))
    assert set(trace.log_ratio_by_dimension) == {"z1", "z2", "z3"}
    total = trace.log_ratio_by_dimension["z2"].sum(-1)
    torch.testing.assert_close(total, trace.kl("z2", analytic=True))
    expected = torch.zeros(())
    for name, maps in {"z1": 2, "z2": 3, "z3": 2}.items():
        terms = (trace.log_ratio_by_dimension[name]).mean((0, 1))
        expected = expected + terms.view(maps, -1).sum(-1).clamp(min=4.0).sum()
    by_map = FreeBitsKl(4.0, by_map=True)(trace, 0, analytic=True).total
    torch.testing.assert_close(by_map, expected)
    huge = FreeBitsKl(1e6, by_map=True)(trace, 0, analytic=True).total
    assert float(huge.detach()) == pytest.approx(7e6)
    assert not any(each.abs().sum() for each in torch.autograd.grad(huge, trace.z["z3"]))


def test_parts_that_it_does_not_use_are_refused() -> None:
    for settings in ({"hidden": (8,)}, {"prior": "mog"}, {"posterior": "iaf"}):
        with pytest.raises(InputError, match="latents bidirectional define their own networks"):
            image_config("digits", "iaf-resnet", **settings)
