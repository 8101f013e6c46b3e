"""What a system built outside the package must be able to do: train, score, sample, be resumed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import image_vae
from graphvae_data.runs import recorder
from image_vae.plots import ladders, pictures

SETTINGS: dict[str, Any] = {"hidden": (16,), "epochs": 2, "batch_size": 128, "device": "cpu"}


def check_run(
    path: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any
) -> image_vae.ImageFitResult:
    """Fit, load, and stop and resume a run; every weight and number must agree, bit by bit."""
    monkeypatch.setattr(pictures, "draw_run", lambda *args: None)
    monkeypatch.setattr(ladders, "draw_ladder", lambda *args: None)
    settings = SETTINGS | settings
    options = image_vae.FitOptions(progress=False)
    each_step = image_vae.FitOptions(progress=False, checkpoint_seconds=0.0)
    whole = image_vae.fit("digits", out=path / "whole", options=options, **settings)
    original, saves = recorder.Recorder.save, 0

    def save_and_stop(self: recorder.Recorder) -> None:
        nonlocal saves
        saves += 1
        original(self)
        if saves == 5:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(recorder.Recorder, "save", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            image_vae.fit("digits", out=path / "broken", options=each_step, **settings)
    parts = {
        name: value
        for name, value in settings.items()
        if name in PARTS and not isinstance(value, str)
    }
    loaded = image_vae.load(path / "whole", device="cpu", **parts)
    resumed = image_vae.resume(path / "broken", options=options, **parts)
    for other in (loaded, resumed):
        for name, weight in whole.experiment.model.state_dict().items():
            assert torch.equal(weight, other.experiment.model.state_dict()[name]), name
        assert timeless(other) == timeless(whole)
        assert {**other.metrics, "seconds": 0} == {**whole.metrics, "seconds": 0}
    assert whole.history[-1].loss < whole.history[0].loss
    assert np.isfinite(whole.metrics["test"]["elbo"])
    assert torch.isfinite(whole.sample(3)).all()
    return whole


PARTS = (
    "latents",
    "posterior",
    "prior",
    "encoder",
    "decoder",
    "likelihood",
    "bound",
    "penalty",
    "optimizer",
)


def timeless(result: image_vae.ImageFitResult) -> list[Any]:
    return [replace(record, step_seconds=0.0) for record in result.history]
