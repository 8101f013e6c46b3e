"""Linear-Gaussian models over any latent graph: log p(x) and all posteriors have closed forms.

Every variable is v = Σ_parents W v_parent + b + s ε. The maps share one set of orthonormal columns,
so the exact posteriors have independent coordinates, as a VAE's have.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from image_vae.models.vae import VAE
from image_vae.parts.distributions.likelihoods import PixelGaussian
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.parts.distributions.priors import StandardNormal
from image_vae.parts.latent_graph import Latent, LatentGraph, chain, hierarchy, hvae, one_layer

PIXELS = 4
GRAPHS = {
    "one": one_layer(2),
    "chain": chain(2, 2),
    "hvae": hvae(2, 2),
    "hierarchy": hierarchy(2, 2),
}
EXACT = ("one", "chain", "hvae")
"""The graphs whose q can be the true posterior: in a hierarchy it ignores what was drawn above."""


class LinearMap(nn.Module):
    """Maps the values of the parents to μ = Σ W v + b and a fixed log σ."""

    def __init__(self, weights: dict[str, Tensor], bias: Tensor, log_std: Tensor) -> None:
        super().__init__()
        self.weights = nn.ParameterDict(weights)
        self.bias, self.log_std = nn.Parameter(bias), nn.Parameter(log_std)

    def forward(self, values: dict[str, Tensor]) -> Any:
        mean = sum(values[name] @ weight.T for name, weight in self.weights.items()) + self.bias
        return DiagonalGaussian(mean, self.log_std.expand_as(mean))


class LinearDecoder(LinearMap):
    """A linear map that returns a likelihood."""

    def forward(self, values: dict[str, Tensor]) -> PixelGaussian:
        return PixelGaussian(super().forward(values).mean, self.log_std)


@dataclass
class Joint:
    """The joint Gaussian distribution of all variables; `add` them from the top down."""

    mean: dict[str, Tensor]
    covariance: dict[tuple[str, str], Tensor]

    def add(self, name: str, step: LinearMap) -> None:
        weights = dict(step.weights.items())
        noise = (2 * step.log_std).exp().expand_as(step.bias).diag()
        self.mean[name] = step.bias.detach() + sum(w @ self.mean[p] for p, w in weights.items())
        for other in [key for key in self.mean if key != name]:
            across = sum(
                (w @ self.covariance[p, other] for p, w in weights.items()),
                torch.zeros(len(step.bias), len(self.mean[other]), dtype=torch.float64),
            )
            self.covariance[name, other], self.covariance[other, name] = across, across.T
        self.covariance[name, name] = noise + sum(
            w @ self.covariance[p, name] for p, w in weights.items()
        )

    def given(self, latent: Latent) -> LinearMap:
        """Return p(latent | its parents in q), its covariance cut to the diagonal."""
        name, parents = latent.name, latent.q_parents
        among = torch.cat(
            [torch.cat([self.covariance[a, b] for b in parents], 1) for a in parents], 0
        )
        across = torch.cat([self.covariance[name, p] for p in parents], 1)
        weight = torch.linalg.solve(among, across.T).T
        left = self.covariance[name, name] - weight @ across.T
        mean = torch.cat([self.mean[p] for p in parents])
        sizes = [len(self.mean[p]) for p in parents]
        weights = dict(zip(parents, weight.split(sizes, 1), strict=True))
        bias = self.mean[name] - weight @ mean
        return LinearMap(weights, bias, 0.5 * left.diagonal().log())

    def log_prob(self, x: Tensor) -> Tensor:
        return MultivariateNormal(self.mean["x"], self.covariance["x", "x"]).log_prob(x)


@dataclass
class Linear:
    """A model whose densities are all known."""

    vae: VAE
    joint: Joint

    def images(self, count: int) -> Tensor:
        """Draw images from the model."""
        spread = torch.linalg.cholesky(self.joint.covariance["x", "x"])
        return self.joint.mean["x"] + normal(count, PIXELS, seed=1) @ spread.T

    def log_prob(self, x: Tensor) -> Tensor:
        return self.joint.log_prob(x)


def normal(*shape: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@torch.no_grad()
def linear_model(graph: LatentGraph, *, spoil: float = 0.0) -> Linear:
    """Return a model with the exact posterior, or one that is off by `spoil` in μ and log σ."""
    width = graph.latents[0].size
    origin = torch.zeros(width, dtype=torch.float64)
    slopes, scales = torch.tensor([[0.8, -0.5], [1.5, 0.7]], dtype=torch.float64)[:, :width]
    generation, joint = {}, Joint({}, {})
    for name in graph.prior_order:
        step = LinearMap({}, origin, origin)
        if graph[name].p_parents:
            weights = {parent: slopes.diag() for parent in graph[name].p_parents}
            generation[name] = step = LinearMap(weights, origin + 0.2, origin - 0.5)
        joint.add(name, step)
    basis = torch.linalg.qr(normal(PIXELS, width, seed=0)).Q
    weights = {name: basis * scales / (1 + i) for i, name in enumerate(graph.observed["x"].parents)}
    bias = torch.linspace(-0.3, 0.3, PIXELS, dtype=torch.float64)
    decoder = LinearDecoder(weights, bias, torch.tensor(-0.5, dtype=torch.float64))
    joint.add("x", decoder)
    vae = VAE(
        graph,
        inference={each.name: spoilt(joint.given(each), spoil) for each in graph.latents},
        generation=generation,
        priors={each.name: StandardNormal(width) for each in graph.latents if not each.p_parents},
        decoders={"x": decoder},
    )
    return Linear(vae.double(), joint)


def spoilt(step: LinearMap, by: float) -> LinearMap:
    return LinearMap(dict(step.weights.items()), step.bias + by, step.log_std + by)
