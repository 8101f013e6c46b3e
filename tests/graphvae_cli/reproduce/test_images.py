"""`graphvae reproduce` for image tables: published beside computed values."""

import json
from pathlib import Path
from typing import Any

import pytest

from graphvae_cli.reproduce import images as reproduce_images
from image_vae.reproduce import reproduce
from image_vae.reproduce.published import TABLES
from image_vae.reproduce.reproduce import ReproducedRow


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Cells without their runs, and what was asked for."""
    requested: dict[str, Any] = {}

    def obtain(table: Any, **arguments: Any) -> Any:
        requested.update(arguments)
        row = table.rows[0]
        yield ReproducedRow(row, {"nll": 93.456, "active_units": 24.0}, 20, "dynamic", 61.0)

    monkeypatch.setattr(reproduce, "obtain", obtain)
    return requested


def test_a_table_names_its_protocol(invoke: Any, prepared: dict[str, Any]) -> None:
    result = invoke("reproduce", "iwae2015", "--quick")
    assert result.exit_code == 0
    assert "86.76" in result.stdout
    assert "93.46" in result.stdout
    assert "reduced protocol, not the published one: " in result.stdout
    assert "mnist-1-vae-1: done in 61 s" in result.stderr
    assert prepared["out"] == Path("runs/iwae2015-quick")
    assert prepared["quick"]


def test_json_contains_both_scores(invoke: Any, prepared: dict[str, Any]) -> None:
    result = invoke("reproduce", "iwae2015", "--row", "mnist-1-vae-1", "--json")
    (cell,) = json.loads(result.stdout)
    assert (cell["published"]["nll"], cell["obtained"]["nll"]) == (86.76, 93.456)
    assert list(prepared["rows"]) == ["mnist-1-vae-1"]
    assert prepared["out"] == Path("runs/iwae2015")


def test_an_unknown_row_is_refused(invoke: Any) -> None:
    result = invoke("reproduce", "surgery2016", "--row", "3-d")
    assert result.exit_code == 2
    assert "3-d" in result.stderr


def test_a_missing_score_is_a_dash() -> None:
    cells = [
        {
            "name": "one", "model": "vae", "epochs": 1, "binarize": "fixed",
            "published": {"nll": 1.0}, "obtained": {"nll": 2.0, "active_units": 3.0},
        }
    ]  # fmt: skip
    published = reproduce_images.cells_table(cells).splitlines()[1]
    assert published.split()[-2:] == ["1.00", "–"]


def test_every_table_is_a_command(invoke: Any) -> None:
    shown = invoke("reproduce", "--help").stdout
    assert all(name in shown for name in TABLES)


def test_disentanglement_shows_steps_and_spread() -> None:
    cells = [
        {
            "name": "vae", "model": "vae", "epochs": 1, "steps": 2000, "binarize": "dynamic",
            "published": {"higgins": 0.6158}, "obtained": {"higgins": 0.7, "kl": 17.0},
            "spread": {"higgins": 0.01, "kl": 0.5},
        }
    ]  # fmt: skip
    header, published, obtained = reproduce_images.cells_table(cells).splitlines()
    assert header.split() == ["row", "model", "steps", "pixels", "higgins", "KL"]
    assert published.split()[-2:] == ["0.616", "–"]
    assert obtained.split()[1:] == ["2,000", "dynamic", "0.700", "±", "0.010", "17.00", "±", "0.50"]


def test_differences_are_paired_by_seed() -> None:
    cells = [
        {"name": name, "runs": [{"nll": nll} for nll in values]}
        for name, values in {"vae": (90.0, 92.0), "iaf": (89.5, 90.5)}.items()
    ]
    (line,) = reproduce_images.paired_lines(TABLES["flows2018"], cells)
    assert line.startswith("iaf − vae: −log p -1.00 ± 0.71 nats")
    assert line.endswith("paired by seed: -0.50, -1.50")
    one_seed = [cells[0], {"name": "planar", "runs": [{"nll": 89.0}]}, {"name": "iaf"}]
    (line,) = reproduce_images.paired_lines(TABLES["flows2018"], one_seed)
    assert line == "planar − vae: −log p -1.00 nats, one seed"
    for cell in cells:
        cell["runs"] = cell["runs"][:1]
    assert not reproduce_images.paired_lines(TABLES["flows2018"], cells)


def test_other_models_and_the_cost_stand_beside(invoke: Any, prepared: dict[str, Any]) -> None:
    shown = invoke("reproduce", "autoregressive", "--quick").stdout
    assert "published only: CIFAR-10, bits per dimension" in shown
    assert "DRAW" in shown
    assert "1,000 steps on mnist-14, 100 samples, the first 500 test images" in shown
    assert "cost: a step of PixelVAE" in shown
