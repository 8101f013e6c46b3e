"""Searches on images: by the validation loss, with one objective."""

from pathlib import Path
from typing import Any

import pytest

import image_vae
from graphvae_data.core.errors import InputError
from graphvae_data.settings.search import Choices, Search

pytestmark = pytest.mark.usefixtures("no_image_pictures")

pytest.importorskip("optuna")
SMALL: dict[str, Any] = {"hidden": (8,), "epochs": 1, "device": "cpu"}


def tuned(out: Path, models: Any = "vae", **settings: Any) -> Any:
    return image_vae.tune("sprites-toy", models, out=out, **{"trials": 3, **SMALL, **settings})


@pytest.mark.slow
def test_the_lowest_validation_loss_is_chosen(tmp_path: Path) -> None:
    result = tuned(tmp_path / "t", search={"latent": Choices(((2,), (4,)))})
    losses = [trial.score for trial in result.trials if trial.state == "complete"]
    assert result.best.score == min(losses)
    assert result.result.history[-1].validation["loss"] == result.best.score
    assert result.result.config.trials == 3
    assert result.result.config.latents.latent == tuple(result.best.settings["latent"])
    assert "beta" not in result.best.settings
    again = image_vae.fit("sprites-toy", config=result.config, device="cpu")
    assert again.metrics["test"] == result.result.metrics["test"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"models": ["vae", "iwae"]}, "model: iwae has another bound than vae"),
        ({"search": {"beta": Search(1.0, 4.0)}}, "beta changes the loss by which trials"),
    ],
)
def test_objectives_are_not_compared(
    settings: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        tuned(tmp_path / "t", **settings)
    assert not (tmp_path / "t").exists()


@pytest.mark.slow
def test_a_run_that_ends_within_a_schedule_has_no_score(tmp_path: Path) -> None:
    result = tuned(tmp_path / "t", trials=1, warmup=5)
    (trial,) = result.trials
    assert (trial.state, trial.score) == ("pruned", None)
    assert "ends within a schedule" in trial.note
    assert result.best is None
