"""GAE and VGAE against the same models built from PyTorch Geometric's parts."""

import dataclasses
import math

import pytest
import torch
from torch_geometric.nn import GCNConv

import graphvae
from graphvae.graph.propagation import MessageGraph
from graphvae.nn.encoders import GCN
from graphvae.nn.models import GAE, bounded
from graphvae.setup.experiment import GraphExperiment, make_split, prepare
from graphvae.specs.presets import PRESETS
from graphvae_data.graphs.graph import Graph
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from tests.graphvae.configs import make_config


def experiment(data: Graph, model: str, **settings: object) -> GraphExperiment:
    config = make_config(dataset="cora", model=model, **settings)  # type: ignore[arg-type]
    return prepare(config, data, make_split(config, data))


def pyg_convolution(weight: torch.Tensor) -> GCNConv:
    layer = GCNConv(weight.size(0), weight.size(1), bias=False)
    with torch.no_grad():
        layer.lin.weight.copy_(weight.T)
    return layer


def pyg_encode(model: GAE, data: Graph, split_train: torch.Tensor, features: bool) -> torch.Tensor:
    """Two of PyG's convolutions over the train edges, with the weights of our model."""
    x = data.features.to_dense() if features else torch.eye(data.num_nodes)
    index = torch.cat([split_train, split_train.flip(0)], 1)
    first = pyg_convolution(model.encoder.first.weight)
    second = pyg_convolution(model.encoder.second.weight)
    return second(first(x, index).relu(), index)


@pytest.mark.parametrize("features", [True, False])
def test_gae_is_pygs_with_the_same_weights(cora: Graph, features: bool) -> None:
    made = experiment(cora, "gae", features=features)
    with torch.no_grad():
        expected = pyg_encode(made.model, cora, made.split.train, features)
    torch.testing.assert_close(made.model.embed(made.messages), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("features", [True, False])
def test_vgae_is_pygs_with_the_same_weights(
    cora: Graph, features: bool, generator: torch.Generator
) -> None:
    made = experiment(cora, "vgae", features=features)
    posterior = made.model.encode(made.messages, generator)
    assert isinstance(posterior, DiagonalGaussian)
    with torch.no_grad():
        mean, log_std = pyg_encode(made.model, cora, made.split.train, features).chunk(2, 1)
    torch.testing.assert_close(posterior.mean, mean, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(posterior.log_std, log_std, atol=1e-5, rtol=1e-4)


def test_gradients_are_pygs_too(cora: Graph, generator: torch.Generator) -> None:
    made = experiment(cora, "gae")
    pairs = made.split.train
    logits = made.model.decoder(made.model.encode(made.messages, generator).mean, pairs)
    found = torch.autograd.grad(logits.sigmoid().mean(), list(made.model.parameters()))

    x, index = cora.features.to_dense(), torch.cat([pairs, pairs.flip(0)], 1)
    first = pyg_convolution(made.model.encoder.first.weight)
    second = pyg_convolution(made.model.encoder.second.weight)
    z = second(first(x, index).relu(), index)
    theirs = (z[pairs[0]] * z[pairs[1]]).sum(-1).sigmoid().mean()
    expected = torch.autograd.grad(theirs, [first.lin.weight, second.lin.weight])
    for ours, other in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, other.T, atol=1e-6, rtol=1e-3)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_builds_and_has_finite_gradients(karate: Graph, name: str) -> None:
    edges, _ = karate.both_directions()
    data = Graph.from_edges(edges, 34, directed=PRESETS[name].recipe.directed)
    made = experiment(data, name)
    made.trainer.step()
    gradients = [p.grad for p in made.model.parameters()]
    assert all(g is not None and g.isfinite().all() and g.any() for g in gradients)


def test_heads_are_initialised_each_as_a_matrix_of_its_own(generator: torch.Generator) -> None:
    encoder = GCN(10, 32, 16, heads=2, generator=generator)
    bound = (6 / (32 + 16)) ** 0.5
    for head in encoder.second.weight.detach().split(16, 1):
        assert 0.95 * bound < head.abs().max() <= bound


def test_embedding_does_not_depend_on_dropout_or_noise(karate: Graph) -> None:
    made = experiment(karate, "vgae", dropout=0.5)
    assert torch.equal(made.model.embed(made.messages), made.model.embed(made.messages))
    assert made.model.training


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["karate", "cora"])
def test_dropout_keeps_the_mean_and_drops_its_share(
    dataset: str, request: pytest.FixtureRequest, generator: torch.Generator
) -> None:
    """On sparse features, and on the identity, where it drops rows of the first weights."""
    data = request.getfixturevalue(dataset)
    made = experiment(data, "gae", dropout=0.4)
    encoder, graph = made.model.encoder, made.messages
    still = encoder.first_layer(graph, 0.0, generator).detach()
    draws = torch.stack([encoder.first_layer(graph, 0.4, generator) for _ in range(300)]).detach()
    error = (draws.mean(0) - still).norm() / still.norm()
    assert error < 0.15
    assert not torch.equal(draws[0], draws[1])


def test_a_graph_without_features_uses_the_identity(karate: Graph) -> None:
    graph = experiment(karate, "gae").messages
    identity = dataclasses.replace(graph, features=torch.eye(34))
    model = experiment(karate, "gae").model
    assert isinstance(identity, MessageGraph)
    torch.testing.assert_close(model.embed(graph), model.embed(identity))


def test_log_std_within_bounds_keeps_its_bits_and_its_gradient() -> None:
    log_std = torch.randn(50, 4, requires_grad=True)
    q = bounded(DiagonalGaussian(torch.zeros(50, 4), log_std))
    assert isinstance(q, DiagonalGaussian)
    assert torch.equal(q.log_std, log_std)
    far = torch.tensor([[-1e5, 1e5]], requires_grad=True)
    q = bounded(DiagonalGaussian(torch.zeros(1, 2), far))
    assert isinstance(q, DiagonalGaussian)
    torch.testing.assert_close(q.log_std, torch.tensor([[-20.0, 10.0]]), atol=0.01, rtol=0)
    q.log_std.sum().backward()
    assert far.grad is not None
    assert torch.equal(far.grad, torch.ones(1, 2))


@pytest.mark.parametrize("model", ["vgae", "linear-vgae", "vgnae", "arvgae"])
def test_ages_and_incomes_give_no_nan(karate: Graph, model: str) -> None:
    generator = torch.Generator().manual_seed(0)
    age = torch.randint(18, 80, (34, 1), generator=generator).float()
    income = torch.randn(34, 1, generator=generator).mul(0.6).add(10.5).exp()
    graph = Graph.from_edges(karate.edges, 34, features=torch.cat([age, income], 1))
    result = graphvae.fit(graph, model, epochs=5, baselines=False)
    assert all(math.isfinite(record.loss) for record in result.history)
