"""Reproducing a table: a cell is computed once, read again, and not mixed with other settings."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphvae.reproduce.reproduce import ReproducedCell, obtain
from graphvae.runs.evaluate import evaluate
from graphvae.runs.repeats import read_summary
from graphvae.runs.result import load
from graphvae_data.core.errors import InputError
from graphvae_data.runs.published import PublishedTable, Row

KARATE = PublishedTable(
    "karate",
    "A small table",
    ("auc", "ap"),
    (Row("karate-argae-features", "karate", "argae", {"features": True}, ({"auc": 0.1}, None)),),
    "a random split",
    columns=("published", "bar"),
    datasets=("karate",),
    seeds=10,
    quick_seeds=2,
    over="splits",
    tolerance=0.015,
    quick={"epochs": 2, "hidden": 4},
)
SETTINGS = {"epochs": 3, "threads": 1, "device": "cpu"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def cell(runs: Path) -> ReproducedCell:
    (found,) = obtain(KARATE, repeats=2, out=runs, **SETTINGS)
    return found


@pytest.mark.slow
def test_a_cell_has_the_scores_of_its_runs(runs: Path, cell: ReproducedCell) -> None:
    test = read_summary(runs / "karate-argae-features")["test"]
    assert (cell.row, cell.repeats) == (KARATE.rows[0], 2)
    assert list(cell.obtained) == ["auc", "ap"]
    assert cell.obtained["auc"][0] == test["auc"]["mean"]
    interval = cell.obtained["ap"][1]
    assert [interval.low, interval.high] == test["ap"]["interval"]


@pytest.mark.slow
def test_a_finished_cell_is_read_and_not_run_again(
    runs: Path, cell: ReproducedCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("graphvae.reproduce.reproduce.fit_repeats")
    monkeypatch.delattr("graphvae.reproduce.reproduce.resume_repeats")
    assert list(obtain(KARATE, repeats=2, out=runs, **SETTINGS)) == [cell]


@pytest.mark.slow
@pytest.mark.usefixtures("cell")
def test_a_measure_that_training_did_not_report_is_evaluated(runs: Path) -> None:
    table = replace(KARATE, measures=("auc", "hits@3"))
    (found,) = obtain(table, repeats=2, out=runs, **SETTINGS)
    folder = runs / KARATE.rows[0].name
    values = [
        evaluate(load(folder / name), metrics=["hits@3"])["argae"].overall.values["hits@3"].value
        for name in ("000", "001")
    ]
    assert found.obtained["hits@3"][0] == pytest.approx(sum(values) / 2)


@pytest.mark.slow
def test_an_interrupted_cell_goes_on(runs: Path, cell: ReproducedCell, tmp_path: Path) -> None:
    begun = tmp_path / "karate-argae-features"
    shutil.copytree(runs / begun.name, begun)
    shutil.rmtree(begun / "001")
    summary = (begun / "summary.json").read_text()
    (begun / "summary.json").write_text(summary.replace('"finished": true', '"finished": false'))
    (found,) = obtain(KARATE, repeats=2, out=tmp_path, **SETTINGS)
    assert found.obtained == cell.obtained
    assert (begun / "001" / "metrics.json").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("change", [{"repeats": 3}, {"epochs": 4}])
@pytest.mark.usefixtures("cell")
def test_a_cell_of_other_settings_is_refused(runs: Path, change: dict[str, int]) -> None:
    with pytest.raises(InputError, match="other settings; choose another --out"):
        next(obtain(KARATE, out=runs, **{"repeats": 2, **SETTINGS, **change}))


@pytest.mark.slow
def test_the_plain_form_has_a_column_each(cell: ReproducedCell) -> None:
    plain = cell.to_dict()
    assert (plain["published"], plain["bar"], plain["inside"]) == ({"auc": 0.1}, None, True)
    bare = replace(cell, row=replace(cell.row, figures=(None, None)))
    assert bare.to_dict()["inside"] is None


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the repeats are asked for, in the place of running them."""
    given: dict[str, Any] = {}
    score = {"mean": 0.5, "interval": [0.4, 0.6]}

    def fit_repeats(graph: str, model: str, **settings: Any) -> dict[str, Any]:
        given.update(settings)
        return {"repeats": settings["repeats"], "test": {"auc": score, "ap": score}}

    monkeypatch.setattr("graphvae.reproduce.reproduce.fit_repeats", fit_repeats)
    return given


def test_the_quick_form_has_its_own_settings_and_no_verdict(
    asked: dict[str, Any], tmp_path: Path
) -> None:
    (found,) = obtain(KARATE, quick=True, out=tmp_path)
    assert (asked["repeats"], asked["epochs"], asked["hidden"]) == (2, 2, 4)
    assert (found.to_dict()["quick"], found.inside) == ({"epochs": 2, "hidden": 4}, None)


def test_a_table_without_a_quick_form_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="quick: the table karate has no quick form"):
        next(obtain(replace(KARATE, quick={}), quick=True, out=tmp_path))


def test_the_settings_of_a_row_take_the_place_of_the_presets(
    asked: dict[str, Any], tmp_path: Path
) -> None:
    row = replace(KARATE.rows[0], settings={"latent": 3, "epochs": 9})
    (found,) = obtain(replace(KARATE, rows=(row,)), out=tmp_path, epochs=3)
    assert (asked["repeats"], asked["latent"]) == (10, 3)
    assert asked["epochs"] == 3, "what is asked for comes last"
    assert found.inside, "0.5 is above the published 0.1"
