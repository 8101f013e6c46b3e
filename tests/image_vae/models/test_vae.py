"""The VAE and its trace, on models whose densities are all known."""

from dataclasses import replace

import pytest
import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from image_vae.models.vae import VAE
from image_vae.parts.latent_graph import LatentGraph, hvae
from tests.image_vae.linear import GRAPHS, LinearMap, linear_model


def close(mean: torch.Tensor, expected: torch.Tensor, atol: float) -> None:
    torch.testing.assert_close(mean, expected, atol=atol, rtol=0)


@pytest.mark.parametrize("name", GRAPHS)
def test_samples_follow_the_joint_distribution(name: str, generator: torch.Generator) -> None:
    """Codes and images drawn from p have the covariance that its linear maps imply."""
    linear = linear_model(GRAPHS[name])
    with torch.no_grad():
        codes = linear.vae.sample_codes(60_000, generator)
        x = linear.vae.decode(codes)["x"].sample(generator)[0]
    close(x.mean(0), linear.joint.mean["x"], 0.03)
    close(x.T.cov(), linear.joint.covariance["x", "x"], 0.1)
    for latent, z in codes.items():
        assert z.shape == (1, 60_000, 2)
        across = torch.cat([z[0], x], 1).T.cov()[:2, 2:]
        close(across, linear.joint.covariance[latent, "x"], 0.06)


def test_images_are_drawn_by_the_number(generator: torch.Generator) -> None:
    px = linear_model(GRAPHS["hvae"]).vae.sample(9, generator)["x"]
    assert px.mean.shape == (1, 9, 4)


@pytest.mark.parametrize("name", GRAPHS)
def test_a_trace_scores_its_own_samples(name: str, generator: torch.Generator) -> None:
    """The parts of log p(x, z) add up to the joint density by torch.distributions."""
    linear = linear_model(GRAPHS[name], spoil=0.2)
    x = linear.images(3)
    with torch.no_grad():
        trace = linear.vae({"x": x}, 5, generator)
    names = [*trace.z, "x"]
    mean = torch.cat([linear.joint.mean[each] for each in names])
    covariance = torch.cat(
        [torch.cat([linear.joint.covariance[a, b] for b in names], 1) for a in names]
    )
    values = torch.cat([*trace.z.values(), x.expand(5, 3, 4)], -1)
    expected = MultivariateNormal(mean, covariance).log_prob(values)
    found = sum(trace.log_pz.values()) - trace.reconstruction
    torch.testing.assert_close(found, expected)
    for layer, q in trace.q.items():
        theirs = Independent(Normal(q.mean, q.log_std.exp()), 1).log_prob(trace.z[layer])
        torch.testing.assert_close(trace.log_qz[layer], theirs)
    torch.testing.assert_close(trace.log_w, expected - sum(trace.log_qz.values()))


@pytest.mark.parametrize("name", GRAPHS)
def test_a_divergence_is_closed_only_where_that_is_valid(
    name: str, generator: torch.Generator
) -> None:
    linear = linear_model(GRAPHS[name], spoil=0.2)
    trace = linear.vae({"x": linear.images(3)}, 5, generator)
    closed = {"chain": {"z2"}}.get(name, set(trace.z))
    assert set(trace.kl_by_dimension) == closed
    for layer in trace.z:
        ratio = trace.log_qz[layer] - trace.log_pz[layer]
        torch.testing.assert_close(trace.kl(layer, analytic=False), ratio)
        expected = trace.kl_by_dimension[layer].sum(-1) if layer in closed else ratio
        torch.testing.assert_close(trace.kl(layer, analytic=True), expected)
        if layer in closed:
            assert trace.kl_by_dimension[layer].shape == (5, 3, 2)
            assert not torch.allclose(expected, ratio)


def test_the_chains_lower_divergence_would_be_wrong_in_closed_form() -> None:
    """Why z1 of a chain has none: at z2 drawn from z1, the closed form is not the bound's term."""
    linear = linear_model(GRAPHS["chain"])
    with torch.no_grad():
        trace = linear.vae({"x": linear.images(1)}, 100_000, torch.Generator().manual_seed(0))
        p = linear.vae.generation["z1"](trace.z)
        closed = trace.q["z1"].kl_by_dimension(p).sum(-1)
        needed = trace.kl("z1", analytic=True)
    assert abs(float(closed.mean() - needed.mean())) > 0.1


def test_the_same_seed_gives_the_same_trace() -> None:
    linear = linear_model(GRAPHS["hvae"])
    one, other = (
        linear.vae({"x": linear.images(4)}, 3, torch.Generator().manual_seed(5)) for _ in range(2)
    )
    assert torch.equal(one.log_w, other.log_w)
    assert not torch.equal(one.log_w[0], one.log_w[1])


@pytest.mark.parametrize("name", GRAPHS)
def test_an_image_is_encoded_to_the_mean_of_q(name: str, generator: torch.Generator) -> None:
    linear = linear_model(GRAPHS[name])
    x = linear.images(6)
    found = linear.vae.encode({"x": x}, generator)
    assert set(found) == {latent.name for latent in GRAPHS[name].latents}
    first = GRAPHS[name].latents[0].name
    expected = linear.vae.inference[first]({"x": x}).mean
    torch.testing.assert_close(found[first], expected)


def residual_graph() -> LatentGraph:
    graph = hvae(2, 2)
    return replace(graph, latents=tuple(replace(each, residual=True) for each in graph.latents))


def test_a_residual_posterior_that_says_nothing_is_the_prior(generator: torch.Generator) -> None:
    plain = linear_model(GRAPHS["hvae"])
    zeros = torch.zeros(2, dtype=torch.float64)
    vae = VAE(
        residual_graph(),
        inference={
            name: LinearMap({"x": torch.zeros(2, 4, dtype=torch.float64)}, zeros, zeros)
            for name in ("z1", "z2")
        },
        generation=dict(plain.vae.generation.items()),
        priors=dict(plain.vae.priors.items()),
        decoders=dict(plain.vae.decoders.items()),
    )
    trace = vae({"x": plain.images(5)}, 3, generator)
    for layer in trace.z:
        close(trace.kl_by_dimension[layer], torch.zeros(3, 5, 2, dtype=torch.float64), 1e-12)
        torch.testing.assert_close(trace.log_qz[layer], trace.log_pz[layer])
    assert float(trace.q["z1"].mean.detach().std()) > 0.1
