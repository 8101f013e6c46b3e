"""Orthogonal initialisation: orthogonal, of one scale, decided by the seed."""

import pytest
import torch

from graphvae.nn.orthogonal import fill_orthogonal
from graphvae.setup.experiment import GraphExperiment, make_split, prepare
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from tests.graphvae.configs import make_config


def experiment(data: Graph, model: str, **settings: object) -> GraphExperiment:
    given = {"init": "orthogonal", "features": False, **settings}
    config = make_config(dataset="mine", model=model, **given)  # type: ignore[arg-type]
    return prepare(config, data, make_split(config, data))


def node_weights(made: GraphExperiment) -> torch.Tensor:
    return max(made.model.parameters(), key=lambda weight: weight.size(0)).detach()


@pytest.mark.parametrize(
    ("model", "heads"),
    [("gae", 1), ("vgae", 1), ("linear-gae", 1), ("linear-vgae", 2), ("vgnae", 2), ("mlp", 1)],
)
def test_columns_are_orthogonal_and_rows_of_mean_square_one(
    cora: Graph, model: str, heads: int
) -> None:
    weight = node_weights(experiment(cora, model))
    for block in weight.chunk(heads, 1):
        width = block.size(1)
        products = block.T @ block / (2708 / width)
        torch.testing.assert_close(products, torch.eye(width), atol=1e-4, rtol=0.0)
        assert block.square().sum(1).mean().item() == pytest.approx(1, rel=1e-4)


def test_the_seed_decides_the_start(cora: Graph) -> None:
    one, two = (node_weights(experiment(cora, "linear-gae", seed=3)) for _ in range(2))
    other = node_weights(experiment(cora, "linear-gae", seed=4))
    assert torch.equal(one, two)
    assert not torch.allclose(one, other)


def test_the_other_weights_start_as_ever(cora: Graph) -> None:
    one = experiment(cora, "gae").model.encoder.second.weight
    two = experiment(cora, "gae", init="glorot").model.encoder.second.weight
    assert torch.equal(one, two)


def test_what_has_no_node_embeddings_is_refused(cora: Graph, karate: Graph) -> None:
    with pytest.raises(InputError, match="init: orthogonal is for graphs without features"):
        experiment(cora, "gae", features=True)
    with pytest.raises(InputError, match="init: orthogonal needs as many nodes as columns, 64"):
        experiment(karate, "gae", hidden=64)
    with pytest.raises(InputError, match="init: encoder sage has no such setting"):
        experiment(karate, "sage")


@pytest.mark.parametrize("shape", [(40, 6), (6, 6), (6, 40)])
def test_the_shorter_side_is_orthogonal(shape: tuple[int, int], generator: torch.Generator) -> None:
    weight = torch.empty(shape)
    fill_orthogonal(weight, generator)
    tall, gain = (weight, shape[0] / shape[1]) if shape[0] >= shape[1] else (weight.T, 1.0)
    torch.testing.assert_close(tall.T @ tall, gain * torch.eye(min(shape)), atol=1e-4, rtol=0.0)
    torch.testing.assert_close(weight.square().sum(1).mean(), torch.tensor(1.0))
