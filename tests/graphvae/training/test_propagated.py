"""Features propagated once give the same losses as features propagated in each step."""

import pytest
import torch

from graphvae.setup.experiment import GraphExperiment, make_split, prepare
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from tests.graphvae.configs import make_config


def experiment(data: Graph, **settings: object) -> GraphExperiment:
    config = make_config(dataset="cora", **{"epochs": 3, **settings})  # type: ignore[arg-type]
    return prepare(config, data, make_split(config, data))


@pytest.mark.slow
@pytest.mark.parametrize("model", ["linear-gae", "linear-vgae"])
@pytest.mark.parametrize(
    "steps",
    [{"loss": "paper"}, *({"loss": "sampled", "batch_size": size} for size in (None, 700, 300))],
)
def test_losses_and_scores_are_those_of_each_step(
    cora: Graph, model: str, steps: dict[str, object]
) -> None:
    once, each = (
        experiment(cora, model=model, propagate=how, **steps) for how in ("once", "each-step")
    )
    for _ in range(3):
        a, b = once.trainer.run_epoch(), each.trainer.run_epoch()
        assert a.loss == pytest.approx(b.loss, rel=1e-5)
        assert a.parts["kl"] == pytest.approx(b.parts["kl"], rel=1e-5)
        assert a.validation["score"] == pytest.approx(b.validation["score"], abs=1e-3)
    for one, two in zip(once.model.parameters(), each.model.parameters(), strict=True):
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-3)


def test_a_batch_encodes_the_ends_of_its_pairs_only(
    cora: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = experiment(
        cora, model="linear-gae", propagate="once", loss="sampled", batch_size=100, epochs=1
    )
    rows: list[int] = []
    encode = made.model.encode

    def watched(graph, generator):  # type: ignore[no-untyped-def]
        rows.append(graph.features.size(0))
        return encode(graph, generator)

    monkeypatch.setattr(made.model, "encode", watched)
    made.trainer.step()
    made.trainer.run_epoch()
    assert max(rows[1:-1]) <= 400
    assert rows[-1] == 2708  # validation


@pytest.mark.parametrize(
    "settings",
    [{"model": "gae"}, {"dropout": 0.1}, {"features": False}, {"model": "gnae"}],
)
def test_what_cannot_be_propagated_once_is_refused(settings: dict[str, object]) -> None:
    given = {"model": "linear-gae", "propagate": "once", **settings}
    with pytest.raises(
        InputError, match=r"propagate: (once requires|encoder .* has no such setting)"
    ):
        make_config(dataset="cora", **given)  # type: ignore[arg-type]


def test_a_graph_without_features_is_refused(karate: Graph) -> None:
    with pytest.raises(InputError, match="propagate: once requires node features"):
        experiment(karate, model="linear-gae", propagate="once")
