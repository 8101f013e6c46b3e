"""A small NVAE and a ladder VAE train, score, sample, and resume to the same bits."""

from pathlib import Path
from typing import Any

import pytest
import torch

import image_vae
from tests.outside.runs import check_run

NVAE: dict[str, Any] = {
    "hidden": (200, 200),  # that of the preset: it has networks of its own
    "latents": image_vae.Nvae(scales="2x2:1,4x4:2", channels=4, latent=(2,)),
    "optimizer": "adamax",
    "penalty": image_vae.Balanced(),
    "lr": 3e-3,
}


@pytest.mark.slow
def test_nvae(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = check_run(tmp_path, monkeypatch, **NVAE, ema=0.9)
    assert set(result.metrics["test"]["kl"]) == {"z1", "z2", "z3"}
    assert {"beta", "spectral_norms", "scales"} <= set(result.history[0].parts)
    assert "val_scales" not in result.history[0].to_dict()
    assert result.embeddings("test").shape[1] == 8
    scores = image_vae.evaluate(result, ["nll", "surgery"], samples=20, limit=20)
    assert scores.likelihood is not None
    assert scores.likelihood.nll < -result.metrics["test"]["elbo"] + 5
    cold = result.sample(3, temperature=0.5)
    assert bool(torch.isfinite(cold).all())


@pytest.mark.slow
def test_ladder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    latents = image_vae.Ladder(latent=(4, 2))
    result = check_run(tmp_path, monkeypatch, latents=latents, hidden=(16, 8))
    assert set(result.metrics["test"]["kl"]) == {"z1", "z2"}
