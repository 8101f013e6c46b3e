"""The importance-weighted bound over a whole graph."""

import math

import pytest
import torch
from torch import Tensor

from graphvae.losses.likelihood import PairLikelihood
from graphvae.losses.objective import GraphObjective
from graphvae.nn.decoders import InnerProduct
from graphvae.setup.experiment import make_split, prepare
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.machine.workers import Workers
from image_vae.parts.bounds import importance_weighted_bound
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.parts.distributions.priors import Mixture
from image_vae.parts.penalties import WeightedKl
from image_vae.specs.bounds import Elbo, Iwae
from tests.graphvae.configs import make_config

WIDTH = 2


def normal() -> DiagonalGaussian:
    zeros = torch.zeros(WIDTH, dtype=torch.float64)
    return DiagonalGaussian(zeros, zeros)


def posterior(nodes: int, spread: float = 0.3) -> DiagonalGaussian:
    generator = torch.Generator().manual_seed(nodes)
    mean = spread * torch.randn(nodes, WIDTH, dtype=torch.float64, generator=generator)
    return DiagonalGaussian(mean, torch.full_like(mean, -1.0))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def edges_of(data: Graph) -> Tensor:
    return data.edges


def objective_of(edges: Tensor, nodes: int, samples: int | None) -> GraphObjective:
    """The bound of so many draws; None for the ELBO."""
    bound = Elbo() if samples is None else Iwae(samples=samples)
    return GraphObjective(PairLikelihood(edges, nodes), WeightedKl(), bound)


def objective(data: Graph, samples: int | None) -> GraphObjective:
    return objective_of(edges_of(data), data.num_nodes, samples)


def test_one_draw_is_the_elbo_at_that_draw(karate: Graph) -> None:
    """A mixture of one Gaussian makes the ELBO take its divergence at the draw as well."""
    q, p = posterior(34), normal()
    one = DiagonalGaussian(p.mean[None], p.log_std[None])
    elbo = objective(karate, None)(q, InnerProduct(), seeded(), prior=Mixture.uniform(one))
    found = objective(karate, 1)(q, InnerProduct(), seeded(), prior=p)
    torch.testing.assert_close(found.total, elbo.total)
    for name in ("recon", "kl"):
        torch.testing.assert_close(found.parts[name], elbo.parts[name])


@pytest.mark.slow
def test_the_bound_rises_with_the_draws(karate: Graph) -> None:
    """And no bound passes log p(A); the same 2000 draws in groups of 1, 4 and 20."""
    q, p, edges = posterior(34), normal(), edges_of(karate)
    alone, generator = objective_of(edges, 34, 1), seeded()
    log_weights = torch.stack(
        [-34 * alone(q, InnerProduct(), generator, prior=p).total for _ in range(2000)]
    )
    bounds = [
        torch.stack([importance_weighted_bound(group) for group in log_weights.split(size)]).mean()
        for size in (1, 4, 20, 2000)
    ]
    assert bounds[0] + 0.5 < bounds[1]
    assert bounds[1] + 0.5 < bounds[2]
    assert bounds[2] + 0.5 < bounds[3]


@pytest.mark.slow
def test_the_bound_of_many_draws_is_the_likelihood() -> None:
    """Two nodes with one edge, one coordinate: log p(A) by quadrature over both codes."""
    grid = torch.linspace(-8, 8, 801, dtype=torch.float64)
    density = torch.exp(-0.5 * grid.square()) / math.sqrt(2 * math.pi)
    edge = torch.sigmoid(grid[:, None] * grid[None, :])
    step = float(grid[1] - grid[0])
    exact = (density[:, None] * density[None, :] * edge).sum() * step**2
    zeros = torch.zeros(2, 1, dtype=torch.float64)
    q = DiagonalGaussian(zeros + 0.3, zeros)
    p = DiagonalGaussian(zeros[0], zeros[0])
    made = objective_of(torch.tensor([[0], [1]]), 2, 4000)
    found = -2 * made(q, InnerProduct(), seeded(), prior=p).total
    torch.testing.assert_close(found, exact.log(), atol=0.03, rtol=0.0)


def test_its_gradient_weighs_the_draws(karate: Graph) -> None:
    p, generator = normal(), seeded(1)
    start = posterior(34)
    mean = start.mean.requires_grad_()
    q = DiagonalGaussian(mean, start.log_std)
    found = objective(karate, 3)(q, InnerProduct(), seeded(1), prior=p).total
    (gradient,) = torch.autograd.grad(-34 * found, mean)
    single = objective(karate, 1)
    log_weights = [-34 * single(q, InnerProduct(), generator, prior=p).total for _ in range(3)]
    shares = torch.stack(log_weights).detach().softmax(0)
    parts = [torch.autograd.grad(one, mean)[0] for one in log_weights]
    expected = sum(share * part for share, part in zip(shares, parts, strict=True))
    torch.testing.assert_close(gradient, expected)


def kept_numbers(nodes: int, samples: int) -> int:
    """Count the numbers that the backward pass of the bound holds on to."""
    sizes: list[int] = []

    def pack(value: Tensor) -> Tensor:
        sizes.append(value.numel())
        return value

    start = posterior(nodes)
    q = DiagonalGaussian(start.mean.requires_grad_(), start.log_std)
    edges = torch.stack([torch.zeros(9, dtype=torch.long), torch.arange(1, 10)])
    made = objective_of(edges, nodes, samples)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda value: value):
        made(q, InnerProduct(), seeded(), prior=normal())
    return sum(sizes)


def test_memory_grows_with_the_draws_and_the_nodes_alone() -> None:
    one = kept_numbers(1000, 1)
    assert kept_numbers(1000, 4) < 4.1 * one
    assert kept_numbers(4000, 1) < 4.1 * one
    assert one < 1000 * WIDTH * 20


def test_workers_cannot_share_it(karate: Graph) -> None:
    config = make_config(dataset="karate", loss="elbo", bound="iwae")
    with pytest.raises(InputError, match="workers"):
        prepare(config, karate, make_split(config, karate), workers=Workers(0, 2))
