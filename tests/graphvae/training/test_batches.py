"""Mini-batches: one pass over the edges per epoch, the same bits after a resume."""

import dataclasses
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

import graphvae
from graphvae.graph.propagation import MessageGraph
from graphvae.losses.objective import GraphObjective
from graphvae.losses.sampled import SampledPairs
from graphvae.runs.fit import FitOptions
from graphvae.setup.experiment import GraphExperiment, make_split, prepare
from graphvae.training.batches import EdgeBatches
from graphvae.training.trainer import GraphTrainer
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.training.records import EpochRecord
from tests.graphvae.configs import make_config

BATCHED = {"loss": "sampled", "batch_size": 25, "epochs": 6, "dropout": 0.2, "baselines": False}


def experiment(data: Graph, **settings: object) -> GraphExperiment:
    given = {"model": "vgae", **BATCHED, **settings}
    config = make_config(dataset="karate", **given)  # type: ignore[arg-type]
    return prepare(config, data, make_split(config, data))


def trained(made: GraphExperiment) -> list[EpochRecord]:
    records: list[EpochRecord] = []
    made.trainer.run(records.append)
    return [dataclasses.replace(record, step_seconds=0.0) for record in records]


def pairs(edges: torch.Tensor) -> set[tuple[int, int]]:
    return {(min(u, v), max(u, v)) for u, v in edges.T.tolist()}


@pytest.mark.parametrize("size", [1, 7, 25, 70, 1000])
def test_the_batches_of_an_epoch_hold_each_edge_once(size: int) -> None:
    batches = EdgeBatches(70, size)
    order = batches.draw(torch.Generator().manual_seed(0))
    parts = [batches.of(order, number) for number in range(batches.count)]
    assert torch.equal(torch.cat(parts).sort().values, torch.arange(70))
    shares = [batches.share(number) for number in range(batches.count)]
    assert shares == pytest.approx([len(part) / 70 for part in parts])


def asked(
    monkeypatch: pytest.MonkeyPatch, made: GraphExperiment
) -> list[tuple[MessageGraph, GraphObjective]]:
    """Watch what each step takes as messages and as targets."""
    seen: list[tuple[MessageGraph, GraphObjective]] = []
    drawn = made.trainer._inputs

    def watched(targets: Tensor | None) -> tuple[MessageGraph, GraphObjective]:
        seen.append(drawn(targets))
        return seen[-1]

    monkeypatch.setattr(made.trainer, "_inputs", watched)
    return seen


def test_each_epoch_scores_every_training_edge_once_in_another_order(
    karate: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = experiment(karate)
    seen = asked(monkeypatch, made)
    for _ in range(2):
        made.trainer.run_epoch()
    steps = [objective.reconstruction.edges for _, objective in seen]
    assert [edges.size(1) for edges in steps] == [25, 25, 18] * 2
    one, two = torch.cat(steps[:3], 1), torch.cat(steps[3:], 1)
    assert pairs(one) == pairs(two) == pairs(made.split.train)
    assert not torch.equal(one, two)
    assert all(graph is made.messages for graph, _ in seen)


def test_a_masked_model_hides_the_edges_of_its_batch_and_no_others(
    karate: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = experiment(karate, model="strong-gae")
    seen = asked(monkeypatch, made)
    made.trainer.run_epoch()
    for graph, objective in seen:
        assert pairs(graph.edge_index) == pairs(made.split.train) - pairs(
            objective.reconstruction.edges
        )


def test_the_record_holds_means_weighted_by_edges(
    karate: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = experiment(karate)
    losses: list[tuple[float, float]] = []
    step = made.trainer.step

    def watched():  # type: ignore[no-untyped-def]
        terms = step()
        losses.append((terms.total.item(), terms.parts["kl"].item()))
        return terms

    monkeypatch.setattr(made.trainer, "step", watched)
    record = made.trainer.run_epoch()
    weights = [25 / 68, 25 / 68, 18 / 68]
    for number, found in enumerate((record.loss, record.parts["kl"])):
        wanted = sum(w * loss[number] for w, loss in zip(weights, losses, strict=True))
        assert found == pytest.approx(wanted, rel=1e-6)


def test_the_kl_term_of_a_step_is_scaled_as_in_a_full_one(karate: Graph) -> None:
    batched = experiment(karate, dropout=0.0).trainer.run_epoch()
    whole = experiment(karate, dropout=0.0, batch_size=None, lr=1e-9).trainer.run_epoch()
    assert batched.parts["kl"] == pytest.approx(whole.parts["kl"], rel=0.2)


def test_the_parts_of_a_penalty_are_recorded_alike(karate: Graph) -> None:
    """Free bits with none free are the divergence; the record has it in nats a node, unscaled."""
    record = experiment(karate, penalty="free-bits", free_bits=0.0).trainer.run_epoch()
    assert record.parts.keys() == {"recon", "kl", "floored_kl"}
    assert record.parts["floored_kl"] == pytest.approx(34 * record.parts["kl"], rel=1e-6)
    assert EpochRecord.from_dict(record.to_dict()) == record


@pytest.mark.parametrize("ratio", [1, 3])
def test_each_edge_brings_so_many_negatives(
    karate: Graph, monkeypatch: pytest.MonkeyPatch, ratio: int
) -> None:
    made = experiment(karate, negative_ratio=ratio)
    counts: list[int] = []
    loss = made.trainer.objective.reconstruction
    assert isinstance(loss, SampledPairs)
    sampler = loss.sampler
    sample = sampler.sample

    def watched(count: int, generator: torch.Generator, part: slice) -> torch.Tensor:
        counts.append(count)
        return sample(count, generator, part)

    monkeypatch.setattr(sampler, "sample", watched)
    made.trainer.run_epoch()
    assert counts == [25 * ratio, 25 * ratio, 18 * ratio]


def test_a_step_is_no_longer_than_its_clipped_gradient(karate: Graph) -> None:
    made = experiment(karate, clip_grad=1e-3)
    made.trainer.step()
    norms = [weight.grad.norm() for weight in made.model.parameters()]
    assert torch.stack(norms).norm().item() == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.slow
def test_batches_learn(karate: Graph) -> None:
    records = trained(experiment(karate, model="gae", dropout=0.0, epochs=60, lr=0.02))
    assert records[-1].loss < 0.9 * records[0].loss


@pytest.mark.slow
def test_validation_comes_each_so_many_epochs_and_last(karate: Graph) -> None:
    made = experiment(karate, validate_every=4, epochs=10)
    records = trained(made)
    assert [r.epoch for r in records if r.validation["score"] is not None] == [4, 8, 10]
    assert made.trainer.best.epoch in (4, 8, 10)
    every = trained(experiment(karate, epochs=10))
    assert [r.loss for r in records] == [r.loss for r in every]
    assert [records[n].validation["auc"] for n in (3, 7, 9)] == [
        every[n].validation["auc"] for n in (3, 7, 9)
    ]


def test_patience_runs_out_in_a_validated_epoch(karate: Graph) -> None:
    records = trained(experiment(karate, validate_every=3, epochs=500, patience=4))
    assert len(records) % 3 == 0
    assert records[-1].validation["score"] is not None


@pytest.mark.slow
@pytest.mark.parametrize("model", ["vgae", "strong-gae", "vgae with free-bits"])
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_a_run_killed_between_batches_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, steps: int
) -> None:
    always = FitOptions(checkpoint_seconds=0.0)
    model, _, penalty = model.partition(" with ")
    settings = {**BATCHED, "penalty": penalty} if penalty else BATCHED
    whole = graphvae.fit("karate", model, **settings, out=tmp_path / "whole")
    step, taken = GraphTrainer.step, iter(range(1000))

    def killed(self: GraphTrainer):  # type: ignore[no-untyped-def]
        if next(taken) == steps:
            raise KeyboardInterrupt
        return step(self)

    monkeypatch.setattr(GraphTrainer, "step", killed)
    with pytest.raises(KeyboardInterrupt):
        graphvae.fit("karate", model, **settings, out=tmp_path / "cut", options=always)
    monkeypatch.undo()
    left = torch.load(tmp_path / "cut" / "resume.pt", weights_only=True)
    assert left["progress"]["step"] == steps % 3
    resumed = graphvae.resume(tmp_path / "cut", options=always)
    timeless = [
        [dataclasses.replace(r, step_seconds=0.0) for r in run.history] for run in (whole, resumed)
    ]
    assert timeless[0] == timeless[1]
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut")]
    assert weights[0] == weights[1]


def test_a_loss_gone_wrong_in_the_middle_of_an_epoch_is_never_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, taken = GraphTrainer.step, iter(range(1000))

    def breaking(self: GraphTrainer):  # type: ignore[no-untyped-def]
        if next(taken) == 4:  # the second of the second epoch
            with torch.no_grad():
                self.model.encoder.first.weight.fill_(math.nan)
        return step(self)

    monkeypatch.setattr(GraphTrainer, "step", breaking)
    always = FitOptions(checkpoint_seconds=0.0)
    with pytest.raises(graphvae.TrainingError, match=r"loss .* epoch 2 .* epoch 1"):
        graphvae.fit("karate", **BATCHED, out=tmp_path / "run", options=always)
    left = torch.load(tmp_path / "run" / "resume.pt", weights_only=True)
    assert all(value.isfinite().all() for value in left["players"][0]["module"].values())


@pytest.mark.parametrize("wrong", [{"loss": "paper"}, {"loss": "elbo"}, {"batch_size": 0}])
def test_batches_need_the_sampled_loss(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="batch_size"):
        make_config(dataset="karate", **{**BATCHED, **wrong})  # type: ignore[arg-type]


BEFORE = {
    "gae": [0.76221341, 0.75785750, 0.75193298],
    "vgae": [1.51494288, 1.75272727, 1.54449177],
    "linear-vgae": [1.50398338, 1.74046743, 1.56549299],
    "vgnae": [8.76513958, 8.51038170, 9.57395077],
    "strong-gae": [1.38370609, 1.38875699, 1.37976670],
}
"""Losses of three full-batch epochs on karate, seed 0, as they were before there were batches."""


@pytest.mark.parametrize("model", BEFORE)
def test_full_batches_train_as_before(model: str) -> None:
    run = graphvae.fit("karate", model, epochs=3, threads=1, baselines=False)
    assert [record.loss for record in run.history] == pytest.approx(BEFORE[model], rel=1e-5)
