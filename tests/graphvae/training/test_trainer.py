"""Training: the same seed gives the same bits, validation alone selects, failures are clean."""

import dataclasses
import gc
import math

import pytest
import torch

import graphvae
from graphvae.setup.experiment import GraphExperiment, make_split, prepare
from graphvae.training.trainer import GraphTrainer
from graphvae_data.graphs.graph import Graph
from graphvae_data.training.records import EpochRecord
from tests.graphvae.configs import make_config


def experiment(data: Graph, **settings: object) -> GraphExperiment:
    config = make_config(dataset="karate", **{"epochs": 30, **settings})  # type: ignore[arg-type]
    return prepare(config, data, make_split(config, data))


def trained(made: GraphExperiment) -> list[EpochRecord]:
    records: list[EpochRecord] = []
    made.trainer.run(records.append)
    return records


def without_time(records: list[EpochRecord]) -> list[EpochRecord]:
    return [dataclasses.replace(record, step_seconds=0.0) for record in records]


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["paper", "elbo", "sampled"])
@pytest.mark.parametrize("model", ["gae", "vgae"])
def test_the_same_seed_gives_the_same_bits(karate: Graph, model: str, loss: str) -> None:
    one, two = (experiment(karate, model=model, loss=loss, dropout=0.2) for _ in range(2))
    assert without_time(trained(one)) == without_time(trained(two))
    for a, b in zip(one.model.parameters(), two.model.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["vgae", "sage", "strong-gae"])
def test_a_step_leaves_nothing_for_the_cyclic_collector(karate: Graph, model: str) -> None:
    """The command lets the collector run seldom; tensors in cycles would pile up then."""
    made = experiment(karate, model=model)
    made.trainer.step()
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            made.trainer.step()
        left = gc.collect()
    finally:
        gc.enable()
    assert left == 0


@pytest.mark.parametrize("settings", [{}, {"loss": "sampled", "batch_size": 20}], ids=str)
def test_what_validation_encodes_is_used_by_the_next_step(
    karate: Graph, monkeypatch: pytest.MonkeyPatch, settings: dict[str, object]
) -> None:
    shared, apart = (experiment(karate, epochs=6, validate_every=2, **settings) for _ in range(2))
    monkeypatch.setattr(apart.trainer, "_encode_ahead", lambda: None)
    calls: list[str] = []
    for name, each in (("shared", shared), ("apart", apart)):
        each.model.encoder.register_forward_hook(lambda *_, of=name: calls.append(of))
    assert without_time(trained(shared)) == without_time(trained(apart))
    for a, b in zip(shared.model.parameters(), apart.model.parameters(), strict=True):
        assert torch.equal(a, b)
    assert calls.count("apart") - calls.count("shared") == 2  # those of two validations of three
    assert shared.trainer._encoded is None


@pytest.mark.parametrize(
    "settings", [{"dropout": 0.1}, {"ema": 0.5}, {"masked": 0.3, "loss": "sampled"}], ids=str
)
def test_a_step_that_differs_from_validation_encodes_itself(
    karate: Graph, settings: dict[str, object]
) -> None:
    made = experiment(karate, epochs=3, **settings)
    made.trainer.run_epoch()
    assert made.trainer._encoded is None


def test_another_seed_gives_other_weights(karate: Graph) -> None:
    one, two = experiment(karate, seed=1), experiment(karate, seed=2)
    assert not torch.equal(one.model.encoder.first.weight, two.model.encoder.first.weight)


def test_the_model_does_not_change_the_split(karate: Graph) -> None:
    one, two = experiment(karate, model="gae", hidden=8), experiment(karate, model="vgae")
    assert one.split.fingerprint == two.split.fingerprint


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["paper", "elbo", "sampled"])
def test_the_loss_falls(karate: Graph, loss: str) -> None:
    records = trained(experiment(karate, model="gae", loss=loss, epochs=100))
    assert records[-1].loss < 0.9 * records[0].loss


@pytest.mark.slow
def test_a_state_carries_on_to_the_same_bits(karate: Graph) -> None:
    whole = experiment(karate, dropout=0.3)
    expected = without_time(trained(whole))
    first, second = experiment(karate, dropout=0.3), experiment(karate, dropout=0.3)
    records = [first.trainer.run_epoch() for _ in range(11)]
    second.trainer.load_state_dict(first.trainer.state_dict())
    assert without_time(records + trained(second)) == expected
    assert torch.equal(whole.model.encoder.first.weight, second.model.encoder.first.weight)


@pytest.mark.slow
def test_the_kept_weights_are_those_of_the_best_validation_epoch(karate: Graph) -> None:
    made = experiment(karate, epochs=60)
    records = trained(made)
    best = max(records, key=lambda record: record.validation["score"])
    assert made.trainer.best.epoch == best.epoch
    again = experiment(karate, epochs=60)
    for _ in range(best.epoch):
        again.trainer.run_epoch()
    assert torch.equal(made.model.encoder.first.weight, again.model.encoder.first.weight)


def test_patience_stops_after_so_many_epochs_without_a_better_one(karate: Graph) -> None:
    records = trained(experiment(karate, epochs=500, patience=7))
    best = max(records, key=lambda record: record.validation["score"])
    assert len(records) == best.epoch + 7


def test_test_edges_play_no_part_in_training(karate: Graph) -> None:
    """Other test negatives and a smaller test set leave every recorded number as it was."""
    made = experiment(karate)
    other = dataclasses.replace(made.split, test_negatives=made.split.test_negatives[:, :2])
    other = dataclasses.replace(other, test=made.split.test[:, 1:3])
    again = prepare(made.config, karate, other)
    assert without_time(trained(made)) == without_time(trained(again))


def broken(trainer: GraphTrainer) -> None:
    with torch.no_grad():
        trainer.model.encoder.first.weight.fill_(math.nan)


def test_a_nan_stops_training_and_the_best_weights_stay(karate: Graph) -> None:
    trainer = experiment(karate).trainer
    for _ in range(5):
        trainer.run_epoch()
    broken(trainer)
    with pytest.raises(graphvae.TrainingError, match="epoch 6"):
        trainer.run_epoch()
    assert trainer.best.epoch <= 5
    assert all(value.isfinite().all() for value in trainer.best.weights.values())


def told_at(made: GraphExperiment) -> list[tuple[int, int]]:
    """Train; return each epoch told of, with the epochs that were done by then."""
    told: list[tuple[int, int]] = []
    made.trainer.run(lambda record: told.append((record.epoch, made.trainer.epoch)))
    return told


def test_epochs_wait_for_the_next_validation(karate: Graph) -> None:
    told = told_at(experiment(karate, epochs=10, validate_every=4))
    assert told == [(epoch, min(-(-epoch // 4) * 4, 10)) for epoch in range(1, 11)]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["vgae", "arvgae"])
def test_waiting_changes_no_number(karate: Graph, model: str) -> None:
    every, some = (
        trained(experiment(karate, model=model, epochs=11, validate_every=n)) for n in (1, 4)
    )
    for one, other in zip(without_time(every), without_time(some), strict=True):
        scored = one.epoch in (4, 8, 11)
        bare = dataclasses.replace(one, validation=dict.fromkeys(one.validation))
        assert other == (one if scored else bare)


def test_epochs_waited_for_together_share_their_time(karate: Graph) -> None:
    records = trained(experiment(karate, epochs=8, validate_every=4))
    assert [len({r.step_seconds for r in part}) for part in (records[:4], records[4:])] == [1, 1]
    assert records[0].step_seconds != records[4].step_seconds


def test_the_first_epoch_that_went_wrong_is_named_though_more_followed(
    karate: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = experiment(karate, validate_every=4).trainer
    step = trainer.step

    def breaking():  # type: ignore[no-untyped-def]
        if trainer.epoch == 5:
            broken(trainer)
        return step()

    monkeypatch.setattr(trainer, "step", breaking)
    told: list[int] = []
    with pytest.raises(graphvae.TrainingError, match="loss became NaN or infinite in epoch 6"):
        trainer.run(lambda record: told.append(record.epoch))
    assert told == [1, 2, 3, 4, 5]
    assert trainer.best.epoch == 4
    assert all(value.isfinite().all() for value in trainer.best.weights.values())


@pytest.mark.parametrize("where", ["step", "_with_validation"])
def test_an_interruption_tells_of_the_epochs_that_wait(
    karate: Graph, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """In the first step of epoch 8, or where it is validated: all but epoch 8 are told."""
    trainer = experiment(karate, validate_every=4).trainer
    original = getattr(trainer, where)

    def interrupted(*given):  # type: ignore[no-untyped-def]
        if trainer.epoch == (7 if where == "step" else 8):
            raise KeyboardInterrupt
        return original(*given)

    monkeypatch.setattr(trainer, where, interrupted)
    told: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        trainer.run(lambda record: told.append(record.epoch))
    assert told == list(range(1, 8))


def test_an_epoch_waited_for_but_not_validated_is_not_told(
    karate: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while the host waits for the device in the epoch that is to be validated."""
    trainer = experiment(karate, validate_every=4).trainer
    settle, breaks = trainer.settle, iter([True])

    def interrupted():  # type: ignore[no-untyped-def]
        if next(breaks, False):
            raise KeyboardInterrupt
        return settle()

    monkeypatch.setattr(trainer, "settle", interrupted)
    told: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        trainer.run(lambda record: told.append(record.epoch))
    assert told == [1, 2, 3]
