"""PyTorch Geometric: state dicts convert both ways, and its modules are trained as encoders."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from torch_geometric.nn import GAT, GATConv, GCNConv, GraphSAGE, SAGEConv
from torch_geometric.utils import to_undirected

import graphvae
from graphvae.graph.propagation import message_graph
from graphvae.nn.encoders import GCN, MLP
from graphvae.nn.pyg import FromPyg, ToPyg
from graphvae.runs.repeats import fit_repeats, resume_repeats
from graphvae.training.trainer import GraphTrainer
from graphvae_data.core.errors import InputError
from graphvae_data.core.rng import seeded_by
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.pairs import canonical_pairs
from graphvae_data.runs.options import FitOptions


class TwoSage(nn.Module):
    """Two SAGE layers with dropout between, as people write them."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = SAGEConv(inputs, 16)
        self.second = SAGEConv(16, outputs)
        self.dropout = nn.Dropout(0.3)

    def forward(self, x: torch.Tensor, edge_index: torch.Tensor) -> torch.Tensor:
        return self.second(self.dropout(self.first(x, edge_index).relu()), edge_index)


# --- our encoders, called as PyG's are


@pytest.mark.parametrize("encoder_type", [GCN, MLP])
@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("weights", [False, True])
def test_an_encoder_gives_the_same_states_from_x_and_edge_index(
    weighted: Graph,
    weighted_one_way: Graph,
    generator: torch.Generator,
    encoder_type: type[GCN],
    directed: bool,
    weights: bool,
) -> None:
    data = weighted_one_way if directed else weighted
    data = data if weights else replace(data, weights=None)
    pyg = data.to_pyg()
    encoder = encoder_type(6, 8, 4, generator=generator)
    expected = encoder(message_graph(data, data.edges), generator)
    found = ToPyg(encoder, directed=directed)(pyg.x, pyg.edge_index, pyg.edge_weight)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_loops_copies_and_missing_reverses_change_nothing(
    weighted: Graph, generator: torch.Generator
) -> None:
    encoder = ToPyg(GCN(6, 8, 4, generator=generator))
    x, half = weighted.features, weighted.edges
    untidy = torch.cat([half, half[:, :9], torch.tensor([[3, 5], [3, 5]])], 1)
    expected = encoder(x, weighted.to_pyg().edge_index)
    torch.testing.assert_close(encoder(x, untidy), expected, rtol=0, atol=0)


def test_an_encoder_of_ours_is_pygs_two_gcn_layers(
    weighted: Graph, generator: torch.Generator
) -> None:
    ours = GCN(6, 8, 4, generator=generator)
    first, second = GCNConv(6, 8, bias=False), GCNConv(8, 4, bias=False)
    first.lin.weight.data, second.lin.weight.data = ours.first.weight.T, ours.second.weight.T
    data = weighted.to_pyg()
    where = (data.edge_index, data.edge_weight)
    expected = second(first(data.x, *where).relu(), *where)
    torch.testing.assert_close(ToPyg(ours)(data.x, *where), expected, rtol=1e-4, atol=1e-5)


def test_gradients_reach_the_features_and_dropout_follows_the_generator(
    weighted: Graph, generator: torch.Generator
) -> None:
    encoder = GCN(6, 8, 4, dropout=0.5, generator=generator)
    x = weighted.features.clone().requires_grad_()

    def states(seed: int) -> torch.Tensor:
        drawing = torch.Generator().manual_seed(seed)
        return ToPyg(encoder, generator=drawing)(x, weighted.to_pyg().edge_index)

    assert torch.equal(states(1), states(1))
    assert not torch.equal(states(1), states(2))
    states(1).sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0


# --- their modules, as encoders


def test_a_graph_lists_its_message_edges_features_and_weights(weighted: Graph) -> None:
    graph = message_graph(weighted, weighted.edges)
    data = weighted.to_pyg()
    assert torch.equal(graph.edge_index, data.edge_index)
    assert graph.edge_weight is not None
    assert torch.equal(graph.edge_weight, data.edge_weight)
    assert graph.x is weighted.features
    some = message_graph(weighted, weighted.edges[:, ::3], use_features=False)
    expected = to_undirected(weighted.edges[:, ::3], num_nodes=34)
    assert torch.equal(some.edge_index, expected)
    assert torch.equal(some.x, torch.eye(34))


def test_a_directed_graph_lists_its_edges_as_they_point(weighted_one_way: Graph) -> None:
    graph = message_graph(weighted_one_way, weighted_one_way.edges)
    assert torch.equal(graph.edge_index, weighted_one_way.edges)
    assert graph.edge_weight is not None
    assert torch.equal(graph.edge_weight, weighted_one_way.weights)


def test_sparse_features_are_handed_over_dense(cora: Graph) -> None:
    graph = message_graph(cora, cora.edges)
    assert torch.equal(graph.x, cora.features.to_dense())


def test_too_many_features_are_refused_before_they_fill_the_memory() -> None:
    pairs = torch.tensor([[0], [1]])
    graph = message_graph(Graph.from_edges(pairs, 20_000), pairs)
    with pytest.raises(InputError, match="20000 × 20000 is too large"):
        _ = graph.x


@pytest.mark.parametrize(
    "module",
    [SAGEConv(6, 4), GATConv(6, 2, heads=2), GCNConv(6, 4), GraphSAGE(6, 8, 2, 4), GAT(6, 8, 2, 4)],
    ids=lambda module: type(module).__name__,
)
def test_a_module_gives_the_states_it_gives_in_pyg(
    weighted: Graph, generator: torch.Generator, module: nn.Module
) -> None:
    data = weighted.to_pyg()
    weights = {"edge_weight": data.edge_weight} if isinstance(module, GCNConv) else {}
    module.eval()
    expected = module(data.x, data.edge_index, **weights)
    encoder = FromPyg(module).eval()
    found = encoder(message_graph(weighted, weighted.edges), generator)
    torch.testing.assert_close(found, expected)


def test_global_randomness_is_as_it_was_before(generator: torch.Generator) -> None:
    before = torch.get_rng_state()
    with seeded_by(generator):
        first = torch.rand(3)
    with seeded_by(torch.Generator().manual_seed(7)):
        again = torch.rand(3)
        more = torch.rand(3)
    with seeded_by(generator):
        later = torch.rand(3)
    assert torch.equal(first, again)
    assert not torch.equal(first, more)
    assert not torch.equal(first, later)  # the generator has moved on
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "width"), [("gae", 8), ("vgae", 16)])
@pytest.mark.parametrize("module_type", [TwoSage, GraphSAGE, GAT, "lazy"])
def test_a_module_of_ones_own_is_trained(
    karate: Graph, model: str, width: int, module_type
) -> None:
    if module_type == "lazy":
        module = SAGEConv(-1, width)
    elif module_type is TwoSage:
        module = TwoSage(34, width)
    else:
        module = module_type(34, 16, 2, width, dropout=0.2)
    settings = {"model": model, "latent": 8, "epochs": 30, "baselines": False}
    first = graphvae.fit(karate, encoder=module, **settings)
    again = graphvae.fit(karate, encoder=module, **settings)
    assert first.history[-1].loss < first.history[0].loss
    assert [r.loss for r in first.history] == [r.loss for r in again.history]  # a copy is trained
    assert torch.equal(torch.tensor(first.embeddings()), torch.tensor(again.embeddings()))


def test_messages_of_a_module_pass_over_train_edges_alone(karate: Graph) -> None:
    result = graphvae.fit(karate, "gae", encoder=SAGEConv(34, 16), epochs=2, baselines=False)
    seen = canonical_pairs(result.experiment.messages.edge_index, 34)
    assert torch.equal(seen, canonical_pairs(result.split.train, 34))


@pytest.mark.slow
def test_a_run_is_loaded_with_its_module_and_with_no_other(karate: Graph, tmp_path: Path) -> None:
    module = SAGEConv(34, 32)
    made = graphvae.fit(karate, encoder=module, epochs=5, baselines=False, out=tmp_path / "run")
    assert made.config.encoder.to_dict()["source"] == "SAGEConv(34, 32, aggr=mean)"
    fresh = SAGEConv(34, 32)  # other weights: those of the run come from its folder
    again = graphvae.load(tmp_path / "run", encoder=fresh)
    assert (again.embeddings() == made.embeddings()).all()
    assert graphvae.resume(tmp_path / "run", encoder=fresh).metrics == again.metrics
    assert (graphvae.load(tmp_path / "run").embeddings() == made.embeddings()).all()
    with pytest.raises(InputError, match=r"encoder: expected .*aggr=mean.*, got .*aggr=max"):
        graphvae.load(tmp_path / "run", encoder=SAGEConv(34, 32, aggr="max"))


@pytest.mark.slow
def test_a_run_without_a_module_takes_none(karate: Graph, tmp_path: Path) -> None:
    graphvae.fit(karate, epochs=2, baselines=False, out=tmp_path / "run")
    with pytest.raises(InputError, match=r"encoder: expected .*gcn.*, got .*SAGE"):
        graphvae.load(tmp_path / "run", encoder=SAGEConv(34, 32))


@pytest.mark.slow
def test_an_interrupted_run_with_a_module_goes_on_to_the_same_bits(
    karate: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = TwoSage(34, 32)
    settings = {"encoder": module, "epochs": 12, "baselines": False}
    whole = graphvae.fit(karate, **settings)
    advance = GraphTrainer.advance

    def stop_after_six(self: GraphTrainer, *given):
        if self.epoch == 6:
            raise KeyboardInterrupt
        return advance(self, *given)

    monkeypatch.setattr(GraphTrainer, "advance", stop_after_six)
    around = FitOptions(checkpoint_seconds=0.0)
    with pytest.raises(KeyboardInterrupt):
        graphvae.fit(karate, **settings, out=tmp_path / "run", options=around)
    monkeypatch.undo()
    resumed = graphvae.resume(tmp_path / "run", encoder=module)
    assert [r.loss for r in resumed.history] == [r.loss for r in whole.history]
    assert (resumed.embeddings() == whole.embeddings()).all()


@pytest.mark.slow
def test_repeats_start_from_the_same_module(tmp_path: Path) -> None:
    module = SAGEConv(34, 32)
    settings = {"repeats": 2, "epochs": 2, "baselines": False, "out": tmp_path / "runs"}
    summary = fit_repeats("karate", encoder=module, **settings)
    kept = summary["fit"]["settings"]["encoder"]
    assert kept["source"] == "SAGEConv(34, 32, aggr=mean)"
    (tmp_path / "runs" / "001" / "metrics.json").unlink()
    with pytest.raises(InputError, match="encoder: this run used a module that is not saved"):
        resume_repeats(tmp_path / "runs")
    assert resume_repeats(tmp_path / "runs", encoder=module)["test"] == summary["test"]


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (SAGEConv(34, 16), r"returns 32 columns \(μ and log σ, 2 · latent\), got 16"),
        (SAGEConv(7, 32), "SAGEConv does not accept this graph with 34 features per node"),
        (nn.Linear(34, 32), r"expected a module with forward\(x, edge_index\), got Linear"),
        (GATConv(34, 32).requires_grad_(False), "GATConv has no trainable weights"),
    ],
    ids=["width", "inputs", "forward", "frozen"],
)
def test_a_module_that_does_not_fit_is_refused(
    karate: Graph, tmp_path: Path, module: nn.Module, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        graphvae.fit(karate, encoder=module, out=tmp_path / "run")
    assert not list(tmp_path.iterdir())


class Pooled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(34, 32))

    def forward(self, x: torch.Tensor, edge_index: torch.Tensor) -> torch.Tensor:
        return (x @ self.weight).mean(0)


def test_a_module_must_give_a_row_a_node(karate: Graph) -> None:
    with pytest.raises(InputError, match=r"expected states of shape \[34, state\] .*got .*\[32\]"):
        graphvae.fit(karate, encoder=Pooled())
