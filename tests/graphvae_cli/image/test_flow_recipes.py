"""Recipes with flows and autoregressive decoders, from `fit` to `embed`, killed and resumed."""

import json
from pathlib import Path

import numpy as np
import pytest

from graphvae_data.runs import recorder

pytestmark = pytest.mark.usefixtures("no_image_pictures")

DECODER = ("--decoder-layers", 2, "--decoder-features", 4)
DENSE = ("--latent", 3, "--hidden", 8)
RECIPES = {
    "planar-vae": (*DENSE, "--warmup", 1),
    "iaf-vae": (*DENSE, "--warmup", 1, "--posterior-hidden", 8, "--posterior-context", 4),
    "af-vae": (*DENSE, "--warmup", 1, "--prior-hidden", 8),
    "pixel-vae": (*DENSE, *DECODER, "--warmup", 1),
    "vlae": (*DENSE, *DECODER, "--prior-hidden", 8, "--ema", 0.9),
    "pixel-hvae": (
        *("--latent", "3,4", "--hidden", 8, "--hidden-between", 8, "--warmup", 1),
        *DECODER,
        *("--prior-components", 6),
    ),
    "iaf-resnet": ("--latent", "2,3", "--features", 4, "--per-scale", 1),
}
LENGTH = ("--dataset", "digits", "--epochs", 2, "--epoch-steps", 3, "--scored", 30, "--quiet")


class Killed(Exception):
    """Stands for a process that is no more."""


def fitted(invoke, monkeypatch, folder, model, *, broken_at=None):
    """Fit a recipe; if it is broken, continue it to its end."""
    settings = ("--model", model, *RECIPES[model], *LENGTH, "--checkpoint-every", 0)
    save = recorder.Recorder.save

    def save_and_die(self):
        save(self)
        if self.trainer.step == broken_at:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(recorder.Recorder, "save", save_and_die)
        if broken_at is not None:
            with pytest.raises(Killed):
                invoke("image", "fit", *settings, "--out", folder, "--keep-checkpoint")
    rest = ("--resume",) if broken_at is not None else settings
    result = invoke("image", "fit", *rest, "--out", folder, "--keep-checkpoint", "--quiet")
    assert (result.exit_code, result.stderr) == (0, "")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("model", RECIPES)
def test_a_recipe_resumes_to_the_same_bits_and_every_command_takes_it(
    model, invoke, outcome, here, monkeypatch
):
    whole = fitted(invoke, monkeypatch, here / "whole", model)
    broken = fitted(invoke, monkeypatch, here / "broken", model, broken_at=4)
    assert outcome(broken) == outcome(whole)
    scored = invoke(
        *("image", "evaluate", whole, "--metrics", "elbo,active-units,nll,surgery", "--json"),
        *("--samples", 3, "--limit", 5, "--quiet"),
    )
    assert scored.exit_code == 0, scored.stderr
    scores = json.loads(scored.stdout)
    assert np.isfinite([scores["elbo"], scores["nll"]]).all()
    defined = model not in ("planar-vae", "iaf-resnet")  # their densities are known at draws only
    assert ("surgery" in scores) is defined
    assert ("surgery" in scores.get("skipped", {})) is not defined
    for command in (
        ("sample", "-n", 4, "--out", "samples.npy"),
        ("reconstruct", "--out", "pairs.png"),
        ("traverse", "--out", "rows.png"),
        ("embed", "--part", "test", "--out", "z.npy"),
    ):
        result = invoke("image", command[0], whole, *command[1:])
        assert result.exit_code == 0, result.stderr
    assert np.load("samples.npy").shape[0] == 4
    assert len(np.load("z.npy")) == 30 or len(np.load("z.npy")) == 180
    assert all(Path(name).stat().st_size for name in ("pairs.png", "rows.png"))
