"""Sweeps on graphs: the grid of runs, the table, resuming."""

import json
from pathlib import Path
from typing import Any

import pytest

import graphvae
from graphvae.runs import fit as fitting
from graphvae.runs.sweep import sweep
from graphvae_data.core.errors import InputError
from graphvae_data.runs.sweep import Sweep, SweepRun
from graphvae_data.settings.values import read_values, spell

SMALL: dict[str, Any] = {"epochs": 2, "baselines": False}


def swept(out: Path, **settings: Any) -> Sweep:
    grid = {"param": "dropout", "values": (0.0, 0.4), "repeats": 2, **SMALL, **settings}
    return sweep("karate", "gae", out=out, **grid)


@pytest.mark.usefixtures("drawn_pictures")
@pytest.mark.slow
def test_a_grid_is_run_tabulated_and_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[SweepRun] = []
    table = swept(tmp_path / "s", on_run=told.append)
    assert told == list(table.cells)
    assert [(cell.value, cell.seed) for cell in told] == [(0, 0), (0, 1), (0.4, 0), (0.4, 1)]
    single = graphvae.fit("karate", "gae", dropout=0.4, seed=1, **SMALL)
    assert told[3].scores["test.auc"] == single.metrics["test"]["auc"]
    splits = [graphvae.load(cell.folder).split.fingerprint for cell in told]
    assert splits[:2] == splits[2:]
    assert splits[0] != splits[1]
    kept = json.loads((tmp_path / "s" / "summary.json").read_text())
    assert kept == json.loads(json.dumps(table.to_dict()))
    assert (tmp_path / "s" / "sweep.png").stat().st_size > 1_000
    with pytest.raises(InputError, match=r"a sweep of dropout; choose a run in it, such as .*00"):
        graphvae.compare([tmp_path / "s", tmp_path])
    monkeypatch.delattr(fitting, "_run")  # whatever is finished is only read
    assert swept(tmp_path / "s") == table


@pytest.mark.slow
def test_an_interrupted_sweep_goes_on(tmp_path: Path) -> None:
    whole = swept(tmp_path / "s")
    (tmp_path / "s" / "dropout-0.4" / "000" / "metrics.json").unlink()
    assert [cell.scores for cell in swept(tmp_path / "s").cells] == [c.scores for c in whole.cells]
    with pytest.raises(InputError, match=r"dropout-0/000: contains a run with other settings"):
        swept(tmp_path / "s", latent=8)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"param": "drpout"}, r"param: expected one of .*\(did you mean dropout\?\)"),
        ({"param": "seed"}, "param: expected one of"),
        ({"values": (0.1, 2.0)}, "dropout: expected a number"),
        ({"values": ()}, "values: expected distinct values of dropout"),
        ({"dropout": 0.1}, "dropout: the setting that is swept; leave it out"),
        ({"repeats": 0}, "repeats: expected a whole number of at least 1"),
    ],
)
def test_what_cannot_be_swept_is_refused_before_a_run(
    settings: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        swept(tmp_path / "s", **settings)
    assert not (tmp_path / "s").exists()


def test_switches_are_read_as_they_are_spelt() -> None:
    from graphvae.specs.recipe import CATALOGUE

    assert read_values(CATALOGUE, "features", "true,false") == (True, False)
    assert read_values(CATALOGUE, "features", spell(False)) == (False,)
    with pytest.raises(InputError, match="values: expected comma-separated values of features"):
        read_values(CATALOGUE, "features", "yes")
