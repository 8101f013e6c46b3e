"""FastGAE: the loss of a sample of nodes is the paper's loss on the subgraph of those nodes."""

import pytest
import torch

from graphvae.losses.fastgae import NodeSampler
from graphvae.losses.weighted import WeightedPairs, weighted_cross_entropy
from graphvae.setup.experiment import GraphExperiment, make_split, prepare
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from image_vae.parts.distributions.posteriors import PointMass
from tests.graphvae.configs import make_config


def experiment(data: Graph, **settings: object) -> GraphExperiment:
    given = {"model": "gae", "epochs": 20, **settings}
    config = make_config(dataset="karate", **given)  # type: ignore[arg-type]
    return prepare(config, data, make_split(config, data))


@pytest.mark.parametrize("model", ["gae", "linear-gae"])
def test_all_nodes_give_the_paper_loss_exactly(karate: Graph, model: str) -> None:
    sampled, whole = (experiment(karate, model=model, decode_nodes=n) for n in (34, None))
    for _ in range(5):
        assert sampled.trainer.run_epoch().loss == whole.trainer.run_epoch().loss


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.0, 1.0, 2.0])
def test_a_single_node_is_drawn_as_often_as_its_degree_asks(karate: Graph, alpha: float) -> None:
    sampler = NodeSampler(karate.edges, 34, count=2, alpha=alpha)
    sampler.count = 1
    generator, draws = torch.Generator().manual_seed(0), 20_000
    counts = torch.bincount(
        torch.cat([sampler.draw(generator) for _ in range(draws)]), minlength=34
    )
    degree = torch.bincount(karate.edges.flatten(), minlength=34).double()
    expected = draws * degree**alpha / (degree**alpha).sum()
    statistic = ((counts - expected) ** 2 / expected).sum().item()
    assert statistic < 33 + 4 * (2 * 33) ** 0.5  # chi-squared, four deviations


def test_a_step_decodes_the_subgraph_of_its_sample(karate: Graph) -> None:
    made = experiment(karate, decode_nodes=12)
    generator = torch.Generator().manual_seed(1)
    loss = made.trainer.objective.reconstruction
    assert isinstance(loss, WeightedPairs)
    assert loss.nodes is not None
    nodes = loss.nodes.draw(generator)
    assert len(nodes.unique()) == 12
    among = set(nodes.tolist())
    inside = {(u, v) for u, v in made.split.train.T.tolist() if {u, v} <= among}
    ends = loss.nodes.inside(nodes)
    assert {(u, v) for u, v in nodes[ends].T.tolist()} == inside
    z = torch.randn(34, 4, generator=generator)
    again = torch.Generator().manual_seed(1)
    found = made.trainer.objective(PointMass(z), made.model.decoder, again)
    assert found.total.item() == weighted_cross_entropy(z[nodes], ends).item()


@pytest.mark.slow
def test_it_learns(karate: Graph) -> None:
    made = experiment(karate, decode_nodes=15, epochs=150)
    losses = [made.trainer.run_epoch().loss for _ in range(150)]
    assert sum(losses[-20:]) < 0.95 * sum(losses[:20])


def test_a_sample_without_edges_has_a_finite_loss() -> None:
    z = torch.randn(3, 2, generator=torch.Generator().manual_seed(0))
    assert weighted_cross_entropy(z, torch.empty(2, 0, dtype=torch.int64)).isfinite()


def test_more_nodes_than_the_graph_has_are_refused(karate: Graph) -> None:
    with pytest.raises(InputError, match="expected from 2 to the graph's 34 nodes, got 35"):
        experiment(karate, decode_nodes=35)
