"""Edge masking: a step's targets, and nothing else, are missing from that step's messages."""

from dataclasses import replace

import pytest
import torch

from graphvae.graph.masking import EdgeMasking
from graphvae.graph.propagation import MessageGraph, message_graph
from graphvae.losses.objective import GraphObjective
from graphvae.losses.sampled import SampledPairs
from graphvae.setup.experiment import GraphExperiment, make_split, prepare
from graphvae_data.graphs.graph import Graph
from tests.graphvae.configs import make_config


def experiment(data: Graph) -> GraphExperiment:
    config = make_config(dataset="karate", model="strong-gae")
    return prepare(config, data, make_split(config, data))


@pytest.fixture
def weighted(karate: Graph) -> Graph:
    """Karate with weights."""
    u, v = karate.edges
    return replace(karate, weights=1.0 + (7 * u + v) % 5)


def pairs(index: torch.Tensor) -> set[tuple[int, int]]:
    return {(min(u, v), max(u, v)) for u, v in index.T.tolist()}


def test_the_targets_are_gone_from_the_messages_and_the_others_stay(
    karate: Graph, generator: torch.Generator
) -> None:
    made = experiment(karate)
    train, masking = made.split.train, made.trainer.masking
    assert masking is not None
    targets = masking.draw(generator)
    left = pairs(masking.without(targets).edge_index)
    hidden = pairs(train[:, targets])
    assert len(hidden) == int(0.3 * train.size(1))
    assert left == pairs(train) - hidden


@pytest.mark.parametrize("kind", ["karate", "weighted"])
def test_a_masked_graph_is_one_made_without_those_edges(
    kind: str, request: pytest.FixtureRequest, generator: torch.Generator
) -> None:
    data = request.getfixturevalue(kind)
    train = make_split(make_config(dataset="karate"), data).train
    masking = EdgeMasking(message_graph(data, train), train, 0.4)
    targets = masking.draw(generator)
    kept = torch.ones(train.size(1), dtype=torch.bool)
    kept[targets] = False
    found, expected = masking.without(targets), message_graph(data, train[:, kept])
    torch.testing.assert_close(found.adjacency.csr.to_dense(), expected.adjacency.csr.to_dense())
    assert torch.equal(found.edge_index, expected.edge_index)
    if kind == "weighted":
        torch.testing.assert_close(found.edge_weight, expected.edge_weight)


def test_the_next_step_hides_other_edges_and_the_graph_itself_stays_whole(karate: Graph) -> None:
    made = experiment(karate)
    before = made.messages.adjacency.csr.to_dense()
    (one, _), (two, _) = (made.trainer._inputs(made.trainer._targets()) for _ in range(2))
    assert not torch.equal(one.edge_index, two.edge_index)
    assert torch.equal(made.messages.adjacency.csr.to_dense(), before)
    assert made.trainer.graph is made.messages


def test_a_step_predicts_what_it_hides_and_scores_with_all_edges(
    karate: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = experiment(karate)
    seen: list[MessageGraph] = []
    targets: list[torch.Tensor] = []
    encode, call = made.model.encode, GraphObjective.__call__

    def watched(graph: MessageGraph, generator: torch.Generator) -> object:
        seen.append(graph)
        return encode(graph, generator)

    def asked(self: GraphObjective, *given: object, **named: object) -> object:
        targets.append(self.reconstruction.edges)
        return call(self, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(made.model, "encode", watched)
    monkeypatch.setattr(GraphObjective, "__call__", asked)
    made.trainer.run_epoch()
    training, scoring = seen
    assert pairs(training.edge_index) == pairs(made.split.train) - pairs(targets[0])
    assert pairs(scoring.edge_index) == pairs(made.split.train)


def test_negatives_of_a_step_are_no_training_edge_hidden_or_not(karate: Graph) -> None:
    made = experiment(karate)
    _, objective = made.trainer._inputs(made.trainer._targets())
    part, whole = objective.reconstruction, made.trainer.objective.reconstruction
    assert isinstance(part, SampledPairs)
    assert isinstance(whole, SampledPairs)
    assert part.sampler is whole.sampler
    assert (part.num_nodes, part.negatives) == (whole.num_nodes, whole.negatives)


def test_at_least_one_edge_is_hidden(karate: Graph) -> None:
    train = make_split(make_config(dataset="karate"), karate).train
    assert EdgeMasking(message_graph(karate, train), train, 1e-6).count == 1


def test_a_hidden_edge_carries_nothing_either_way(karate: Graph) -> None:
    """Changing a target's one end leaves the other end's state alone, bit for bit."""
    train = make_split(make_config(dataset="karate"), karate).train
    masking = EdgeMasking(message_graph(karate, train), train, 0.3)
    for number in range(0, train.size(1), 9):
        u, v = train[:, number].tolist()
        adjacency = masking.without(torch.tensor([number])).adjacency
        states = torch.ones(34, 2)
        before = adjacency @ states
        states[v] += 100.0
        after = adjacency @ states
        assert torch.equal(before[u], after[u])
        assert not torch.equal(before[v], after[v])


def test_no_draw_changes_a_shape(karate: Graph, generator: torch.Generator) -> None:
    train = make_split(make_config(dataset="karate"), karate).train
    masking = EdgeMasking(message_graph(karate, train), train, 0.3)
    sizes = {len(masking.without(masking.draw(generator)).adjacency.values) for _ in range(5)}
    assert sizes == {2 * train.size(1) + 34}
