"""Two players on one batch train their own weights only; all such recipes can be resumed."""

import pickle
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from graphvae_data.images.images import load_images
from graphvae_data.runs import recorder
from graphvae_data.runs.options import FitOptions
from graphvae_data.training.records import EpochRecord
from graphvae_data.training.weights import copy_weights
from image_vae.parts.terms import LossTerms
from image_vae.results.result import load
from image_vae.runs.fit import fit, resume
from image_vae.training.experiment import ImageExperiment, prepare
from image_vae.training.players import over_labelled
from image_vae.training.trainer import Player
from tests.image_vae.configs import image_config

pytestmark = pytest.mark.usefixtures("no_image_pictures")

SMALL: dict[str, dict[str, Any]] = {
    "beta-tcvae": {"hidden": (16,), "latent": (4,)},
    "hfvae": {"hidden": (16,), "latent": (4,), "groups": (1, 3)},
    "factor-vae": {"hidden": (16,), "latent": (4,), "discriminator": (8, 8)},
    "infogan": {"hidden": (16,), "latent": (2,), "noise": 3, "prior_categories": (3,)},
    "dc-ign": {"hidden": (16,), "latent": (4,)},
    "capacity-vae": {"hidden": (16,), "latent": (4,)},
}
"""Recipes of disentanglement, with widths for a test."""


def experiment(name: str) -> ImageExperiment:
    config = image_config(dataset="sprites-toy", model=name, batch_size=50, **SMALL[name])
    return prepare(config, load_images("sprites-toy"))


def turn(player: Player, found: ImageExperiment) -> None:
    generator = torch.Generator().manual_seed(5)
    images = found.feed("train").batch(torch.arange(50), generator)
    player.turn({"x": images}, 0, generator)


@pytest.mark.parametrize("name", ["factor-vae", "infogan"])
def test_each_player_leaves_the_other_as_it_is(name: str) -> None:
    found = experiment(name)
    for mover, other in (found.trainer.players, found.trainer.players[::-1]):
        before = [copy_weights(each.module) for each in (mover, other)]
        turn(mover, found)
        moved, same = (
            [torch.equal(was[name], now) for name, now in each.module.state_dict().items()]
            for was, each in zip(before, (mover, other), strict=True)
        )
        assert all(same)
        learnt = [name for name, weight in mover.module.named_parameters() if weight.requires_grad]
        assert not any(
            equal for name, equal in zip(before[0], moved, strict=True) if name in learnt
        )


@pytest.mark.parametrize("name", SMALL)
def test_losses_can_be_pickled(name: str) -> None:
    found = experiment(name)
    copy = pickle.loads(pickle.dumps(found))
    for each in (found, copy):
        for player in each.trainer.players:
            turn(player, each)
    assert all(map(torch.equal, found.model.parameters(), copy.model.parameters()))


def test_the_players_have_the_settings_of_the_paper() -> None:
    vae, discriminator = (
        each.optimizer.param_groups[0] for each in experiment("factor-vae").trainer.players
    )
    assert (vae["lr"], vae["betas"]) == (1e-4, (0.9, 0.999))
    assert (discriminator["lr"], discriminator["betas"]) == (1e-4, (0.5, 0.9))


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_a_recipe_is_fitted_loaded_and_resumed_to_the_same_bits(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {"epochs": 2, "batch_size": 64, "device": "cpu", **SMALL[name]}
    options = FitOptions(progress=False)
    each_step = FitOptions(progress=False, checkpoint_seconds=0.0)
    whole = fit("sprites-toy", name, out=tmp_path / "whole", options=options, **settings)
    saves = 0

    def save_and_stop(self: recorder.Recorder) -> None:
        nonlocal saves
        saves += 1
        original(self)
        if saves == 8:
            raise KeyboardInterrupt

    original = recorder.Recorder.save
    with monkeypatch.context() as patch:
        patch.setattr(recorder.Recorder, "save", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            fit("sprites-toy", name, out=tmp_path / "broken", options=each_step, **settings)
    again = resume(tmp_path / "broken", options=options)
    kept = load(tmp_path / "whole", device="cpu")
    for weight, value in whole.experiment.model.state_dict().items():
        assert torch.equal(value, again.experiment.model.state_dict()[weight])
        assert torch.equal(value, kept.experiment.model.state_dict()[weight])
    ours, theirs = ([replace(r, step_seconds=0.0) for r in each.history] for each in (whole, again))
    assert ours == theirs
    assert len(kept.history) == 2
    assert kept.history == whole.history
    assert (kept.embeddings() == whole.embeddings()).all()
    assert {**whole.metrics, "seconds": 0} == {**again.metrics, "seconds": 0}


LOSSES: dict[str, Callable[[Mapping[str, float]], float]] = {
    "beta-tcvae": lambda p: (
        p["recon"] + p["mutual_information"] + 6 * p["total_correlation"] + p["dimension_kl"]
    ),
    "hfvae": lambda p: (
        p["recon"]
        + p["mutual_information"]
        + 6 * p["total_correlation"]
        + p["total_correlation_within"]
        + p["dimension_kl"]
    ),
    "factor-vae": lambda p: p["recon"] + p["kl"] + 10 * p["total_correlation"],
    "infogan": lambda p: p["generator"] - 0.1 * p["information"],
    "dc-ign": lambda p: p["recon"] + p["floored_kl"],
    "capacity-vae": lambda p: p["recon"] + 1000 * abs(p["kl"] - p["capacity"]),
}
"""What each loss is, of the parts that are recorded of it."""


@pytest.mark.parametrize("name", LOSSES)
def test_the_parts_that_are_recorded_make_up_the_loss(name: str) -> None:
    settings: dict[str, Any] = {**SMALL[name], "batch_size": 2000, "epochs": 2}
    config = image_config(dataset="sprites-toy", model=name, **settings)
    records: list[EpochRecord] = []
    prepare(config, load_images("sprites-toy")).trainer.run(records.append)
    for record in records:
        assert record.loss == pytest.approx(LOSSES[name](record.parts), rel=1e-4)
        assert record.validation["loss"] == pytest.approx(LOSSES[name](record.validation), rel=1e-4)
        beside = {"discriminator"} if name in ("factor-vae", "infogan") else set()
        assert set(record.parts) - set(record.validation) == beside


def test_the_capacity_that_is_recorded_is_that_of_the_steps() -> None:
    given: dict[str, Any] = {"capacity": 4.0, "capacity_steps": 8, "steps": 4, "epoch_steps": 4}
    config = image_config(dataset="digits", model="capacity-vae", hidden=(8,), latent=(2,), **given)
    records: list[EpochRecord] = []
    prepare(config, load_images("digits")).trainer.run(records.append)
    assert records[0].parts["capacity"] == pytest.approx((0 + 0.5 + 1 + 1.5) / 4)
    assert records[0].validation["capacity"] == pytest.approx(2)


def test_a_turn_takes_no_gradient_of_another_players_weights() -> None:
    config = image_config(dataset="sprites-toy", model="factor-vae", discriminator=(8,))
    trainer = prepare(config, load_images("sprites-toy")).trainer
    vae, judge = trainer.players
    data = {"x": trainer.train.batch(torch.arange(8), trainer.generator)}
    vae.turn(data, 0, trainer.generator)
    assert all(each.grad is None for each in judge.module.parameters())
    judge.turn(data, 0, trainer.generator)
    assert all(each.grad is not None for each in judge.module.parameters())


def test_terms_of_labels_are_means_over_the_images_that_have_one() -> None:
    terms = LossTerms(torch.tensor(7.0), {"kl": torch.tensor(3.0), "error": torch.tensor(0.25)})
    assert over_labelled(terms, ("error",), 0.5).parts == {"kl": 3.0, "error": 0.5}
    assert over_labelled(terms, ("error",), 0.0).parts == {"kl": 3.0}
    assert over_labelled(terms, ("error",), 1.0) is terms


@pytest.mark.slow
def test_the_recorded_error_is_that_of_the_labelled_validation_images() -> None:
    digits = load_images("digits")
    labels = digits.whole.labels.copy()
    labels[np.arange(len(labels)) % 3 > 0] = -1
    images, small = digits.whole.images.array()[:, 0], {"hidden": (8,), "latent": (2,)}
    result = fit(images, "m2", labels=labels, epochs=2, **small)
    best = min(record.validation["error"] for record in result.history)
    assert best == pytest.approx(1 - result.metrics["val"]["label_accuracy"])
