"""Sweeps: the grid of runs, the table, resuming."""

import json
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.settings.values import read_values, spell
from image_vae.runs import fit as fitting
from image_vae.runs import sweep
from image_vae.specs.recipe import CATALOGUE, ImageConfig

pytestmark = pytest.mark.usefixtures("no_image_pictures")

SMALL: dict[str, Any] = {"hidden": (8,), "latent": (2,), "epochs": 1, "device": "cpu"}


def swept(out: Path, **given: Any) -> sweep.Sweep:
    return sweep.sweep(
        "sprites-toy",
        "beta-vae",
        out=out,
        **{"param": "beta", "values": (1.0, 50.0), "repeats": 2, **SMALL, **given},
    )


@pytest.mark.slow
def test_a_grid_is_run_tabulated_and_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[sweep.SweepRun] = []
    found = swept(tmp_path / "s", on_run=told.append)
    assert told == list(found.cells)
    assert [(cell.value, cell.seed) for cell in told] == [(1.0, 0), (1.0, 1), (50.0, 0), (50.0, 1)]
    assert told[2].folder == tmp_path / "s" / "beta-50" / "000"
    for line, cells in zip(found.lines, (told[:2], told[2:]), strict=True):
        scores = [cell.scores["test.elbo"] for cell in cells]
        assert line.std is not None
        assert line.mean["test.elbo"] == pytest.approx(fmean(scores))
        assert line.std["test.elbo"] == pytest.approx(stdev(scores))
        stored = json.loads((cells[0].folder / "metrics.json").read_text())
        assert stored["test"]["kl"]["z"] == cells[0].scores["test.kl.z"]
        assert (
            json.loads((cells[0].folder / "config.json").read_text())["penalty"]["beta"]
            == line.value
        )
    assert json.loads((tmp_path / "s" / "summary.json").read_text()) == json.loads(
        json.dumps(found.to_dict())
    )
    monkeypatch.delattr(fitting, "_run")  # whatever is finished is only read
    assert swept(tmp_path / "s") == found


@pytest.mark.slow
def test_an_interrupted_sweep_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = swept(tmp_path / "whole")

    def stop(cell: sweep.SweepRun) -> None:
        if cell.value == 50:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path / "s", on_run=stop)
    (tmp_path / "s" / "beta-50" / "000" / "metrics.json").unlink()  # as if it was cut short
    again = swept(tmp_path / "s")
    assert [cell.scores for cell in again.cells] == [cell.scores for cell in whole.cells]


def test_a_single_run_has_no_spread(tmp_path: Path) -> None:
    (line,) = swept(tmp_path / "s", values=(2.0,), repeats=1).lines
    assert line.std is None


@pytest.mark.slow
def test_another_sweep_in_the_folder_is_refused(tmp_path: Path) -> None:
    swept(tmp_path / "s", values=(2.0,), repeats=1)
    with pytest.raises(InputError, match=r"beta-2/000: contains a run with other settings"):
        swept(tmp_path / "s", values=(2.0,), repeats=1, latent=(3,))


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"param": "bta"}, r"param: expected one of .*got 'bta' \(did you mean beta\?\)"),
    ({"param": "seed"}, "param: expected one of"),
    ({"values": (1.0, -1.0)}, "beta: expected a number of at least 0"),
    ({"values": ()}, "values: expected distinct values of beta"),
    ({"values": (1.0, 1.0)}, "values: expected distinct values"),
    ({"beta": 2.0}, "beta: the setting that is swept; leave it out"),
    ({"repeats": 0}, "repeats: expected a whole number of at least 1"),
    ({"param": "capacity"}, "capacity: penalty weight has no such setting; penalty capacity has"),
    ({"param": "prior.df"}, "prior_df: prior normal has no such setting"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED, ids=lambda value: str(value)[:30])
def test_what_cannot_be_swept_is_refused_before_a_run(
    given: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        swept(tmp_path / "s", **given)
    assert not (tmp_path / "s").exists()


def test_values_are_read_by_the_kind_of_their_setting() -> None:
    assert read_values(CATALOGUE, "samples", "1, 5") == (1, 5)
    assert read_values(CATALOGUE, "prior", "normal,mog") == ("normal", "mog")
    assert read_values(CATALOGUE, "latent", "2,10") == ((2,), (10,))
    assert read_values(CATALOGUE, "steps", "10,20") == (10, 20)
    for name, value in CATALOGUE.values(ImageConfig(dataset="")).items():
        if value and CATALOGUE.flats[name].path[0] != "run":
            assert read_values(CATALOGUE, name, spell(value)) == (value,)
    assert read_values(CATALOGUE, "prior.df", "2,0.5,x,true") == (2, 0.5, "x", True)
    for param, text in (("samples", "1,x"), ("beta", ""), ("hidden", "4,5xx6")):
        with pytest.raises(InputError, match=f"values: expected comma-separated values of {param}"):
            read_values(CATALOGUE, param, text)
        assert all(spell(value) for value in read_values(CATALOGUE, param, "3"))


@pytest.mark.slow
@pytest.mark.usefixtures("fine_pictures")
def test_runs_with_factors_are_scored_and_drawn_by_the_gap(tmp_path: Path) -> None:
    found = swept(tmp_path / "s", repeats=1)
    assert all(0 <= cell.scores[sweep.MIG] <= 1 for cell in found.cells)
    assert (tmp_path / "s" / "sweep.png").stat().st_size > 5_000


@pytest.mark.slow
def test_runs_without_factors_are_drawn_by_their_divergence(tmp_path: Path) -> None:
    found = sweep.sweep("digits", param="beta", values=(1.0, 4.0), out=tmp_path / "s", **SMALL)
    assert sweep.MIG not in found.cells[0].scores
    assert (tmp_path / "s" / "sweep.png").is_file()
