"""Averages of the weights: their recursion, and their use in runs."""

from pathlib import Path

import pytest
import torch
from torch import nn

import graphvae
import image_vae
from graphvae_data.runs.options import FitOptions
from graphvae_data.training.averages import Averages

pytestmark = pytest.mark.usefixtures("blank_graph_pictures", "no_image_pictures")

KEEP = FitOptions(keep_checkpoint=True)


def test_the_recursion_is_the_one_of_its_docstring() -> None:
    layer = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(layer.weight)
    averages, expected = Averages(layer, 0.5), 0.0
    for step in range(1, 9):
        nn.init.constant_(layer.weight, step)
        averages.update()
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * step
        assert averages.weights()["weight"].item() == pytest.approx(expected, rel=1e-6)
    assert layer.weight.item() == 8


def test_buffers_are_not_averaged_and_weights_come_back_after_an_error() -> None:
    norm = nn.BatchNorm1d(2)
    averages = Averages(norm, 0.9)
    nn.init.constant_(norm.weight, 3.0)
    norm.running_mean = torch.tensor([5.0, 5.0])
    averages.update()
    weights = averages.weights()
    assert weights["running_mean"].tolist() == [5.0, 5.0]
    assert 1 < weights["weight"][0].item() < 3
    with pytest.raises(ValueError, match="x"), averages.applied():
        raise ValueError("x")
    assert norm.weight.tolist() == [3.0, 3.0]


def test_without_a_decay_the_weights_are_those_of_the_model() -> None:
    layer = nn.Linear(1, 1)
    averages = Averages(layer, 0.0)
    nn.init.constant_(layer.weight, 2.0)
    averages.update()
    assert averages.weights()["weight"].item() == 2
    assert averages.state_dict() == {"steps": 0, "averages": {}}


@pytest.mark.slow
def test_a_graph_run_keeps_the_averages_and_resumes_to_their_bits(tmp_path: Path) -> None:
    settings = {"ema": 0.9, "baselines": False, "dropout": 0.1}
    whole = graphvae.fit("karate", epochs=8, **settings)
    graphvae.fit("karate", epochs=3, out=tmp_path / "run", options=KEEP, **settings)
    resumed = graphvae.resume(tmp_path / "run", epochs=8)
    assert (resumed.embeddings() == whole.embeddings()).all()
    trainer = whole.experiment.trainer
    kept = graphvae.fit("karate", epochs=8, baselines=False, dropout=0.1)
    assert not (kept.embeddings() == whole.embeddings()).all()
    assert trainer.best.epoch == 8
    averages = trainer.averages.state_dict()["averages"]
    assert all(torch.equal(trainer.best.weights[name], each) for name, each in averages.items())


@pytest.mark.slow
def test_an_image_run_keeps_the_averages_and_resumes_to_their_bits(tmp_path: Path) -> None:
    settings = {"ema": 0.95, "latent": (3,), "hidden": (8,)}
    whole = image_vae.fit("digits", epochs=3, **settings)
    image_vae.fit("digits", epochs=2, out=tmp_path / "run", options=KEEP, **settings)
    resumed = image_vae.resume(tmp_path / "run", epochs=3)
    assert (resumed.embeddings() == whole.embeddings()).all()
    trainer = whole.experiment.trainer
    assert trainer.best.epoch == 3
    assert trainer.validate()["loss"] == pytest.approx(whole.history[-1].validation["loss"])
    plain = image_vae.fit("digits", epochs=3, latent=(3,), hidden=(8,))
    assert not (plain.embeddings() == whole.embeddings()).all()
