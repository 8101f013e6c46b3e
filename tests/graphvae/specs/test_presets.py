"""Presets: each model is what its paper says, with the settings of its paper."""

import dataclasses
import json
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch_geometric.nn import GATConv, SAGEConv

import graphvae
from graphvae.report.rerun import python_code
from graphvae.setup.experiment import GraphExperiment, make_split, mlp_scorer, prepare
from graphvae.specs.losses import SampledLoss
from graphvae.specs.presets import PRESETS
from graphvae.specs.recipe import FitConfig
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.training.records import EpochRecord
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from tests.graphvae.configs import make_config


def experiment(data: Graph, model: str, **settings: object) -> GraphExperiment:
    config = make_config(dataset=str(data.name), model=model, **settings)  # type: ignore[arg-type]
    return prepare(config, data, make_split(config, data))


def dense(made: GraphExperiment) -> tuple[torch.Tensor, torch.Tensor]:
    """Ã over the train edges and X, both dense and made without our propagation."""
    u, v = made.split.train
    adjacency = torch.eye(made.split.num_nodes)
    adjacency[u, v] = adjacency[v, u] = 1
    degree = adjacency.sum(1)
    x = made.graph.features
    return adjacency / (degree[:, None] * degree).sqrt(), torch.eye(len(u)) if x is None else x


def encoded(made: GraphExperiment) -> torch.Tensor:
    states: torch.Tensor = made.model.encoder(made.messages, torch.Generator()).detach()
    return states


@pytest.fixture(scope="module")
def cora_dense(cora: Graph) -> Graph:
    return replace(cora, features=cora.features.to_dense())


@pytest.mark.slow
@pytest.mark.parametrize("model", ["linear-gae", "linear-vgae"])
def test_linear_is_one_product_of_each(cora_dense: Graph, model: str) -> None:
    made = experiment(cora_dense, model)
    adjacency, x = dense(made)
    expected = adjacency @ x @ made.model.encoder.linear.weight.detach()
    torch.testing.assert_close(encoded(made), expected, atol=1e-5, rtol=1e-4)


def test_gnae_propagates_rows_of_one_length(cora_dense: Graph) -> None:
    made = experiment(cora_dense, "gnae")
    adjacency, x = dense(made)
    product = x @ made.model.encoder.linear.weight.detach()
    rows = 1.8 * product / product.norm(dim=1, keepdim=True)
    torch.testing.assert_close(rows.norm(dim=1), torch.full((2708,), 1.8))
    torch.testing.assert_close(encoded(made), adjacency @ rows, atol=1e-5, rtol=1e-4)


def test_gnae_leaves_a_node_without_neighbours_at_its_length(cora: Graph) -> None:
    made = experiment(cora, "gnae")
    alone = torch.bincount(made.split.train.flatten(), minlength=2708) == 0
    assert alone.any()
    lengths = encoded(made)[alone].norm(dim=1)
    torch.testing.assert_close(lengths, torch.full_like(lengths, 1.8))


def test_vgnae_normalises_the_mean_and_not_the_deviation(cora_dense: Graph) -> None:
    made = experiment(cora_dense, "vgnae")
    adjacency, x = dense(made)
    mean, log_std = (x @ made.model.encoder.linear.weight.detach()).chunk(2, 1)
    posterior = made.model.encode(made.messages, torch.Generator())
    assert isinstance(posterior, DiagonalGaussian)
    wanted = adjacency @ (1.8 * F.normalize(mean))
    torch.testing.assert_close(posterior.mean, wanted, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(posterior.log_std, adjacency @ log_std, atol=1e-5, rtol=1e-4)


@pytest.mark.slow
def test_strong_gae_averages_rows_of_one_length_over_hops(cora_dense: Graph) -> None:
    made = experiment(cora_dense, "strong-gae")
    made.model.eval()
    adjacency, x = dense(made)
    scaled = F.normalize(x * made.model.encoder.scaling.idf)
    rows = 3.0 * F.normalize(scaled @ made.model.encoder.encoder.linear.weight.detach())
    expected = (rows + adjacency @ rows + adjacency @ adjacency @ rows) / 3
    torch.testing.assert_close(encoded(made), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("model", "activation"), [("sage", F.relu), ("gat", F.elu)])
def test_sage_and_gat_are_pygs_with_the_same_weights(
    cora: Graph, model: str, activation: torch.nn.Module
) -> None:
    made = experiment(cora, model)
    kinds = {
        "sage": (SAGEConv(1433, 32), SAGEConv(32, 16)),
        "gat": (GATConv(1433, 8, heads=8), GATConv(64, 16)),
    }
    first, second = kinds[model]
    held = made.model.encoder.module
    first.load_state_dict(held.first.state_dict())
    second.load_state_dict(held.second.state_dict())
    index = torch.cat([made.split.train, made.split.train.flip(0)], 1)
    with torch.no_grad():
        expected = second(activation(first(cora.features.to_dense(), index)), index)
    torch.testing.assert_close(encoded(made), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("model", ["sage", "gat"])
def test_weights_of_pygs_layers_follow_the_seed_alone(karate: Graph, model: str) -> None:
    torch.manual_seed(1)
    one = experiment(karate, model)
    torch.manual_seed(2)
    two, other = experiment(karate, model), experiment(karate, model, seed=1)
    pairs = zip(one.model.state_dict().values(), two.model.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(encoded(one), encoded(other))


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_carries_on_to_the_same_bits(karate: Graph, name: str) -> None:
    edges, _ = karate.both_directions()
    drops = "dropout" in type(PRESETS[name].recipe.encoder).model_fields
    settings: dict[str, object] = {"dropout": 0.3} if drops else {}
    if PRESETS[name].recipe.latent > 256:  # a preset for a device
        settings["latent"] = 32
    data = Graph.from_edges(edges, 34, directed=PRESETS[name].recipe.directed)
    whole, first, second = (experiment(data, name, **settings, epochs=9) for _ in range(3))
    expected: list[EpochRecord] = []
    whole.trainer.run(expected.append)
    records = [first.trainer.run_epoch() for _ in range(4)]
    second.trainer.load_state_dict(first.trainer.state_dict())
    second.trainer.run(records.append)
    both = (records, expected)
    timeless = [[dataclasses.replace(r, step_seconds=0.0) for r in rs] for rs in both]
    assert timeless[0] == timeless[1]
    assert torch.equal(second.model.embed(second.messages), whole.model.embed(whole.messages))


def test_a_preset_brings_its_settings_and_the_user_overrules_them() -> None:
    paper = make_config(dataset="cora", model="gnae")
    assert (paper.latent, paper.training.epochs, paper.training.lr) == (128, 300, 0.005)
    assert paper.loss == SampledLoss()
    own = make_config(dataset="cora", model="gnae", latent=8, lr=0.1)
    assert (own.latent, own.training.epochs, own.training.lr) == (8, 300, 0.1)
    assert FitConfig.model_validate(json.loads(json.dumps(own.to_dict()))) == own


def test_code_that_makes_a_run_again_leaves_out_what_the_preset_brings() -> None:
    code = python_code(make_config(dataset="cora", model="gnae", latent=8))
    assert "latent=8" in code
    assert "epochs" not in code


def test_the_baseline_is_the_same_beside_every_model_but_takes_what_the_user_chose(
    cora: Graph,
) -> None:
    split = make_split(make_config(dataset="cora"), cora)
    scores = [
        mlp_scorer(make_config(dataset="cora", model=model, epochs=3), cora, split)(split.test)
        for model in ("gae", "strong-gae")
    ]
    assert (scores[0] == scores[1]).all()
    longer = make_config(dataset="cora", model="strong-gae", epochs=4)
    assert (mlp_scorer(longer, cora, split)(split.test) != scores[0]).any()


def test_gat_refuses_a_width_that_its_heads_cannot_share() -> None:
    with pytest.raises(InputError, match="hidden: expected a multiple of the 8 attention heads"):
        make_config(dataset="cora", model="gat", hidden=20)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["gnae", "sage"])
def test_a_run_is_saved_and_loaded_with_what_the_preset_brought(
    model: str, tmp_path: pytest.TempPathFactory
) -> None:
    made = graphvae.fit("karate", model, epochs=5, baselines=False, out=f"{tmp_path}/run")
    again = graphvae.load(f"{tmp_path}/run")
    assert again.config == made.config
    assert (again.embeddings() == made.embeddings()).all()
