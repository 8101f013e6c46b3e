"""Learnable node embeddings: initial values, linear hops against dense powers, errors."""

from pathlib import Path

import pytest
import torch

import graphvae
from graphvae.nn.node_embeddings import NodeEmbedding
from graphvae.setup.experiment import GraphExperiment, make_split, prepare
from graphvae.setup.inputs import open_named
from graphvae.training.batches import Progress
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from tests.graphvae.configs import make_config


def experiment(data: Graph, model: str, **settings: object) -> GraphExperiment:
    config = make_config(dataset=str(data.name), model=model, **settings)  # type: ignore[arg-type]
    return prepare(config, data, make_split(config, data))


def powers(made: GraphExperiment, start: torch.Tensor) -> torch.Tensor:
    """Ã^K H₀ + r Σ_{k<K} Ã^k H₀ from a dense Ã over the train edges, made without propagation."""
    u, v = made.split.train
    adjacency = torch.eye(made.split.num_nodes)
    adjacency[u, v] = adjacency[v, u] = 1
    degree = adjacency.sum(1)
    adjacency = adjacency / (degree[:, None] * degree).sqrt()
    encoder: NodeEmbedding = made.model.encoder
    terms = [torch.linalg.matrix_power(adjacency, k) @ start for k in range(encoder.hops + 1)]
    return terms[-1] + encoder.residual * torch.stack(terms[:-1]).sum(0)


@pytest.mark.parametrize("hops", [1, 2, 4])
def test_without_features_hops_are_powers_of_the_adjacency(karate: Graph, hops: int) -> None:
    made = experiment(karate, "optimized-gae")
    made.model.encoder.hops = hops
    start = made.model.encoder.embedding.detach()
    expected = powers(made, start)
    torch.testing.assert_close(made.model.embed(made.messages), expected, atol=1e-5, rtol=1e-4)


def test_without_features_the_start_is_orthogonal(karate: Graph) -> None:
    made = experiment(karate, "optimized-gae", latent=8)
    start = made.model.encoder.embedding.detach()
    assert start.shape == (34, 8)
    torch.testing.assert_close(start.T @ start, 34 / 8 * torch.eye(8), atol=1e-5, rtol=0.0)


@pytest.mark.slow
def test_beside_features_each_has_weights_of_its_own(cora: Graph) -> None:
    made = experiment(cora, "optimized-gae", hidden=8, latent=12)
    encoder: NodeEmbedding = made.model.encoder
    assert encoder.embedding.shape == (2708, 8)
    assert encoder.of_features is not None
    assert encoder.of_embedding is not None
    joined = torch.cat([cora.features.to_dense(), encoder.embedding.detach()], 1)
    weights = [encoder.of_features.weight.detach(), encoder.of_embedding.weight.detach()]
    expected = powers(made, joined @ torch.cat(weights))
    torch.testing.assert_close(made.model.embed(made.messages), expected, atol=1e-4, rtol=1e-4)


def test_dropout_touches_features_while_training_and_never_the_embedding(
    karate: Graph, cora: Graph
) -> None:
    for data, same in ((karate, True), (cora, False)):
        made = experiment(data, "optimized-gae", hidden=4, latent=4, dropout=0.5)
        generator = torch.Generator().manual_seed(0)
        one, two = (made.model.train().encode(made.messages, generator).mean for _ in range(2))
        assert torch.equal(one, two) == same


def test_state_dropout_zeroes_the_states_of_a_step_alone(karate: Graph) -> None:
    made = experiment(karate, "optimized-gae", state_dropout=0.5)
    generator = torch.Generator().manual_seed(0)
    whole = made.model.eval().encode(made.messages, generator).mean
    dropped = made.model.train().encode(made.messages, generator).mean
    kept = dropped != 0
    assert 0.4 < kept.double().mean() < 0.6
    torch.testing.assert_close(dropped[kept], 2 * whole[kept])


def test_the_embedding_itself_is_trained(karate: Graph) -> None:
    made = experiment(karate, "optimized-gae")
    before = made.model.encoder.embedding.detach().clone()
    made.trainer.run_epoch()
    assert not torch.equal(made.model.encoder.embedding, before)


def test_a_new_graph_is_refused(cora: Graph) -> None:
    result = graphvae.fit(
        "cora", "optimized-gae", epochs=1, hidden=2, latent=2, baselines=False, threads=1
    )
    with pytest.raises(
        InputError, match="learns node embeddings, so it can embed only its 2708 nodes"
    ):
        result.embed_new(cora)


@pytest.mark.slow
def test_a_few_steps_on_ddi_lower_the_loss_and_rank_better_than_none(
    raw_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real benchmark, narrow: 6 steps of 8,192 edges, each kept from its own messages."""
    monkeypatch.setenv("GRAPHVAE_MIRROR", str(raw_data))
    given = open_named("ogbl-ddi")
    narrow = {"latent": 16, "dropout": 0.0, "lr": 0.1, "batch_size": 8192, "select": "hits@20"}
    config = make_config(dataset="ogbl-ddi", model="optimized-gae", **narrow)  # type: ignore[arg-type]
    assert given.official is not None
    trainer = prepare(config, given.graph, given.official).trainer
    before = trainer._validate()
    trainer.progress = Progress.begin(trainer.batches, trainer.generator)
    losses = []
    for _ in range(6):
        losses.append(float(trainer.step().total))
        trainer.progress.step += 1
    assert losses[-1] < losses[0] - 0.1
    assert trainer._validate().auc > before.auc + 0.2
