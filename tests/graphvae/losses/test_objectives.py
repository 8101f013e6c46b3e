"""Losses against the dense formulas that define them, in double precision."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from graphvae.losses.likelihood import PairLikelihood, negative_log_likelihood
from graphvae.losses.objective import GraphObjective
from graphvae.losses.reconstruction import Reconstruction
from graphvae.losses.sampled import SampledPairs, sampled_cross_entropy
from graphvae.losses.weighted import WeightedPairs, weighted_cross_entropy
from graphvae.nn.decoders import InnerProduct
from graphvae_data.graphs.graph import Graph
from image_vae.parts.distributions.posteriors import DiagonalGaussian, PointMass
from image_vae.parts.distributions.priors import StandardNormal
from image_vae.parts.penalties import WeightedKl
from image_vae.parts.terms import LossTerms
from tests.graphvae.graphs import random_graphs


def embedding(nodes: int, scale: float = 1.0) -> Tensor:
    generator = torch.Generator().manual_seed(nodes)
    return scale * torch.randn(nodes, 3, dtype=torch.float64, generator=generator)


def dense_adjacency(edges: Tensor, nodes: int) -> Tensor:
    adjacency = torch.zeros(nodes, nodes, dtype=torch.float64)
    adjacency[edges[0], edges[1]] = adjacency[edges[1], edges[0]] = 1
    return adjacency


def value_and_gradient(loss: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    return loss.detach(), torch.autograd.grad(loss, z)[0]


@settings(max_examples=25, deadline=None)
@given(random_graphs())
def test_the_paper_loss_is_the_weighted_cross_entropy_of_its_code(data: Graph) -> None:
    n = data.num_nodes
    edges = data.edges
    z = embedding(n).requires_grad_()
    adjacency = dense_adjacency(edges, n)
    ones, pairs = adjacency.sum(), n * n
    weight, norm = (pairs - ones) / ones, pairs / (2 * (pairs - ones))
    target = adjacency + torch.eye(n)
    dense = norm * F.binary_cross_entropy_with_logits(z @ z.T, target, pos_weight=weight)
    found = value_and_gradient(weighted_cross_entropy(z, edges), z)
    torch.testing.assert_close(found, value_and_gradient(dense, z))


@settings(max_examples=25, deadline=None)
@given(random_graphs())
def test_the_elbo_is_a_bernoulli_likelihood_over_unordered_pairs(data: Graph) -> None:
    n = data.num_nodes
    edges = data.edges
    z = embedding(n).requires_grad_()
    u, v = torch.triu_indices(n, n, offset=1)
    bernoulli = torch.distributions.Bernoulli(logits=(z @ z.T)[u, v])
    dense = -bernoulli.log_prob(dense_adjacency(edges, n)[u, v]).sum()
    found = value_and_gradient(negative_log_likelihood(z, edges), z)
    torch.testing.assert_close(found, value_and_gradient(dense, z))


def test_the_sampled_loss_is_the_cross_entropy_of_each_side() -> None:
    edge_logits, negative_logits = torch.tensor([1.0, -2.0]), torch.tensor([0.5, 3.0, -1.0])
    bce = F.binary_cross_entropy_with_logits
    expected = bce(edge_logits, torch.ones(2)) + bce(negative_logits, torch.zeros(3))
    torch.testing.assert_close(sampled_cross_entropy(edge_logits, negative_logits), expected)


def test_a_wrong_and_certain_negative_keeps_its_gradient() -> None:
    """Where log(1 − σ(s) + ε) has none: logits do not saturate."""
    logit = torch.tensor([40.0], requires_grad=True)
    sampled_cross_entropy(torch.zeros(1), logit).backward()
    torch.testing.assert_close(logit.grad, torch.ones(1))


STANDARD = StandardNormal(3)(lambda inputs: DiagonalGaussian(inputs, inputs))
LOSSES: dict[str, type[Reconstruction]] = {
    "paper": WeightedPairs,
    "elbo": PairLikelihood,
    "sampled": SampledPairs,
}


def objective_of(loss: str, edges: Tensor, nodes: int) -> GraphObjective:
    return GraphObjective(LOSSES[loss](edges, nodes), WeightedKl())


def objective_terms(loss: str, posterior: DiagonalGaussian | PointMass) -> LossTerms:
    objective = objective_of(loss, torch.tensor([[0, 1, 2], [1, 2, 3]]), 6)
    prior = STANDARD if isinstance(posterior, DiagonalGaussian) else None
    return objective(posterior, InnerProduct(), torch.Generator().manual_seed(0), prior=prior)


def test_kl_terms_have_the_scale_they_claim() -> None:
    mean, log_std = embedding(6).float(), 0.3 * embedding(6).float()
    posterior = DiagonalGaussian(mean, log_std)
    kl = kl_divergence(Normal(mean, log_std.exp()), Normal(0.0, 1.0)).sum(-1)
    torch.testing.assert_close(objective_terms("elbo", posterior).parts["kl"], kl.sum() / 6)
    torch.testing.assert_close(objective_terms("paper", posterior).parts["kl"], kl.mean() / 6)
    torch.testing.assert_close(objective_terms("sampled", posterior).parts["kl"], kl.mean() / 6)


@pytest.mark.parametrize("loss", ["paper", "elbo", "sampled"])
def test_a_gae_has_no_kl_term(loss: str) -> None:
    assert objective_terms(loss, PointMass(embedding(6).float())).parts["kl"] == 0


@pytest.mark.slow
def test_the_elbo_bounds_the_log_likelihood(generator: torch.Generator) -> None:
    """It is the mean of the log weights whose log mean exp, over many draws, estimates log p(A)."""
    nodes, draws = 4, 20_000
    edges = torch.tensor([[0, 1], [1, 2]])
    mean, log_std = 0.3 * embedding(nodes).float(), torch.full((nodes, 3), -0.2)
    q = DiagonalGaussian(mean.expand(draws, -1, -1), log_std.expand(draws, -1, -1))
    z = q.sample(generator)
    u, v = torch.triu_indices(nodes, nodes, offset=1)
    bernoulli = torch.distributions.Bernoulli(logits=(z @ z.transpose(1, 2))[:, u, v])
    log_likelihood = bernoulli.log_prob(dense_adjacency(edges, nodes).float()[u, v]).sum(-1)
    log_prior = Normal(0.0, 1.0).log_prob(z).sum((-1, -2))
    log_weights = log_likelihood + log_prior - q.log_prob(z).sum(-1)
    log_evidence = log_weights.logsumexp(0) - math.log(draws)

    objective = objective_of("elbo", edges, nodes)
    one, decoder = DiagonalGaussian(mean, log_std), InnerProduct()
    draws_of_it = [objective(one, decoder, generator, prior=STANDARD) for _ in range(2000)]
    terms = [each.total * nodes for each in draws_of_it]
    bound = -torch.stack(terms).mean()
    torch.testing.assert_close(bound, log_weights.mean(), atol=0.1, rtol=0)
    assert bound < log_evidence
