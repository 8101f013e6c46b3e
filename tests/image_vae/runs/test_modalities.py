"""Runs of models with attributes: trained, loaded, stopped and resumed to the same bits."""

from pathlib import Path

import pytest

from image_vae.specs.decoders import Mirror
from image_vae.specs.encoders import Mlp
from image_vae.specs.presets import PRESETS
from tests.outside.runs import check_run

DENSE = {"encoder": Mlp(), "decoder": Mirror()}
SMALL = {"hidden": (16,), "latent": (3,), "attribute_hidden": (8,), "lr": 1e-3}


@pytest.mark.slow
@pytest.mark.parametrize("model", ["telbo", "jmvae", "bivcca", "mvae", "mmvae"])
def test_a_run_is_resumed_to_the_same_bits(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = PRESETS[model].recipe.model_copy(update=DENSE)
    result = check_run(tmp_path, monkeypatch, model=recipe, **SMALL)
    assert set(result.metrics["test"]["attribute_accuracy"]) == {"class"}
