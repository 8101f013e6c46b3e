"""Notes on a run: a schedule that it cuts short, an epoch of hardly any steps."""

from typing import Any

import pytest

from graphvae_data.runs.options import FitOptions
from image_vae.runs.fit import fit

SMALL: dict[str, Any] = {"hidden": (8,), "latent": (10,), "device": "cpu"}


def notes(model: str, **settings: Any) -> tuple[list[str], dict[str, Any]]:
    lines = list[str]()
    options = FitOptions(announce=lines.append)
    result = fit("digits", model, options=options, **{**SMALL, **settings})
    return lines, dict(result.metrics)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "settings", "share"),
    [
        ("vamp-vae", {"prior_components": 5}, "1,500 steps and the run ends after 30, 0.02 of it"),
        ("vae", {"penalty": "capacity"}, "100,000 steps and the run ends after 30, 0.0003 of it"),
    ],
)
def test_a_schedule_that_outlasts_the_run_is_told(
    model: str, settings: dict[str, Any], share: str
) -> None:
    (line,), metrics = notes(model, epochs=2, **settings)
    assert share in line
    assert "not comparable" in line
    assert metrics["selection"] == "newest"


@pytest.mark.slow
def test_a_warmup_below_one_is_a_share_of_the_run() -> None:
    lines, metrics = notes("vamp-vae", epochs=2, prior_components=5, warmup=0.5)
    assert lines == []
    assert metrics["selection"] == "validation"
    whole = notes("annealed-vae", epochs=2, warmup=1)[1]
    share = notes("annealed-vae", epochs=2, warmup=0.5)[1]
    assert whole["test"] == share["test"]


@pytest.mark.slow
def test_a_batch_of_all_images_is_told() -> None:
    (line,), metrics = notes("beta-tcvae", epochs=2)
    assert line.startswith("batch_size: 2,048 of 1,437 training images make 1 step an epoch, 2 in")
    assert metrics["steps"] == 2
    assert notes("vae", epochs=1)[0] == []
