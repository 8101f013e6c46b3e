"""Priors of node codes: initial values, and how the encoder treats pseudo-nodes."""

from pathlib import Path

import pytest
import torch

import graphvae
from graphvae.graph.propagation import message_graph
from graphvae.nn.encoders import GCN
from graphvae.nn.models import VGAE
from graphvae.nn.priors import isolated_nodes, node_rows
from graphvae.setup.experiment import GraphExperiment, make_split, prepare
from graphvae.training.trainer import GraphTrainer
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.runs.options import FitOptions
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.parts.distributions.priors import Mixture, VampPrior
from tests.graphvae.configs import make_config

MIXTURES = ({"prior": "mog"}, {"prior": "vamp"})
SETTINGS = (
    *MIXTURES,
    {"warmup": 20},
    {"penalty": "free-bits", "prior": "vamp"},
    {"loss": "elbo", "bound": "iwae", "prior": "mog", "samples": 2},
    {"loss": "sampled", "batch_size": 25, "prior": "vamp", "dropout": 0.2},
)


def experiment(data: Graph, **settings: object) -> GraphExperiment:
    config = make_config(dataset="karate", **{"epochs": 5, **settings})  # type: ignore[arg-type]
    return prepare(config, data, make_split(config, data))


def test_a_normal_prior_has_no_weights(karate: Graph) -> None:
    model = experiment(karate).model
    assert not [name for name in model.state_dict() if "prior" in name]


@pytest.mark.parametrize("settings", MIXTURES)
def test_a_prior_leaves_the_other_weights_as_they_are(
    karate: Graph, settings: dict[str, object]
) -> None:
    plain, other = experiment(karate).model, experiment(karate, **settings).model
    for name, value in plain.state_dict().items():
        assert torch.equal(other.state_dict()[name], value)


@pytest.mark.parametrize("features", [True, False])
def test_pseudo_nodes_start_as_nodes_of_the_graph(cora: Graph, features: bool) -> None:
    made = experiment(cora, prior="vamp", prior_components=7, features=features)
    assert isinstance(made.model, VGAE)
    assert isinstance(made.model.prior, VampPrior)
    held = made.messages.features if features else made.messages.adjacency
    assert held is not None
    rows = {tuple(row.nonzero().flatten().tolist()) for row in held.csr.to_dense()}
    for row in made.model.prior.pseudo_inputs():
        assert tuple(row.nonzero().flatten().tolist()) in rows


@pytest.mark.parametrize("features", [True, False])
def test_rows_of_sparse_features_are_those_of_dense_ones(cora: Graph, features: bool) -> None:
    graph = experiment(cora, features=features).messages
    whole = (graph.adjacency if graph.features is None else graph.features).csr.to_dense()
    nodes = [2707, 0, 12]
    assert torch.equal(node_rows(graph, nodes), whole[nodes])


def test_a_pseudo_node_is_encoded_as_a_node_without_edges() -> None:
    """Nodes 3 and 4 have none: their codes in the whole graph are those of them alone."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(5, 4, generator=generator)
    edges = torch.tensor([[0, 1], [1, 2]])
    data = Graph.from_edges(edges, 5, features=x)
    encoder = GCN(4, 6, 3, heads=2, generator=generator)
    whole = encoder(message_graph(data, edges), generator)
    torch.testing.assert_close(encoder(isolated_nodes(x[3:]), generator), whole[3:])


def test_the_vamp_prior_is_the_mean_of_its_posteriors(cora: Graph) -> None:
    model = experiment(cora, prior="vamp", prior_components=3).model
    assert isinstance(model, VGAE)
    generator = torch.Generator().manual_seed(0)
    prior = model.prior_distribution(generator)
    q = model.encode(isolated_nodes(model.prior.pseudo_inputs()), generator)
    z = torch.randn(1, q.mean.size(1), generator=generator)
    densities = [DiagonalGaussian(m, s).log_prob(z) for m, s in zip(q.mean, q.log_std, strict=True)]
    expected = torch.stack(densities).exp().mean(0).log()
    torch.testing.assert_close(prior.log_prob(z), expected)


@pytest.mark.parametrize("settings", MIXTURES)
@pytest.mark.parametrize("loss", ["paper", "elbo", "sampled"])
@pytest.mark.parametrize("model", ["vgae", "linear-vgae", "vgnae"])
def test_training_moves_the_prior(
    karate: Graph, model: str, loss: str, settings: dict[str, object]
) -> None:
    made = experiment(karate, model=model, loss=loss, **settings)
    assert isinstance(made.model.prior_distribution(torch.Generator()), Mixture)
    before = {name: value.clone() for name, value in made.model.prior.state_dict().items()}
    record = made.trainer.run_epoch()
    assert record.loss == pytest.approx(record.parts["recon"] + record.parts["kl"], rel=1e-5)
    for name, value in made.model.prior.state_dict().items():
        assert not torch.equal(before[name], value), name


def test_an_encoder_of_layers_of_pyg_takes_pseudo_nodes(karate: Graph) -> None:
    from torch_geometric.nn import GraphConv

    result = graphvae.fit(
        karate, "vgae", encoder=GraphConv(34, 32), prior="vamp", epochs=2, baselines=False
    )
    assert result.history[-1].parts["kl"] > 0


def test_fixed_pseudo_nodes_are_nodes_of_the_graph(karate: Graph) -> None:
    """Learnt ones may outnumber the nodes: each then starts several of them."""
    assert experiment(karate, prior="vamp-data", prior_components=34)
    with pytest.raises(InputError, match="expected at most the 34 examples, got 35"):
        experiment(karate, prior="vamp-data", prior_components=35)
    model = experiment(karate, prior="vamp", prior_components=70).model
    assert isinstance(model, VGAE)
    rows = model.prior.pseudo_inputs()
    assert len(rows) == 70
    assert len(torch.unique(rows, dim=0)) <= 34


def test_a_warm_up_goes_by_the_epoch(karate: Graph) -> None:
    """The first epoch has no divergence; in the last, one of the two weights is half of one."""
    plain, warm = experiment(karate), experiment(karate, warmup=2)
    records = [warm.trainer.run_epoch() for _ in range(2)]
    assert records[0].parts["kl"] == 0
    warm.trainer.model.load_state_dict(plain.model.state_dict())
    assert records[0].parts["recon"] == plain.trainer.run_epoch().parts["recon"]
    assert records[1].parts["kl"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_broken_run_goes_on_to_the_same_bits(
    settings: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"epochs": 8, "baselines": False, **settings}
    whole = graphvae.fit("karate", **given)  # type: ignore[arg-type]
    original = GraphTrainer.advance

    def advance(self, *rest):  # type: ignore[no-untyped-def]
        if self.epoch == 4:
            raise KeyboardInterrupt
        return original(self, *rest)

    options = FitOptions(checkpoint_seconds=0.0)
    with monkeypatch.context() as patch:
        patch.setattr("graphvae.training.trainer.GraphTrainer.advance", advance)
        with pytest.raises(KeyboardInterrupt):
            graphvae.fit("karate", out=tmp_path / "run", options=options, **given)  # type: ignore[arg-type]
    resumed = graphvae.resume(tmp_path / "run")
    assert [record.loss for record in resumed.history] == [record.loss for record in whole.history]
    assert resumed.config == whole.config
    ends = (run.experiment.model.state_dict() for run in (resumed, whole))
    for one, two in zip(*(end.values() for end in ends), strict=True):
        assert torch.equal(one, two)


@pytest.mark.slow
def test_the_audit_of_such_a_run_finds_nothing(tmp_path: Path) -> None:
    from graphvae.audit import audit_run

    graphvae.fit("karate", prior="vamp", epochs=5, out=tmp_path / "run")
    found = audit_run(tmp_path / "run")
    assert found.passed, found.failures
