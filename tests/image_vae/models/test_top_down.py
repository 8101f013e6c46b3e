"""A top-down pass: its densities, its divergences, the state that p and q share, temperature."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from graphvae_data.core.errors import InputError
from image_vae.models.build import build_model
from image_vae.models.top_down import TopDown, ladder
from image_vae.nn.decoders import DecoderModule
from image_vae.nn.ladder.dense import combined
from image_vae.nn.ladder.level import STATE, Level
from image_vae.nn.ladder.towers import SpatialLevel, StateDecoder
from image_vae.nn.normalisation import batch_norms
from image_vae.parts.bounds import elbo
from image_vae.parts.distributions.likelihoods import PixelGaussian
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.parts.distributions.priors import Mixture, StandardNormal
from tests.image_vae.configs import image_config

A, S1, B, S = 0.8, 0.6, 1.5, 0.5
"""z1 = A z2 + S1 ε, x = B z1 + S ε."""


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Chain(Level):
    """A level of the linear-Gaussian chain, whose q is the true posterior."""

    def __init__(self, top: bool) -> None:
        super().__init__()
        self.top = top

    def prior(self, state: Tensor) -> DiagonalGaussian:
        return DiagonalGaussian(A * state, torch.full_like(state, math.log(S1)))

    def posterior(
        self, state: Tensor, features: Tensor
    ) -> tuple[DiagonalGaussian | None, DiagonalGaussian]:
        if self.top:  # x = A B z2 + noise of variance (B S1)² + S²
            slope, noise = A * B, (B * S1) ** 2 + S**2
            precision = 1 + slope**2 / noise
            mean = slope / noise * features / precision
            return None, DiagonalGaussian(mean, torch.full_like(mean, -0.5 * math.log(precision)))
        likelihood = DiagonalGaussian(features / B, torch.full_like(features, math.log(S / B)))
        prior = self.prior(state)
        return prior, combined(likelihood, prior)

    def advance(self, state: Tensor, z: Tensor) -> Tensor:
        return z


class Line(DecoderModule):
    def forward(self, codes: dict[str, Tensor]) -> PixelGaussian:
        values = (B * codes[STATE])[..., None, None]
        return PixelGaussian(values, torch.tensor(math.log(S)))


class Features(nn.Module):
    def forward(self, image: Tensor) -> list[Tensor]:
        return [image.flatten(2)] * 2


def linear() -> TopDown:
    return TopDown(
        ladder([(1,), (1,)]),
        bottom_up=Features(),
        levels=[Chain(top=True), Chain(top=False)],
        prior=StandardNormal(1),
        start=torch.zeros(0),
        decoder=Line(),
    )


def test_two_linear_gaussian_levels_give_the_exact_likelihood() -> None:
    x = torch.randn(7, 1, 1, 1, generator=generator())
    variance = B**2 * (A**2 + S1**2) + S**2
    exact = MultivariateNormal(torch.zeros(1), torch.tensor([[variance]]))
    trace = linear()({"x": x}, 5, generator())
    expected = exact.log_prob(x.flatten(1)).expand(5, 7)
    torch.testing.assert_close(trace.log_w, expected, atol=1e-5, rtol=0)
    assert set(trace.kl_by_dimension) == {"z1", "z2"}


def test_samples_of_the_linear_model_have_its_variance() -> None:
    px = linear().eval().sample(20_000, generator())["x"]
    assert isinstance(px, PixelGaussian)
    variance = B**2 * (A**2 + S1**2)
    assert float(px.mean.var()) == pytest.approx(variance, rel=0.05)
    cold = linear().eval().sample_at(0.5, 20_000, generator())["x"]
    assert isinstance(cold, PixelGaussian)
    assert float(cold.mean.var()) == pytest.approx(0.25 * variance, rel=0.05)


def nvae(**settings: object) -> TopDown:
    tiny = {"scales": "2x2:2,4x4:2", "channels": 4, "latent": (3,), **settings}
    images = torch.rand(20, 1, 8, 8, generator=generator())
    model = build_model(image_config("digits", "nvae", **tiny), images, generator())
    assert isinstance(model, TopDown)
    return model


IMAGES = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(3)).round()


@pytest.mark.parametrize("k", [1, 3])
def test_divergences_of_the_groups_sum_to_the_whole(k: int) -> None:
    model = nvae().eval()
    trace = model({"x": IMAGES}, k, generator())
    groups = [trace.kl(name, analytic=True) for name in ("z1", "z2", "z3", "z4")]
    bound = -trace.reconstruction - torch.stack(groups).sum(0)
    torch.testing.assert_close(bound.mean(0), elbo(trace))
    assert {name: z.size(-1) for name, z in trace.z.items()} == {
        "z4": 12,
        "z3": 12,
        "z2": 48,
        "z1": 48,
    }


@pytest.mark.slow
def test_the_closed_form_is_the_mean_of_the_log_ratios() -> None:
    model = nvae().eval()
    with torch.no_grad():
        trace = model({"x": IMAGES[:1].expand(4_000, -1, -1, -1)}, 1, generator())
    for name in ("z4", "z1"):
        closed = trace.kl(name, analytic=True)
        sampled = trace.kl(name, analytic=False)
        error = float((sampled - closed).std()) / 4_000**0.5
        assert float((sampled - closed).mean()) == pytest.approx(0, abs=4 * error)


def test_a_residual_of_zero_is_p() -> None:
    model = nvae(residual=True)
    for level in model.levels.values():
        assert isinstance(level, SpatialLevel)
        with torch.no_grad():
            level.q_head.log_norm.fill_(-100.0)
            level.q_head.bias.zero_()
    with torch.no_grad():
        trace = model({"x": IMAGES}, 1, generator())
    for name in ("z3", "z2", "z1"):  # the topmost has no p to be relative to
        torch.testing.assert_close(trace.kl(name, analytic=True), torch.zeros(1, 6))
    with torch.no_grad():
        absolute = nvae(residual=False)({"x": IMAGES}, 1, generator())
    assert float(absolute.kl("z1", analytic=True).min()) > 0


def test_codes_decode_to_what_the_pass_decoded() -> None:
    """The state that `decode` computes from codes is the one of the pass that drew them."""
    model = nvae().eval()
    trace = model({"x": IMAGES}, 2, generator())
    again = model.decode(trace.z)["x"]
    torch.testing.assert_close(again.log_prob(IMAGES), trace.log_px["x"])
    p = model.prior(model.graph["z1"], trace.z)
    assert isinstance(p, DiagonalGaussian)
    torch.testing.assert_close(p.log_prob(trace.z["z1"]), trace.log_pz["z1"])


def test_one_pass_each_way() -> None:
    model, calls = nvae(), list[str]()
    for name, module in (("up", model.bottom_up), ("down", model.level("z2"))):
        module.register_forward_hook(lambda *_, called=name: calls.append(called))
    cells = model.level("z2").cells
    assert isinstance(cells, nn.Module)
    cells.register_forward_hook(lambda *_: calls.append("cells"))
    model({"x": IMAGES}, 1, generator())
    assert calls == ["up", "cells"]


def test_the_first_group_does_not_see_the_state_and_the_last_sees_all() -> None:
    model = nvae().eval()
    z = model.infer({"x": IMAGES}, 1, generator()).z
    for changed in z:
        moved = {
            name: code.detach().clone().requires_grad_(name == changed) for name, code in z.items()
        }
        p = model.prior(model.graph["z1"], moved)
        assert isinstance(p, DiagonalGaussian)
        slope = torch.autograd.grad(p.mean.sum(), moved[changed], allow_unused=True)[0]
        assert (slope is not None and bool((slope != 0).any())) is (changed != "z1")


@pytest.mark.slow
def test_a_low_temperature_makes_samples_alike() -> None:
    model = nvae().eval()
    warm, cold = (model.sample_at(t, 40, generator())["x"] for t in (1.0, 0.01))
    assert isinstance(model.decoders["x"], StateDecoder)
    assert float(cold.mean.var(1).mean()) < 0.1 * float(warm.mean.var(1).mean())


@pytest.mark.slow
def test_sampling_leaves_the_running_moments_as_they_were() -> None:
    model = nvae()
    model({"x": IMAGES}, 1, generator())
    before = {name: value.clone() for name, value in model.eval().state_dict().items()}
    model.sample_at(0.7, 4, generator())
    after = model.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert not model.training
    assert all(each.tracking is None and each.momentum == 0.05 for each in batch_norms(model))


def test_a_temperature_needs_a_gaussian() -> None:
    ends = DiagonalGaussian(torch.zeros(2, 1), torch.zeros(2, 1))
    model = linear()
    model.top.forward = lambda encode: Mixture.uniform(ends)  # type: ignore[method-assign]
    with pytest.raises(InputError, match="temperature: needs Gaussian priors, got Mixture"):
        model.sample_at(0.5, 2, generator())
    config = image_config("digits", "vae", latent=(2,), hidden=(4,))
    plain = build_model(config, IMAGES, generator())
    with pytest.raises(InputError, match="only models with a top-down pass"):
        plain.sample_at(0.5, 2, generator())
