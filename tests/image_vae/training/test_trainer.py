"""The training loop: players, selection, step sizes, resuming."""

import math
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from graphvae_data.core.errors import TrainingError
from graphvae_data.images.images import load_images
from graphvae_data.training.players import Player
from graphvae_data.training.records import EpochRecord
from image_vae.parts.terms import LossTerms
from image_vae.specs.rates import Length
from image_vae.training.experiment import ImageExperiment, prepare
from tests.image_vae.configs import image_config

DIGITS = load_images("digits")


def small(model: str = "vae", **settings: Any) -> ImageExperiment:
    given = {"latent": (3,), "hidden": (8,), "epochs": 3, **settings}
    return prepare(image_config(dataset="digits", model=model, **given), DIGITS)


def run(experiment: ImageExperiment) -> list[EpochRecord]:
    records: list[EpochRecord] = []
    experiment.trainer.run(records.append)
    return records


def test_an_epoch_sees_every_image_once_and_counts_its_steps() -> None:
    experiment = small(batch_size=100)
    records = run(experiment)
    assert [record.step for record in records] == [15, 30, 45]  # 1,437 images, the last batch 37
    assert records[-1].loss < records[0].loss


def test_a_limit_on_steps_ends_inside_an_epoch() -> None:
    records = run(small(batch_size=100, steps=20))
    assert [(record.epoch, record.step) for record in records] == [(1, 15), (2, 20)]


@pytest.mark.slow
def test_a_short_epoch_takes_images_anew_and_is_scored_like_a_whole_one() -> None:
    experiment = small(batch_size=100, epochs=5, epoch_steps=4, warmup=2)
    records = run(experiment)
    assert [record.step for record in records] == [4, 8, 12, 16, 20]
    assert experiment.trainer.game.settled == 8  # a warm-up is counted in these epochs
    first, second = (experiment.trainer.train.order(epoch)[:400] for epoch in (0, 1))
    assert not torch.equal(first, second)


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 7, 15, 16])
def test_a_run_continued_from_any_step_has_the_same_bits(after: int) -> None:
    whole, broken, continued = (small(batch_size=100, epochs=2) for _ in range(3))
    expected = run(whole)
    states: list[dict[str, Any]] = []

    def keep() -> None:
        if broken.trainer.step == after:
            states.append(deepcopy(broken.trainer.state_dict()))  # as a file would hold it

    broken.trainer.run(lambda record: None, keep)
    continued.trainer.load_state_dict(states[0])
    records = run(continued)
    for one, other in zip(expected[-len(records) :], records, strict=True):
        assert replace(one, step_seconds=0.0) == replace(other, step_seconds=0.0)
    weights = (each.model.state_dict() for each in (whole, continued))
    assert all(torch.equal(a, b) for a, b in zip(*(w.values() for w in weights), strict=True))


@pytest.mark.slow
def test_the_weights_kept_are_those_of_the_lowest_validation_loss() -> None:
    experiment = small(lr=0.1, epochs=6)
    records = run(experiment)
    best = min(records, key=lambda record: record.validation["loss"])
    assert experiment.trainer.best.epoch == best.epoch
    again = experiment.trainer.validate()["loss"]
    assert again == pytest.approx(best.validation["loss"], rel=1e-6)


@pytest.mark.slow
def test_while_a_weight_still_rises_the_newest_weights_are_kept() -> None:
    experiment = small("annealed-vae", warmup=3, lr=0.1)
    run(experiment)
    assert experiment.trainer.best.epoch == 3
    assert experiment.trainer.best.score == math.inf


@pytest.mark.slow
def test_patience_counts_from_the_end_of_the_warm_up() -> None:
    plain = small(lr=0.1, epochs=60, patience=2)
    records = run(plain)
    assert len(records) == plain.trainer.best.epoch + 2 < 60
    assert plain.trainer.finished
    warm = small("annealed-vae", warmup=5, lr=0.1, epochs=60, patience=1)
    assert len(run(warm)) > 5  # no epoch of the warm-up is a bad one
    assert warm.trainer.selection == "validation"


def test_a_loss_that_is_no_number_stops_and_names_the_epoch() -> None:
    experiment = small()
    with torch.no_grad():
        next(experiment.model.parameters()).fill_(math.nan)
    with pytest.raises(TrainingError, match="in epoch 1"):
        run(experiment)


def test_a_player_moves_its_own_weights_alone(generator: torch.Generator) -> None:
    own, other = nn.Linear(2, 1), nn.Linear(2, 1)
    before = other.weight.clone()

    def loss(data: Any, step: int, generator: torch.Generator) -> LossTerms:
        total = own(other(data["x"]) @ torch.ones(1, 2)).sum()
        return LossTerms(total)

    player = Player(own, torch.optim.SGD(own.parameters(), lr=0.1), loss)
    start = own.weight.clone()
    player.turn({"x": torch.ones(3, 2)}, 0, generator)
    assert torch.equal(other.weight, before)
    assert not torch.equal(own.weight, start)


@pytest.mark.slow
def test_the_stages_of_burda_et_al_last_three_to_the_i_epochs() -> None:
    config = image_config(dataset="mnist", rates="burda", lr=1e-3)
    length = Length(1, 3280)
    rates = [1e-3 * config.rates.share(epoch, length) for epoch in range(3280)]
    ends = [sum(3**i for i in range(stage + 1)) for stage in range(8)]
    assert ends[-1] == len(rates)
    stages = [rates[end - 1] for end in ends]
    assert stages == pytest.approx([1e-3 * 10 ** (-i / 7) for i in range(8)])
    assert [rates.count(rate) for rate in stages] == [3**i for i in range(8)]
