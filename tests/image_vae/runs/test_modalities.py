"""Runs of models with attributes: trained, loaded, stopped and resumed to the same bits."""

from pathlib import Path

import pytest

from tests.outside.runs import check_run

SMALL = {"encoder": "mlp", "decoder": "mirror", "hidden": (16,), "latent": (3,), "lr": 1e-3}


@pytest.mark.parametrize("model", ["telbo", "jmvae", "bivcca", "mvae", "mmvae"])
def test_a_run_is_resumed_to_the_same_bits(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = check_run(tmp_path, monkeypatch, model=model, attribute_hidden=(8,), **SMALL)
    assert set(result.metrics["test"]["attribute_accuracy"]) == {"class"}
